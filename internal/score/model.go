package score

import (
	"cmp"
	"math"
	"slices"

	"clew/internal/observation"
)

// A Model holds the numbers that labelled pairs can fit. Closed is the closed
// form of docs/confidence; a fitted model adds curves and its own calibration.
type Model struct {
	Version  string  `json:"version"`
	Siblings float64 `json:"siblings"` // K: indicators an operator is expected to have
	A        float64 `json:"a"`        // calibration: p = logistic(ln2·A·bits + B)
	B        float64 `json:"b"`
	Hop      float64 `json:"hop"`   // δ: what each hop costs
	HopA     float64 `json:"hop_a"` // calibration after hops, on log odds; A 1 and B 0 change nothing
	HopB     float64 `json:"hop_b"`
	// Curves correct the closed form, by type of value; see [Match.CurveName].
	Curves map[string]Curve `json:"curves,omitempty"`
}

// Closed returns the closed-form model. A and B are measured, section 8 of
// docs/confidence: raw bits overstate, for evidence is never quite independent.
func Closed() Model {
	return Model{Version: "closed-1", Siblings: 100, A: 0.73, B: -1.93, Hop: 0.5, HopA: 1}
}

// Probabilities are kept within these bounds: no evidence of this sort is certain.
const (
	MinP = 0.001
	MaxP = 0.99
)

// The first match of a family counts in full; the others add this share of
// their bits, up to the cap.
const (
	familyShare = 0.3
	familyCap   = 2
)

// A Line is one match in the sum.
type Line struct {
	Match      int // index into the matches given
	Family     observation.Family
	Raw        float64 // bits of the match alone
	Bits       float64 // bits it adds to the sum
	SameHolder float64 // chance that both held the value as one holder
	Guest      bool    // see [Match.Guest]
}

// A Sum is the direct evidence between two indicators. Prior and the bits of
// Lines add up to Total.
type Sum struct {
	Prior    float64
	Lines    []Line
	Total    float64
	P        float64
	Families map[observation.Family]float64 // bits by family
}

// Weigh sums matches against the prior of a candidate drawn from population.
// The order of matches does not matter to any number; lines come strongest first.
func (m Model) Weigh(population uint64, matches []Match) Sum {
	sum := Sum{Prior: m.Prior(population), Families: map[observation.Family]float64{}}
	sum.Lines = make([]Line, len(matches))
	for i, match := range matches {
		raw, same := m.Bits(match, sum.Prior)
		sum.Lines[i] = Line{Match: i, Family: match.family(), Raw: raw, SameHolder: same, Guest: match.Guest}
	}
	slices.SortStableFunc(sum.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(b.Raw, a.Raw), cmp.Compare(matches[a.Match].Relation, matches[b.Match].Relation))
	})
	spent := map[observation.Family]float64{}
	for i := range sum.Lines {
		line := &sum.Lines[i]
		if _, opened := sum.Families[line.Family]; !opened {
			line.Bits = line.Raw
		} else {
			line.Bits = math.Min(familyShare*line.Raw, familyCap-spent[line.Family])
			spent[line.Family] += line.Bits
		}
		sum.Families[line.Family] += line.Bits
	}
	sum.Total = sum.Prior
	for _, line := range sum.Lines {
		sum.Total += line.Bits
	}
	sum.P = m.Probability(sum.Total)
	return sum
}

// FamilySum joins the bits of matches of one family, as Weigh does: the
// strongest in full, a capped share of the rest. Their order does not matter.
func FamilySum(raw []float64) float64 {
	most, rest := 0.0, 0.0
	for _, bits := range raw {
		rest += math.Max(bits, 0)
		most = math.Max(most, bits)
	}
	return most + math.Min(familyShare*(rest-most), familyCap)
}

// Bits weighs one match beside the prior it will be added to: a value that its
// pool cannot explain is worth what makes the sum the chance of one customer.
func (m Model) Bits(match Match, prior float64) (bits, sameHolder float64) {
	bits, sameHolder = match.bits(m)
	if one := match.account(); one > 0 {
		bits = math.Max(bits, fade(m.BitsFor(one)-prior, sameHolder))
	}
	if most := match.commodity(); most < 1 {
		bits = math.Min(bits, math.Max(m.BitsFor(most)-prior, 0))
	}
	return bits, sameHolder
}

// Prior returns log2(K/N): the odds that an indicator drawn from a population
// of N is a sibling.
func (m Model) Prior(population uint64) float64 {
	return math.Log2(m.Siblings / math.Max(float64(population), m.Siblings))
}

// Probability calibrates a sum of bits.
func (m Model) Probability(bits float64) float64 {
	return clamp(logistic(math.Ln2*m.A*bits + m.B))
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func clamp(p float64) float64 { return math.Min(math.Max(p, MinP), MaxP) }

// BitsFor is the inverse of Probability: the sum of bits that stands for p.
func (m Model) BitsFor(p float64) float64 {
	p = clamp(p)
	return (math.Log(p/(1-p)) - m.B) / (math.Ln2 * m.A)
}
