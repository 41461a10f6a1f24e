package pivot

import (
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/score"
)

// leadingLabel makes a fact of two names of which one starts with the whole
// label of the other: brand.example and brandcdn.example. No store lists such
// pairs, so it is only weighed where something else brought the two together.
func (r *run) leadingLabel(a, b *node) (sharedFact, bool) {
	if a.value.Kind() != observable.Domain || b.value.Kind() != observable.Domain {
		return sharedFact{}, false
	}
	ours, ok := bareLabel(a.value)
	if !ok {
		return sharedFact{}, false
	}
	theirs, ok := bareLabel(b.value)
	if !ok {
		return sharedFact{}, false
	}
	short, ok := score.LeadingLabel(ours, theirs)
	if !ok {
		return sharedFact{}, false
	}
	word, err := observable.New(observable.Text, short)
	if err != nil {
		return sharedFact{}, false
	}
	f := Fact{Relation: observation.Token, Value: word}
	held := r.nameHolders(f)
	return sharedFact{attr: r.attribute(f), a: f, b: f, held: held, Match: score.Match{
		Relation: f.Relation, Type: score.LeadingLabelCurve, Holders: held.n, Population: held.of, Suppressed: r.suppressed(f),
	}}, true
}

// bareLabel is the registrable label without hyphens.
func bareLabel(v observable.Value) (string, bool) {
	label, ok := observable.Label(v)
	return strings.ReplaceAll(label, "-", ""), ok
}
