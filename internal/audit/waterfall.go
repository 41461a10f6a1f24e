package audit

import (
	"maps"
	"math"
	"slices"

	"clew/internal/casefile"
	"clew/internal/observation"
	"clew/internal/score"
)

// Steps of a waterfall that are no shared value.
const (
	priorStep  = "prior"
	bridgeStep = "bridge"
	tenantStep = "tenant"
	crowdStep  = "crowd"
)

// A waterfall is a finding whose lines can be summed again without some.
type waterfall struct{ casefile.Finding }

func read(f casefile.Finding) waterfall { return waterfall{f} }

// carriers lists what the lines that count hang on, each once, in their order.
func (w waterfall) carriers(names func(casefile.Factor) []what) []what {
	var out []what
	for _, f := range w.Factors {
		if f.Family == priorStep || f.Family == crowdStep || f.Bits <= 0 {
			continue
		}
		for _, key := range names(f) {
			if !slices.Contains(out, key) {
				out = append(out, key)
			}
		}
	}
	return out
}

// without sums the lines again, leaving some out: families form anew, so that a
// fact that stood in the shadow of the one taken away counts in full.
func (w waterfall) without(model score.Model, out func(casefile.Factor) bool) (p float64, band string) {
	total := 0.0
	var shared, bridges []casefile.Factor
	families := map[string][]float64{}
	for _, f := range w.Factors {
		switch {
		case f.Family == priorStep || f.Family == crowdStep:
			total += f.Bits
		case out(f):
		case f.Family == bridgeStep:
			total += f.Bits
			bridges = append(bridges, f)
		case f.Family == tenantStep:
			total += f.Bits
		default:
			shared = append(shared, f)
			families[f.Family] = append(families[f.Family], f.Raw)
		}
	}
	for _, family := range slices.Sorted(maps.Keys(families)) {
		total += score.FamilySum(families[family])
	}
	p = round(model.Probability(total))
	return p, string(score.BandFor(p, reasons(shared), ways(bridges)))
}

// reasons counts the independent reasons among lines that are shared values.
func reasons(shared []casefile.Factor) int {
	strongest := map[observation.Family]float64{}
	for _, f := range shared {
		if !f.Guest {
			reason := score.Reason(observation.Family(f.Family))
			strongest[reason] = math.Max(strongest[reason], f.Raw)
		}
	}
	return score.StrongReasons(strongest)
}

// finding says what would change w.
func (w waterfall) finding(model score.Model) Finding {
	f := Finding{Kind: w.Kind, Value: w.Value, Band: w.Band, P: w.P, Weakest: Line{Without: w.P}}
	for _, key := range w.carriers(valuesOf) {
		match := func(line casefile.Factor) bool { return slices.Contains(valuesOf(line), key) }
		if p, _ := w.without(model, match); p < f.Weakest.Without {
			i := slices.IndexFunc(w.Factors, match)
			f.Weakest = Line{w.Factors[i].Relation, key.kind, key.value, p}
		}
	}
	if next, ok := above[w.Band]; ok {
		f.Next = Next{Band: next.band, Bits: round(math.Max(model.BitsFor(next.p)-w.Bits, 0))}
		if next.band == string(score.High) {
			shared := w.pick(func(line casefile.Factor) bool { return !isStep(line) })
			f.Next.Families = max(2-reasons(shared), 0)
			if ways(w.pick(isBridge)) >= 2 {
				f.Next.Families = 0
			}
			if f.Next.Families > 0 {
				f.Next.Bits = math.Max(f.Next.Bits, score.FamilyBits)
			}
		}
		f.Next.Holders = holdersFor(f.Next.Bits)
	}
	return f
}

func isStep(f casefile.Factor) bool {
	switch f.Family {
	case priorStep, bridgeStep, tenantStep, crowdStep:
		return true
	}
	return false
}

func isBridge(f casefile.Factor) bool { return f.Family == bridgeStep }

// pick lists the lines that a question is about.
func (w waterfall) pick(wanted func(casefile.Factor) bool) []casefile.Factor {
	var out []casefile.Factor
	for _, f := range w.Factors {
		if wanted(f) {
			out = append(out, f)
		}
	}
	return out
}

// ways counts bridges as the band does: all that lead over names, servers and
// pages are one.
func ways(bridges []casefile.Factor) int {
	over := make([]score.Bridge, 0, len(bridges))
	for _, f := range bridges {
		relation, _ := observation.RelationNamed(f.Relation)
		over = append(over, score.Bridge{SeedP: 1, CandidateP: 1, Reason: score.Reason(relation.Family())})
	}
	return score.Ways(over)
}

// holdersFor returns how many holders at most a value with an even chance of
// being shared by siblings may have to bring so many bits, counted over the
// world of names: 2^(log2 0.5·N - bits) others.
func holdersFor(bits float64) uint64 {
	others := math.Exp2(math.Log2(0.5*score.NameWorld) - bits)
	if others < 1 {
		return 0
	}
	return uint64(others) + 1
}
