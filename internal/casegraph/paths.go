// Package casegraph reads how a case hangs together: indicators and the values
// they share are nodes, who holds what are edges. The page draws it, and exports
// for graph tools take their edges from it.
package casegraph

import (
	"strings"

	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/observation"
)

// A Step is half of a link of a path: a holder, and the value it shares.
type Step struct {
	Holder   casefile.Value
	Relation observation.Relation
	Shared   casefile.Value
}

// Names are what the bare texts of a document's paths stand for.
type Names map[string]casefile.Value

// NamesOf collects them: the document says elsewhere which kind each is of.
// accept says which values count; a document may come from somebody else's
// bundle.
func NamesOf(d casefile.Document, accept func(casefile.Value) bool) Names {
	known := Names{}
	know := func(kind, text string) {
		if v := (casefile.Value{Kind: kind, Value: text}); known[text] != v && accept(v) {
			known[text], known[kind+":"+text] = v, v // paths name a digest with its kind
		}
	}
	for _, f := range d.Findings {
		for _, factor := range f.Factors {
			know(factor.Kind, factor.Value)
		}
	}
	for _, p := range d.Pivots {
		know(p.Kind, p.Value)
		know(p.FromKind, p.From)
	}
	for _, f := range d.Findings {
		know(f.Kind, f.Value)
	}
	for _, s := range d.Seeds {
		know(s.Kind, s.Value)
	}
	return known
}

// Steps turns "a, relation:v, b" into a to v and b to v. What it cannot read is
// left out.
func (n Names) Steps(path []string) []Step {
	var steps []Step
	for i := 1; i+1 < len(path); i += 2 {
		relation, shared, ok := n.link(path[i])
		if !ok {
			continue
		}
		for _, end := range []string{path[i-1], path[i+1]} {
			if v, ok := n[end]; ok && v != shared {
				steps = append(steps, Step{v, relation, shared})
			}
		}
	}
	return steps
}

// link reads "relation:value".
func (n Names) link(step string) (observation.Relation, casefile.Value, bool) {
	name, text, _ := strings.Cut(step, ":")
	relation, ok := observation.RelationNamed(name)
	if !ok {
		return 0, casefile.Value{}, false
	}
	if v, ok := n[text]; ok {
		return relation, v, true
	}
	for _, kind := range relation.Objects() {
		if v, err := observable.New(kind, text); err == nil && v.Text() == text {
			return relation, casefile.ValueOf(v), true
		}
	}
	return 0, casefile.Value{}, false
}
