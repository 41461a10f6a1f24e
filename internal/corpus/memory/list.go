package memory

import (
	"context"
	"maps"
	"slices"

	"clew/internal/corpus"
	"clew/internal/observable"
)

var _ corpus.ObjectLister = (*Store)(nil)

// EachObject implements [corpus.ObjectLister].
func (s *Store) EachObject(ctx context.Context, kind observable.Kind, visit func(observable.Value) error) error {
	done, err := s.read(ctx)
	if err != nil {
		return err
	}
	objects := slices.Collect(maps.Keys(s.byObject))
	done() // visit may ask the store
	objects = slices.DeleteFunc(objects, func(v observable.Value) bool { return v.Kind() != kind })
	slices.SortFunc(objects, corpus.Compare)
	for _, v := range objects {
		if err := visit(v); err != nil {
			return err
		}
	}
	return nil
}
