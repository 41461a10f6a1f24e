package eval

import (
	"context"

	"clew/internal/corpus"
	"clew/internal/observation"
)

// Hide gives a store that never learns one relation: the one that says who
// belongs together.
func Hide(store corpus.Store, relation observation.Relation) corpus.Store {
	return without{store, relation}
}

type without struct {
	corpus.Store
	relation observation.Relation
}

func (w without) Load(ctx context.Context) (corpus.Loader, error) {
	l, err := w.Store.Load(ctx)
	return loadWithout{l, w.relation}, err
}

type loadWithout struct {
	corpus.Loader
	relation observation.Relation
}

func (l loadWithout) Add(o observation.Observation) error {
	if o.Relation == l.relation {
		return nil
	}
	return l.Loader.Add(o)
}
