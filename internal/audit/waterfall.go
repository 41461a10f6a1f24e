package audit

import (
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
	total, families, bridges := 0.0, map[string][]float64{}, []casefile.Factor(nil)
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
			families[f.Family] = append(families[f.Family], f.Raw)
		}
	}
	reasons := map[observation.Family]float64{}
	for family, raw := range families {
		sum := score.FamilySum(raw)
		total += sum
		reason := score.Reason(observation.Family(family))
		reasons[reason] = math.Max(reasons[reason], slices.Max(raw))
	}
	p = round(model.Probability(total))
	return p, string(score.BandFor(p, score.StrongReasons(reasons), ways(bridges)))
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
			f.Next.Families = max(2-w.strong(), 0)
			if w.bridges() >= 2 {
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

func (w waterfall) strong() int {
	reasons := map[observation.Family]float64{}
	for _, f := range w.Factors {
		switch f.Family {
		case priorStep, bridgeStep, tenantStep, crowdStep:
		default:
			reason := score.Reason(observation.Family(f.Family))
			reasons[reason] = math.Max(reasons[reason], f.Raw)
		}
	}
	return score.StrongReasons(reasons)
}

func (w waterfall) bridges() int {
	var all []casefile.Factor
	for _, f := range w.Factors {
		if f.Family == bridgeStep {
			all = append(all, f)
		}
	}
	return ways(all)
}

// ways counts bridges as the band does: all that lead over what a server is and
// serves are one.
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
