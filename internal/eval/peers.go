package eval

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"clew/internal/observation"
	"clew/internal/score"
)

// A Rule is how another tool decides whether two indicators belong together,
// as far as its documentation says: a number that grows with its confidence, 0
// for no connection.
type Rule struct {
	Name, Source string
	Score        func(found []sharedValue) float64
}

// sharesBelow connects what shares a value of between two and limit holders.
func sharesBelow(limit uint64) func([]sharedValue) float64 {
	return func(found []sharedValue) float64 {
		for _, s := range found {
			if s.kind != leading && s.Holders <= limit {
				return 1
			}
		}
		return 0
	}
}

// PeerRules are measured beside the model on the same pairs.
func PeerRules() []Rule {
	return []Rule{
		{"any shared value", "correlation without a limit", sharesBelow(math.MaxUint64)},
		{"at most 20 holders", "MISP: correlations of a value that more than 20 attributes hold are dropped", sharesBelow(20)},
		{"2 to 50 holders", "Censeye: fields held by 2 to 50 hosts are worth a look", sharesBelow(50)},
		{"at most 500 holders", "DomainTools Iris: guided pivots below 500 domains", sharesBelow(500)},
		{"fixed tiers", "a weight for each type, however common the value", fixedTiers},
		{"Adamic-Adar", "sum of 1/log(holders): Adamic and Adar, Social Networks 2003", adamicAdar},
	}
}

// tiers are what tools that rank by type alone would say: strong, medium, weak.
var tiers = map[observation.Relation]float64{
	observation.Tracker: 3, observation.NSSet: 3, observation.ResolvesTo: 3, observation.RedirectsTo: 3,
	observation.Nameserver: 2, observation.BodyHash: 2, observation.Label: 2, observation.CNAME: 2,
}

func fixedTiers(found []sharedValue) float64 {
	sum := 0.0
	for _, s := range found {
		if s.kind == leading {
			continue
		}
		sum += max(tiers[s.Relation], 1)
	}
	return sum
}

func adamicAdar(found []sharedValue) float64 {
	sum := 0.0
	for _, s := range found {
		if s.kind != leading {
			sum += 1 / math.Log(float64(max(s.Holders, 2)))
		}
	}
	return sum
}

// A Contender is a rule or model with what it reached.
type Contender struct {
	Name, Source string
	AP           float64
	RecallAt90   float64
	Pairs        int     // that it connects at all, among those with a label
	Precision    float64 // of these
	Recall       float64
	Curve        []Point // precision by recall, from sure to unsure
}

// A Point is one step of a precision-recall curve.
type Point struct{ Recall, Precision float64 }

// Compare measures the peers' rules, the closed form and a fitted model on
// operators it did not see, over the same labelled pairs. The rules count the
// holders of each value itself, as the tools do.
func Compare(ctx context.Context, set *Operators, truth *Truth, folds int) ([]Contender, error) {
	raw := *set
	raw.pools = dnsPools{}
	matches := raw.matches()
	var out []Contender
	positives := truth.Measure(nil).Positives
	for _, rule := range PeerRules() {
		var items []labelled
		for at, found := range matches {
			same, known := truth.Same(set.Domains[at[0]].Name, set.Domains[at[1]].Name)
			if s := rule.Score(found); known && s > 0 {
				items = append(items, labelled{s, same})
			}
		}
		out = append(out, contend(rule.Name, rule.Source, items, positives, 0))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	plainSet, err := raw.Predict(ctx, score.Closed())
	if err != nil {
		return nil, err
	}
	crossed, err := CrossValidate(ctx, set, truth, folds, 0)
	if err != nil {
		return nil, err
	}
	for _, c := range []struct {
		name, source string
		predictions  []Prediction
	}{
		{"clew, closed form", "model closed-1, without pools", plainSet},
		{"clew, fitted", fmt.Sprintf("operators not seen, %d folds", folds), crossed},
	} {
		var items []labelled
		for _, p := range c.predictions {
			if same, known := truth.Same(p.A, p.B); known {
				items = append(items, labelled{p.P, same})
			}
		}
		// A pair counts as connected from medium on; below it is a lead.
		out = append(out, contend(c.name, c.source, items, positives, 0.5))
	}
	return out, nil
}

func contend(name, source string, items []labelled, positives int, from float64) Contender {
	slices.SortFunc(items, func(a, b labelled) int { return cmp.Compare(b.p, a.p) })
	c := Contender{Name: name, Source: source}
	c.AP, c.RecallAt90 = precisionRecall(items, positives)
	hits := 0
	for i := 0; i < len(items); {
		p := items[i].p
		for ; i < len(items) && items[i].p == p; i++ {
			if items[i].same {
				hits++
			}
		}
		point := Point{rate(hits, positives), rate(hits, i)}
		if p >= from {
			c.Pairs, c.Precision, c.Recall = i, point.Precision, point.Recall
		}
		c.Curve = append(c.Curve, point)
	}
	return c
}

// WriteCurves draws precision over recall as an SVG picture that reads in black
// and white: each contender has its own dashes and its name at the end. A rule
// that knows only yes and no is a dot.
func WriteCurves(w io.Writer, contenders []Contender) error {
	const width, height, left, top, plotWidth, plotHeight = 760, 420, 50, 20, 480, 350
	x := func(recall float64) float64 { return left + recall*plotWidth }
	y := func(precision float64) float64 { return top + (1-precision)*plotHeight }
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(w, `<title>Precision over recall of peers' rules and of clew, same pairs</title><rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	for i := 0; i <= 10; i += 2 {
		v := float64(i) / 10
		fmt.Fprintf(w, `<path d="M%.1f %.1fH%.1fM%.1f %.1fV%.1f" stroke="#ddd"/>`+"\n", x(0), y(v), x(1), x(v), y(0), y(1))
		fmt.Fprintf(w, `<text x="%.1f" y="%.1f" text-anchor="end">%.1f</text><text x="%.1f" y="%.1f" text-anchor="middle">%.1f</text>`+"\n", x(0)-6, y(v)+4, v, x(v), y(0)+16, v)
	}
	fmt.Fprintf(w, `<text x="%.1f" y="%d" text-anchor="middle">recall</text><text x="14" y="%.1f" transform="rotate(-90 14 %.1f)" text-anchor="middle">precision</text>`+"\n", x(0.5), height-8, y(0.5), y(0.5))
	shades := []string{"#999", "#777", "#555", "#333", "#b58900", "#2e7d32", "#1565c0", "#c62828"}
	dashes := []string{"", "", "", "", "2 3", "6 3", "8 3 2 3", ""}
	for i, c := range contenders {
		shade, dash := shades[i%len(shades)], dashes[i%len(dashes)]
		ly := top + 14 + i*22
		if len(c.Curve) == 1 {
			p := c.Curve[0]
			fmt.Fprintf(w, `<circle cx="%.1f" cy="%.1f" r="4" fill="%s"/><text x="%.1f" y="%.1f">%c</text>`+"\n", x(p.Recall), y(p.Precision), shade, x(p.Recall)+6, y(p.Precision)-4, 'a'+i)
			fmt.Fprintf(w, `<circle cx="%d" cy="%d" r="4" fill="%s"/>`+"\n", left+plotWidth+32, ly-4, shade)
		} else {
			fmt.Fprintf(w, `<path fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s" d="`, shade, dash)
			move, last := "M", Point{-1, -1}
			for n, p := range c.Curve {
				if n > 0 && n < len(c.Curve)-1 && math.Abs(p.Recall-last.Recall) < 0.002 && math.Abs(p.Precision-last.Precision) < 0.005 {
					continue
				}
				fmt.Fprintf(w, "%s%.1f %.1f", move, x(p.Recall), y(p.Precision))
				move, last = "L", p
			}
			fmt.Fprintf(w, `"/><path stroke="%s" stroke-width="2" stroke-dasharray="%s" d="M%d %dh24"/>`+"\n", shade, dash, left+plotWidth+20, ly-4)
		}
		fmt.Fprintf(w, `<text x="%d" y="%d">%c: %s</text>`+"\n", left+plotWidth+50, ly, 'a'+i, c.Name)
	}
	_, err := fmt.Fprintln(w, `</svg>`)
	return err
}
