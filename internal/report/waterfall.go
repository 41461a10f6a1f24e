package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"clew/internal/casefile"
	"clew/internal/words"
)

// waterfall is a finding's explanation: lines that add up to the total
// (confidence.md section 9).
type waterfall struct {
	Lines    []line
	Total    float64
	Families []string // that bring at least three bits
	Bridges  int      // lines that lead over another indicator
}

// line is one fact and what it is worth.
type line struct {
	Family, Fact string
	Bits         float64
	// Before and After are the sum on both sides of this line, for drawing it.
	Before, After float64
	When          string
	Details       []string // note, holders, where the count is from, who saw it
}

// strongBits is what a family brings at least to count as a reason of its own.
const strongBits = 3

func waterfallOf(f casefile.Finding) waterfall {
	w := waterfall{Total: finite(f.Bits)}
	sum := 0.0
	byFamily := map[string]float64{}
	for _, factor := range worthFirst(f.Factors) {
		bits := finite(factor.Bits)
		w.Lines = append(w.Lines, line{
			Family: name(factor.Family), Fact: fact(factor), Bits: bits, Before: sum, After: sum + bits,
			When: span(factor.Window[0].Day(), factor.Window[1].Day()), Details: details(factor),
		})
		sum += bits
		switch factor.Family {
		case "prior", "":
		case "bridge":
			w.Bridges++
		default:
			byFamily[factor.Family] += bits
		}
	}
	for family, bits := range byFamily {
		if bits >= strongBits {
			w.Families = append(w.Families, name(family))
		}
	}
	slices.Sort(w.Families)
	return w
}

// worthFirst puts the facts that are worth nothing behind the others.
func worthFirst(factors []casefile.Factor) []casefile.Factor {
	sorted := slices.Clone(factors)
	slices.SortStableFunc(sorted, func(a, b casefile.Factor) int {
		switch {
		case a.Bits != 0 && b.Bits == 0:
			return -1
		case a.Bits == 0 && b.Bits != 0:
			return 1
		}
		return 0
	})
	return sorted
}

// finite guards the drawing against figures that are none.
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

func fact(f casefile.Factor) string {
	if f.Relation == f.Family || f.Value == "" {
		return strings.TrimSpace(value(f.Kind, f.Value))
	}
	return strings.TrimSpace(name(f.Relation) + " " + value(f.Kind, f.Value))
}

// details says in words what stands behind the bits. Of a fact that is worth
// nothing the reason is all that matters.
func details(f casefile.Factor) []string {
	var said []string
	if note := prose(f.Note); note != "" {
		said = append(said, note)
	}
	if f.Bits == 0 && len(said) > 0 {
		return said
	}
	if f.Holders > 0 {
		held := "held by " + words.Number(f.Holders)
		if f.Of > 0 {
			held += " of " + words.Number(f.Of)
		}
		if f.Groups > 0 && !strings.Contains(f.Note, "group") {
			held += fmt.Sprintf(", in %s", words.Count(f.Groups, "group"))
		}
		if from := prose(f.CountOf); from != "" {
			held += " (" + from + ")"
		}
		said = append(said, held)
	}
	if source := prose(f.Source); source != "" {
		said = append(said, "seen by "+source)
	}
	if f.Default {
		said = append(said, "default weight: judgement, not measured")
	}
	return said
}

// closing says in words what the total rests on.
func (w waterfall) closing() string {
	var said []string
	switch n := len(w.Families); {
	case n == 1:
		said = append(said, "one family: "+w.Families[0])
	case n > 1:
		said = append(said, fmt.Sprintf("%s families: %s", words.Number(n), strings.Join(w.Families, ", ")))
	}
	if w.Bridges > 0 {
		said = append(said, words.Count(w.Bridges, "bridge"))
	}
	if len(said) == 0 {
		return "no family of evidence stands alone"
	}
	return strings.Join(said, "; ")
}

// strongest names the families that carry most, for a table, with the bits that
// each brings. The facts behind them are in the waterfall.
func (w waterfall) strongest() []string {
	const named = 3
	bits := map[string]float64{}
	var families []string
	for _, l := range w.Lines {
		if l.Bits <= 0 {
			continue
		}
		if bits[l.Family] == 0 {
			families = append(families, l.Family)
		}
		bits[l.Family] += l.Bits
	}
	slices.SortStableFunc(families, func(a, b string) int { return cmp.Compare(bits[b], bits[a]) })
	said := make([]string, 0, named)
	for _, family := range families[:min(named, len(families))] {
		said = append(said, fmt.Sprintf("%s %+.1f", family, bits[family]))
	}
	return said
}

// why joins the strongest facts of a finding.
func (f finding) why() string {
	if len(f.Strongest) == 0 {
		return "nothing that counts"
	}
	return strings.Join(f.Strongest, " · ")
}

// bounds returns the lowest and highest sum on the way, zero included.
func (w waterfall) bounds() (low, high float64) {
	for _, l := range w.Lines {
		low, high = min(low, l.After), max(high, l.After)
	}
	return low, high
}
