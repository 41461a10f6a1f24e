package report

import (
	"fmt"
	"strings"

	"clew/internal/audit"
	"clew/internal/casefile"
	"clew/internal/score"
	"clew/internal/words"
)

// mostCarriers is how many values and sources a report says the findings hang
// on; clew case audit lists all.
const mostCarriers = 8

// hangsOn says which shared value, and which source that nobody confirms, would
// bring findings down if it were wrong.
func hangsOn(d casefile.Document) []string {
	found := audit.Of(d, score.Fitted(), score.Closed())
	if !found.Known {
		if len(d.Findings) == 0 {
			return nil
		}
		return []string{fmt.Sprintf("Not examined: the case was weighed by the model %s, which this clew does not have.", orUnknown(name(d.Model)))}
	}
	var said []string
	said = append(said, carriers(found.Carriers, func(c audit.Carrier) string { return name(c.Kind) + " " + value(c.Kind, c.Value) })...)
	said = append(said, carriers(found.Sources, func(c audit.Carrier) string { return "what only " + name(c.Value) + " says" })...)
	if len(said) == 0 && len(found.Findings) > 0 {
		said = append(said, "No finding would fall if any one value or any one source were taken away.")
	}
	return said
}

func carriers(list []audit.Carrier, named func(audit.Carrier) string) []string {
	var said []string
	for i, c := range list {
		if i == mostCarriers {
			said = append(said, fmt.Sprintf("and %s more: see clew case audit", words.Number(len(list)-mostCarriers)))
			break
		}
		var falls []string
		for _, f := range c.Falls[:min(3, len(c.Falls))] {
			falls = append(falls, fmt.Sprintf("%s (%s to %s)", value(f.Kind, f.Value), name(f.From), name(f.To)))
		}
		if more := len(c.Falls) - len(falls); more > 0 {
			falls = append(falls, fmt.Sprintf("%s more", words.Number(more)))
		}
		said = append(said, fmt.Sprintf("Without %s, %s would fall: %s.", named(c), words.Count(len(c.Falls), "finding"), strings.Join(falls, ", ")))
	}
	return said
}

// pathLine is one line of the pivot tree as text.
type pathLine struct {
	Depth int
	Text  string
}

// pathsOf writes the trees line by line, for who cannot see the picture.
func pathsOf(roots []*branch) []pathLine {
	var lines []pathLine
	var walk func(b *branch, depth int)
	walk = func(b *branch, depth int) {
		text := b.Text
		if b.Sort == refusedBranch {
			text = "not taken: " + text
		}
		if b.Detail != "" {
			text += ", " + b.Detail
		}
		lines = append(lines, pathLine{depth, text})
		for _, c := range b.Children {
			walk(c, depth+1)
		}
	}
	for _, root := range roots {
		walk(root, 0)
	}
	return lines
}

// Indented is the line behind its place in the tree.
func (l pathLine) Indented() string { return strings.Repeat("    ", l.Depth) + l.Text }
