package export

import (
	"cmp"
	"slices"
	"time"

	"clew/internal/casefile"
	"clew/internal/casegraph"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
)

// A document may come from somebody else's bundle, so a value of it counts only
// when it has the grammar of its kind.
func valueOf(kind, text string) observable.Value {
	k, ok := observable.KindNamed(kind)
	if !ok {
		return observable.Value{}
	}
	v, err := observable.New(k, text)
	if err != nil || v.Text() != text {
		return observable.Value{}
	}
	return v
}

func seedEntry(s casefile.Seed, c casefile.Case, tlp marking.TLP) Entry {
	reason := "seed of the case"
	if s.Source != "" {
		reason += ", from " + s.Source
	}
	return Entry{
		Value: valueOf(s.Kind, s.Value), Seed: true, Confidence: min(max(s.Confidence, 0), 100), Band: "seed",
		First: c.Window[0].Time, Last: c.Window[1].Time, Reason: casefile.Printable(reason), Cases: []string{c.ID}, TLP: tlp,
	}
}

func findingEntry(f casefile.Finding, c casefile.Case, tlp marking.TLP) Entry {
	e := Entry{
		Value: valueOf(f.Kind, f.Value), Confidence: min(max(f.Confidence, 0), 100), Band: plainWord(f.Band),
		First: f.FirstSeen.Time, Last: f.LastSeen.Time,
		Action: plainWord(f.Action.Kind), State: plainWord(f.Action.State), Expires: f.Action.Expires.Time,
		Reason: casefile.Printable(f.Action.Reason), Validation: f.Validation, Cases: []string{c.ID}, TLP: tlp,
	}
	for _, factor := range f.Factors {
		relation, known := observation.RelationNamed(factor.Relation)
		object := valueOf(factor.Kind, factor.Value)
		if !known || object.IsZero() || factor.Bits <= 0 || factor.Family == "bridge" {
			continue
		}
		sources := slices.Clone(factor.Sources)
		for i := range sources {
			sources[i] = casefile.Printable(sources[i])
		}
		e.Facts = append(e.Facts, Fact{
			Relation: relation, Object: object, Bits: factor.Bits,
			First: factor.Window[0].Time, Last: factor.Window[1].Time, Sources: sources,
			holders: factor.Holders, of: factor.Of, countOf: casefile.Printable(factor.CountOf),
		})
	}
	slices.SortStableFunc(e.Facts, func(a, b Fact) int {
		return cmp.Or(cmp.Compare(b.Bits, a.Bits), cmp.Compare(a.Relation, b.Relation), a.Object.Compare(b.Object))
	})
	return e
}

// plainWord keeps the words of the document's own vocabulary, and nothing that
// could end a field.
func plainWord(text string) string {
	for _, r := range text {
		if (r < 'a' || r > 'z') && r != '-' {
			return "unknown"
		}
	}
	return text
}

// merged joins what two cases say of one value: the higher confidence, the later
// expiry, the stricter marking.
func merged(a, b Entry) Entry {
	if b.Confidence > a.Confidence || b.Confidence == a.Confidence && a.Seed && !b.Seed {
		a, b = b, a
	}
	a.Seed = a.Seed && b.Seed
	a.Cases = append(slices.Clone(a.Cases), b.Cases...)
	slices.Sort(a.Cases)
	a.Cases = slices.Compact(a.Cases)
	a.First, a.Last = earlier(a.First, b.First), later(a.Last, b.Last)
	if a.Expires.IsZero() || b.Expires.IsZero() {
		a.Expires = time.Time{}
	} else {
		a.Expires = later(a.Expires, b.Expires)
	}
	if b.TLP.StricterThan(a.TLP) {
		a.TLP = b.TLP
	}
	if b.Validation.Sightings > a.Validation.Sightings {
		a.Validation = b.Validation
	}
	for _, fact := range b.Facts {
		if !slices.ContainsFunc(a.Facts, func(f Fact) bool { return f.Relation == fact.Relation && f.Object == fact.Object }) {
			a.Facts = append(a.Facts, fact)
		}
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// edgesOf turns the paths of a finding into edges between values that have the
// grammar of their kind.
func edgesOf(f casefile.Finding, names casegraph.Names) []Edge {
	var edges []Edge
	for _, path := range f.Paths {
		for _, s := range names.Steps(path) {
			edges = append(edges, Edge{valueOf(s.Holder.Kind, s.Holder.Value), s.Relation, valueOf(s.Shared.Kind, s.Shared.Value)})
		}
	}
	return edges
}

// sound reports whether a value of a document has the grammar of its kind.
func sound(v casefile.Value) bool { return !valueOf(v.Kind, v.Value).IsZero() }
