package eval

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"clew/internal/score"
)

// The settings of a fit. Few, round, and not searched for beyond one step
// either way: docs/benchmarks.md shows what each does.
const (
	// shrinkage is how many pairs the closed form counts as in each bin.
	shrinkage = 5
	// curveWeight says how much an operator of many pairs counts in a curve: with
	// n pairs each weighs n^-curveWeight, since a curve describes operators. A
	// calibration describes pairs, so there each counts alike.
	curveWeight = 0.5
	// calmness draws a calibration to the closed form's, in pairs.
	calmness = 5
)

// A labelling is the pairs of a set that a fit may look at.
type labelling struct {
	set     *Operators
	truth   *Truth
	matches map[pair][]sharedValue
	order   []pair          // of matches, for sums that come out the same each time
	group   []int           // operator of each domain
	size    map[int]float64 // pairs of one owner, by operator
	labels  []labelledPair  // every pair with a verdict, shared values or not
	ratio   float64         // strangers to one pair of siblings, in the whole set
}

type labelledPair struct {
	at   pair
	same bool
}

func newLabelling(set *Operators, truth *Truth) (*labelling, error) {
	l := &labelling{set: set, truth: truth, matches: set.matches(), size: map[int]float64{}}
	l.order = slices.SortedFunc(maps.Keys(l.matches), func(a, b pair) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	numbers := map[string]int{}
	for _, domain := range set.Domains {
		name := truth.groups[domain.Name]
		if name == "" {
			name = "alone " + domain.Name
		}
		if _, known := numbers[name]; !known {
			numbers[name] = len(numbers)
		}
		l.group = append(l.group, numbers[name])
	}
	siblings := 0
	for a := range set.Domains {
		for b := a + 1; b < len(set.Domains); b++ {
			same, known := truth.Same(set.Domains[a].Name, set.Domains[b].Name)
			if !known {
				continue
			}
			l.labels = append(l.labels, labelledPair{pair{a, b}, same})
			if same {
				siblings++
				l.size[l.group[a]]++
			}
		}
	}
	if siblings < minSiblings {
		return nil, fmt.Errorf("%d labelled pairs of one owner are too few to fit: the closed form stays (at least %d are needed)", siblings, minSiblings)
	}
	l.ratio = float64(len(l.labels)-siblings) / float64(siblings)
	return l, nil
}

// minSiblings is the fewest pairs of one owner that a fit needs. Source:
// docs/confidence, section 8.
const minSiblings = 200

// Fit makes a model out of a labelled set: a curve for each type of value, the
// calibration of the sum, and the calibration after hops.
func Fit(ctx context.Context, set *Operators, truth *Truth, version string) (score.Model, error) {
	l, err := newLabelling(set, truth)
	if err != nil {
		return score.Model{}, err
	}
	return l.fit(ctx, version, func(int) bool { return true })
}

// fit looks only at pairs whose operators both may be seen.
func (l *labelling) fit(ctx context.Context, version string, see func(operator int) bool) (score.Model, error) {
	model := score.Closed()
	model.Version = version
	model.Siblings = l.siblings()
	visible := func(at pair) bool { return see(l.group[at[0]]) && see(l.group[at[1]]) }
	model.Curves = l.fitCurves(visible)
	if err := ctx.Err(); err != nil {
		return model, err
	}
	if err := l.calibrate(&model, visible); err != nil {
		return model, err
	}
	if err := ctx.Err(); err != nil {
		return model, err
	}
	if err := l.calibrateHops(&model, visible); err != nil {
		return model, err
	}
	round(&model)
	return model, nil
}

// siblings is K: how many siblings an indicator has in the population that the
// labelled ones were taken from.
func (l *labelling) siblings() float64 {
	largest := uint64(0)
	for _, p := range l.set.population {
		largest = max(largest, p.size)
	}
	return max(math.Round(labelledSiblings*float64(largest)/float64(len(l.set.Domains))), 1)
}

// weightOf is what a pair of one operator counts in a curve.
func (l *labelling) weightOf(at pair) float64 {
	return math.Pow(l.size[l.group[at[0]]], -curveWeight)
}

// holds reports whether a domain holds any value of a column, shared or not.
func (l *labelling) holds(domain int, kind string) bool {
	return kind == leading || l.set.Domains[domain].Sizes[kind] > 0
}

// tally counts matches of one curve in one bin of log2 holders.
type tally struct {
	siblings  float64 // weighted pairs of one owner
	strangers float64
	n         float64
	others    float64 // sum of log2 others
	closed    float64 // sum of the closed form's bits
}

// fitCurves compares, for each type of value and each doubling of its holders,
// how often siblings and strangers share one so common.
func (l *labelling) fitCurves(visible func(pair) bool) map[string]score.Curve {
	type column struct{ kind, curve string }
	pairsWith := map[string]tally{} // by column: labelled pairs that both hold something of it
	columns := map[column]map[int]*tally{}
	for _, labelled := range l.labels {
		if !visible(labelled.at) {
			continue
		}
		for _, kind := range append(slices.Sorted(maps.Keys(attributeTypes)), leading) {
			if !l.holds(labelled.at[0], kind) || !l.holds(labelled.at[1], kind) {
				continue
			}
			total := pairsWith[kind]
			if labelled.same {
				total.siblings += l.weightOf(labelled.at)
			} else {
				total.strangers++
			}
			pairsWith[kind] = total
		}
		for key, rarest := range rarestOf(l.matches[labelled.at]) {
			at := column{key.kind, rarest.CurveName()}
			if columns[at] == nil {
				columns[at] = map[int]*tally{}
			}
			others, closed, _ := rarest.Rarity()
			bin := int(math.Floor(others + 1e-9))
			if columns[at][bin] == nil {
				columns[at][bin] = &tally{}
			}
			t := columns[at][bin]
			t.n, t.others, t.closed = t.n+1, t.others+others, t.closed+closed
			if labelled.same {
				t.siblings += l.weightOf(labelled.at)
			} else {
				t.strangers++
			}
		}
	}
	curves := map[string]score.Curve{}
	for at, bins := range columns {
		if pairsWith[at.kind].siblings > 0 && pairsWith[at.kind].strangers > 0 {
			curves[at.curve] = curveOf(bins, pairsWith[at.kind])
		}
	}
	return curves
}

// rarestOf keeps the rarest counted match of each column and direction. What its
// pool cannot explain has its own weight and teaches the curve nothing.
func rarestOf(found []sharedValue) map[attribute]score.Match {
	rarest := map[attribute]score.Match{}
	least := map[attribute]float64{}
	for _, s := range found {
		if s.Dealt > 0 && s.Excess() {
			continue
		}
		others, _, counted := s.Rarity()
		if !counted {
			continue
		}
		key := attribute{kind: s.kind, value: s.CurveName()}
		if now, known := least[key]; !known || others < now {
			rarest[key], least[key] = s.Match, others
		}
	}
	return rarest
}

// curveOf turns tallies into a correction of the closed form: the weight of
// evidence seen, drawn to the closed form's by shrinkage, never rising with the
// holders.
func curveOf(bins map[int]*tally, all tally) score.Curve {
	var curve score.Curve
	var values, weights, closed []float64
	for _, bin := range slices.Sorted(maps.Keys(bins)) {
		t := bins[bin]
		mean := t.closed / t.n
		// Siblings that the closed form expects, given the strangers seen.
		expected := all.siblings * (t.strangers + 0.5) / all.strangers * math.Exp2(mean)
		curve.Others = append(curve.Others, t.others/t.n)
		values = append(values, mean+math.Log2((t.siblings+shrinkage)/(expected+shrinkage)))
		weights, closed = append(weights, t.n), append(closed, mean)
	}
	for i, v := range isotonic(values, weights) {
		correction := v - closed[i]
		if i > 0 {
			// Means over a bin may fall faster than the closed form does for any
			// one match: hold to what keeps common values below rare ones.
			correction = math.Min(correction, curve.Bits[i-1]+curve.Others[i]-curve.Others[i-1])
		}
		curve.Bits = append(curve.Bits, correction)
	}
	return curve
}

// calibrate fits A and B to the sums of all visible pairs. Pairs joined by what
// their pool cannot explain state their chance themselves and stay out.
func (l *labelling) calibrate(model *score.Model, visible func(pair) bool) error {
	universe := l.set.universe(*model)
	var samples []sample
	for _, p := range l.order {
		same, known := l.label(p)
		if !known || !visible(p) || slices.ContainsFunc(l.matches[p], func(s sharedValue) bool { return s.Excess() }) {
			continue
		}
		samples = append(samples, sample{x: math.Ln2 * model.Weigh(universe, plain(l.matches[p])).Total, same: same})
	}
	l.weighSamples(samples, visible)
	a, b, err := fitLogistic(samples, model.A, model.B, calmness)
	if err != nil {
		return err
	}
	model.A, model.B = a, b
	return nil
}

func (l *labelling) label(at pair) (same, known bool) {
	return l.truth.Same(l.set.Domains[at[0]].Name, l.set.Domains[at[1]].Name)
}

// weighSamples gives strangers such a weight that the visible part has as many
// of them for each pair of siblings as the whole set: a part of the operators
// has too few strangers.
func (l *labelling) weighSamples(samples []sample, visible func(pair) bool) {
	siblings, strangers := 0.0, 0.0
	for _, labelled := range l.labels {
		switch {
		case !visible(labelled.at):
		case labelled.same:
			siblings++
		default:
			strangers++
		}
	}
	for i := range samples {
		samples[i].weight = 1
		if !samples[i].same {
			samples[i].weight = l.ratio * siblings / strangers
		}
	}
}

// calibrateHops fits HopA and HopB to the pairs that bridges join.
func (l *labelling) calibrateHops(model *score.Model, visible func(pair) bool) error {
	graph := weighPairs(l.matches, len(l.set.Domains), l.set.universe(*model), *model)
	var samples []sample
	for _, labelled := range l.labels {
		if !visible(labelled.at) {
			continue
		}
		bridges := graph.bridges(labelled.at[0], labelled.at[1])
		bridges = slices.DeleteFunc(bridges, func(b bridgeOver) bool { return !see(visible, b, labelled.at) })
		if len(bridges) == 0 {
			continue
		}
		direct := score.MinP
		if edge := graph.edge(labelled.at[0], labelled.at[1]); edge != nil {
			direct = edge.P
		}
		plainModel := *model
		plainModel.HopA, plainModel.HopB = 1, 0
		p := plainModel.Combine(direct, plainBridges(bridges))
		if p <= direct {
			continue
		}
		samples = append(samples, sample{x: math.Log(p / (1 - p)), same: labelled.same})
	}
	l.weighSamples(samples, visible)
	a, b, err := fitLogistic(samples, 1, 0, calmness)
	if err != nil {
		return err
	}
	model.HopA, model.HopB = a, b
	return nil
}

func see(visible func(pair) bool, b bridgeOver, at pair) bool {
	return visible(pair{at[0], b.over}) && visible(pair{b.over, at[1]})
}

// round keeps four digits: more would only make the file look exact.
func round(model *score.Model) {
	cut := func(x float64) float64 { return math.Round(x*1e4) / 1e4 }
	model.A, model.B, model.HopA, model.HopB = cut(model.A), cut(model.B), cut(model.HopA), cut(model.HopB)
	for _, curve := range model.Curves {
		for i := range curve.Others {
			curve.Others[i], curve.Bits[i] = cut(curve.Others[i]), cut(curve.Bits[i])
		}
	}
}
