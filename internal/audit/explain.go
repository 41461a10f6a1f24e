package audit

import (
	"slices"

	"clew/internal/casefile"
	"clew/internal/score"
)

// An Explanation is all there is to say of one finding: its waterfall, what it
// hangs on and what would change it.
type Explanation struct {
	Model string `json:"model"`
	// Known is false when the case was weighed by a model that is not at hand:
	// only the waterfall is there then.
	Known   bool             `json:"known"`
	Finding casefile.Finding `json:"finding"`
	// Carriers and Sources are the values, and what one source alone said,
	// without which the finding would fall into a lower band.
	Carriers []Carrier `json:"carriers"`
	Sources  []Carrier `json:"sources"`
	Weakest  Line      `json:"weakest"` // without it the probability falls most
	Next     Next      `json:"next"`    // the band above; zero for high
}

// Explain audits one finding of a case, whatever its band; false when the case
// has no such finding.
func Explain(doc casefile.Document, kind, value string, models ...score.Model) (Explanation, bool) {
	i := 0 // by hand: the library's search would copy every finding
	for i < len(doc.Findings) && (doc.Findings[i].Value != value || doc.Findings[i].Kind != kind) {
		i++
	}
	if i == len(doc.Findings) {
		return Explanation{}, false
	}
	f := doc.Findings[i]
	out := Explanation{Model: doc.Model, Finding: f, Carriers: []Carrier{}, Sources: []Carrier{}, Weakest: Line{Without: f.P}}
	m := slices.IndexFunc(models, func(m score.Model) bool { return m.Version == doc.Model })
	if m < 0 {
		return out, true
	}
	out.Known = true
	if f.Suppressed != "" || f.Verdict == string(casefile.TypeRejected) {
		return out, true // a list or an analyst decided: no fact more would change it
	}
	w := read(f)
	change := w.finding(models[m])
	out.Weakest, out.Next = change.Weakest, change.Next
	values, sources := carriers{}, carriers{}
	values.add(models[m], w, valuesOf)
	sources.add(models[m], w, loneSources)
	out.Carriers, out.Sources = values.sorted(), sources.sorted()
	return out, true
}
