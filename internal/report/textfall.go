package report

import (
	"fmt"
	"strings"
)

// Columns of a waterfall.
const (
	familyColumn = 14
	factColumn   = 36
	bitsColumn   = 8
	groundColumn = 28 // at least; where there is less room, grounds go below
)

// waterfall writes the lines that add up to a finding's bits.
func (t terminal) waterfall(p page, f finding) {
	var seeds []string
	for _, s := range p.Seeds {
		seeds = append(seeds, s.Value)
	}
	t.line()
	t.titled(f.Value, bold, fmt.Sprintf("P %s  %s  seed: %s", f.P, f.Band, strings.Join(seeds, ", ")))
	for _, l := range f.Waterfall.Lines {
		grounds := l.Details
		if l.When != "" && l.Bits != 0 {
			grounds = append([]string{l.When}, grounds...)
		}
		t.fact(l.Family, l.Fact, signed(l.Bits), strings.Join(grounds, "; "), "")
	}
	t.fact("total", "", signed(f.Waterfall.Total), f.Waterfall.closing(), bold)
	for _, remark := range []string{f.remark(), f.seenInside()} {
		t.paragraph("  ", remark, "")
	}
}

// fact writes one line of a waterfall, or as many as its texts need.
func (t terminal) fact(family, fact, bits, ground string, s style) {
	factWidth := min(factColumn, t.width-familyColumn-bitsColumn-4)
	room := t.width - familyColumn - factWidth - bitsColumn - 4
	var grounds []string
	if room >= groundColumn {
		grounds = wrap(ground, room)
	}
	facts := wrap(fact, factWidth-1)
	for i := range max(1, len(grounds), len(facts)) {
		left, figure := "", ""
		if i == 0 {
			left, figure = clip(family, familyColumn-1), bits
		}
		line := pad(left, familyColumn) + pad(at(facts, i), factWidth) + padLeft(figure, bitsColumn)
		t.line("  ", t.paint(s, line), "  ", t.paint(faint, at(grounds, i)))
	}
	if room < groundColumn {
		t.paragraph(strings.Repeat(" ", 4), ground, faint)
	}
}

// at returns the i-th text, "" beyond the end.
func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}
