package report

import (
	"fmt"
	"strings"

	"clew/internal/words"
)

func (t terminal) trees(p page) {
	if len(p.Trees) == 0 {
		return
	}
	t.line()
	t.titled("PIVOTS", bold, "how it hangs together: shared value, then who shares it")
	for _, root := range p.Trees {
		t.branch("  ", "  ", root)
	}
	if idle := idleSentence(p); idle != "" {
		t.paragraph("  ", idle, faint)
	}
}

func (t terminal) branch(first, rest string, b *branch) {
	mark, s := "", style("")
	switch b.Sort {
	case seedBranch:
		s = bold
	case findingBranch:
		s = bandStyles[b.Band]
	case refusedBranch:
		mark, s = "✗ ", faint
	case pivotBranch:
		s = bandStyles[b.Band] // of those that are a finding themselves
	case moreBranch:
		s = faint
	}
	room := t.width - cells(first) - cells(mark)
	text := clip(b.Text, max(min(room, max(room-reserved(b), wholeValue)), 16))
	detail := clip(b.Detail, max(0, room-cells(text)-2))
	if detail != "" {
		detail = "  " + detail
	}
	t.line(t.paint(faint, first), t.paint(s, mark+text), t.paint(faint, detail))
	for i, c := range b.Children {
		if i == len(b.Children)-1 {
			t.branch(rest+"└─ ", rest+"   ", c)
		} else {
			t.branch(rest+"├─ ", rest+"│  ", c)
		}
	}
}

// wholeValue is the width up to which no value of a tree is cut to have room for
// its figures: addresses and most names are shorter, digests are longer.
const wholeValue = 40

// reserved is the room that a branch's figures keep beside its value: a digest
// reads as well without its middle, holders and probability do not. The reason
// of a rejected pivot is a sentence, and gives way itself.
func reserved(b *branch) int {
	if b.Sort == refusedBranch || b.Detail == "" {
		return 0
	}
	return cells(b.Detail) + 2
}

// idleSentence counts the pivots that were taken and brought nobody.
func idleSentence(p page) string {
	if len(p.Idle) == 0 {
		return ""
	}
	total := 0
	methods := make([]string, len(p.Idle))
	for i, m := range p.Idle {
		total += m.N
		methods[i] = fmt.Sprintf("%s %s", words.Number(m.N), m.Name)
	}
	return fmt.Sprintf("%s brought nobody new: %s.", words.Count(total, "pivot"), strings.Join(methods, ", "))
}
