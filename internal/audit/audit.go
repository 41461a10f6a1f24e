// Package audit asks of a finished case what it hangs on: which shared value or
// source, taken away, would bring findings down, where each path is weakest, and
// what single fact more would change a band. It works on the document of a case
// alone, so that whoever reads the case can ask again.
package audit

import (
	"cmp"
	"math"
	"slices"

	"clew/internal/casefile"
	"clew/internal/score"
)

// An Audit is what a case hangs on.
type Audit struct {
	Model string `json:"model"`
	// Known is false when the case was weighed by a model that is not at hand:
	// nothing can be weighed again then, and the lists are empty.
	Known    bool      `json:"known"`
	Carriers []Carrier `json:"carriers"` // most findings first
	Sources  []Carrier `json:"sources"`  // the same for what one source alone said
	Findings []Finding `json:"findings"` // of medium and high
}

// A Carrier is a value, or a source, without which findings would fall into a
// lower band.
type Carrier struct {
	Kind      string   `json:"kind"` // "" for a source
	Value     string   `json:"value"`
	Relations []string `json:"relations"`
	Falls     []Fall   `json:"falls"`
}

// A Fall is one finding without a carrier.
type Fall struct {
	Kind  string  `json:"kind"`
	Value string  `json:"value"`
	From  string  `json:"from"` // band as it stands
	To    string  `json:"to"`
	P     float64 `json:"p"` // without the carrier
}

// A Finding is what would change one finding.
type Finding struct {
	Kind  string  `json:"kind"`
	Value string  `json:"value"`
	Band  string  `json:"band"`
	P     float64 `json:"p"`
	// Weakest is the line it hangs on: without it the probability falls most.
	Weakest Line `json:"weakest"`
	// Next is the band above and what it takes; zero for high.
	Next Next `json:"next"`
}

// A Line is one factor with what is left without it.
type Line struct {
	Relation string  `json:"relation"`
	Kind     string  `json:"kind"`
	Value    string  `json:"value"`
	Without  float64 `json:"without"` // probability
}

// Next is what a finding lacks to the band above.
type Next struct {
	Band string `json:"band"`
	// Bits is the evidence missing, in a family that has none yet.
	Bits float64 `json:"bits"`
	// Families is how many further families of three bits are missing.
	Families int `json:"families"`
	// Holders is how many holders a value of the best measured type may have at
	// most to bring the missing bits alone, in a world of a few hundred million
	// names; 0 where no single value can.
	Holders uint64 `json:"holders"`
}

// The bands and what they take, confidence.md section 7.
var above = map[string]struct {
	band string
	p    float64
}{
	string(score.Coincidence): {string(score.Low), 0.1},
	string(score.Low):         {string(score.Medium), 0.5},
	string(score.Medium):      {string(score.High), 0.9},
}

// Of audits a case. Models are those at hand; the one the case names weighs.
func Of(doc casefile.Document, models ...score.Model) Audit {
	audit := Audit{Model: doc.Model, Carriers: []Carrier{}, Sources: []Carrier{}, Findings: []Finding{}}
	i := slices.IndexFunc(models, func(m score.Model) bool { return m.Version == doc.Model })
	if i < 0 {
		return audit
	}
	audit.Known = true
	model := models[i]
	values, sources := carriers{}, carriers{}
	for _, f := range doc.Findings {
		if f.Suppressed != "" || f.Verdict == string(casefile.TypeRejected) || rank(f.Band) < rank(string(score.Medium)) {
			continue
		}
		w := read(f)
		audit.Findings = append(audit.Findings, w.finding(model))
		values.add(model, w, valuesOf)
		sources.add(model, w, loneSources)
	}
	audit.Carriers, audit.Sources = values.sorted(), sources.sorted()
	return audit
}

func rank(band string) int {
	return slices.Index([]string{string(score.Coincidence), string(score.Low), string(score.Medium), string(score.High)}, band)
}

// what names a carrier.
type what struct{ kind, value string }

// valuesOf names the value of a line.
func valuesOf(f casefile.Factor) []what { return []what{{f.Kind, f.Value}} }

// loneSources names the source of a line that no other source confirms.
func loneSources(f casefile.Factor) []what {
	if len(f.Sources) != 1 {
		return nil
	}
	return []what{{"", f.Sources[0]}}
}

type carriers map[what]*Carrier

func (c carriers) add(model score.Model, w waterfall, names func(casefile.Factor) []what) {
	for _, key := range w.carriers(names) {
		if key == (what{w.Kind, w.Value}) {
			continue // an attribute that is a finding itself hangs on who holds it
		}
		p, band := w.without(model, func(f casefile.Factor) bool { return slices.Contains(names(f), key) })
		if rank(band) >= rank(w.Band) {
			continue
		}
		if c[key] == nil {
			c[key] = &Carrier{Kind: key.kind, Value: key.value}
		}
		carrier := c[key]
		carrier.Falls = append(carrier.Falls, Fall{w.Kind, w.Value, w.Band, band, p})
		for _, f := range w.Factors {
			if slices.Contains(names(f), key) && f.Bits > 0 {
				carrier.Relations = append(carrier.Relations, f.Relation)
			}
		}
	}
}

func (c carriers) sorted() []Carrier {
	out := make([]Carrier, 0, len(c))
	for _, carrier := range c {
		slices.Sort(carrier.Relations)
		carrier.Relations = slices.Compact(carrier.Relations)
		slices.SortFunc(carrier.Falls, func(a, b Fall) int {
			return cmp.Or(cmp.Compare(rank(b.From), rank(a.From)), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
		})
		out = append(out, *carrier)
	}
	slices.SortFunc(out, func(a, b Carrier) int {
		return cmp.Or(cmp.Compare(len(b.Falls), len(a.Falls)), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	return out
}

// round keeps what documents keep: six decimals.
func round(x float64) float64 { return math.Round(x*1e6) / 1e6 }
