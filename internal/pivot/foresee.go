package pivot

import (
	"context"
	"maps"
	"slices"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// A Foresight has a corpus that is across a network answer at once what the engine
// will read one after the other. What it has read changes nothing but how long that
// takes.
type Foresight interface {
	// Foresee calls read for 0 to n-1, some at once, and keeps what it reads.
	Foresee(ctx context.Context, n int, read func(ctx context.Context, i int, from corpus.Reader) error)
	// Forget drops it, after the corpus has changed.
	Forget()
}

// foreseen is how many values are read ahead of at most: what is kept of them waits
// in memory.
const foreseen = 256

// foreseeFacts reads ahead what is known of values.
func (r *run) foreseeFacts(ctx context.Context, values []observable.Value) {
	if r.Ahead == nil {
		return
	}
	r.Ahead.Foresee(ctx, len(values), func(ctx context.Context, i int, from corpus.Reader) error {
		engine := *r.Engine
		engine.Corpus = from
		alone := &run{Engine: &engine, populations: maps.Clone(r.populations)}
		if _, _, err := alone.facts(ctx, values[i]); err != nil {
			return err
		}
		_, err := alone.routes(ctx, values[i])
		return err
	})
}

// foreseeMeeting reads ahead what is known of those that the case does not have yet.
func (r *run) foreseeMeeting(ctx context.Context, values []observable.Value) {
	unknown := slices.DeleteFunc(slices.Clone(values), func(v observable.Value) bool { return r.nodes[v] != nil })
	slices.SortFunc(unknown, observable.Value.Compare)
	r.foreseeFacts(ctx, slices.Compact(unknown))
}

// foreseeCounts reads ahead who holds facts, where it is counted by asking for just that.
func (r *run) foreseeCounts(ctx context.Context, facts []Fact) {
	if r.Ahead == nil {
		return
	}
	counted := map[factKey]bool{}
	asked := slices.DeleteFunc(slices.Clone(facts), func(f Fact) bool {
		key := f.key()
		a, known := r.attributes[key] // looked up, not made: their order is that of reading
		again := counted[key] || known && a.counted || !f.plainlyCounted()
		counted[key] = true
		return again
	})
	r.Ahead.Foresee(ctx, len(asked), func(ctx context.Context, i int, from corpus.Reader) error {
		if _, err := from.Holders(ctx, asked[i].Relation, asked[i].Value, corpus.DefaultHolderLimit); err != nil {
			return err
		}
		_, err := from.Totals(ctx, asked[i].Relation, asked[i].Value)
		return err
	})
}

// plainlyCounted reports whether holders are counted by [run.countHolders], beside
// whatever else.
func (f Fact) plainlyCounted() bool {
	switch {
	case f.Relation.Family() == observation.Name, f.Relation.Family() == observation.Context, f.Back:
		return false
	case f.Relation == observation.InPrefix, f.Relation == observation.SubdomainOf, f.Relation == observation.NSDomain:
		return false
	}
	return true
}

// factsOf are values under a relation.
func factsOf(relation observation.Relation, values []observable.Value) []Fact {
	facts := make([]Fact, len(values))
	for i, v := range values {
		facts[i] = Fact{Relation: relation, Value: v}
	}
	return facts
}
