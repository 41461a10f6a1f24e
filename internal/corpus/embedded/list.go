package embedded

import (
	"context"
	"errors"

	"clew/internal/corpus"
	"clew/internal/corpus/valuekey"
	"clew/internal/observable"
)

var _ corpus.ObjectLister = (*Store)(nil)

// EachObject implements [corpus.ObjectLister]: the values of a kind follow one
// another in the reverse space.
func (s *Store) EachObject(ctx context.Context, kind observable.Kind, visit func(observable.Value) error) (err error) {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	objects, err := s.newValueIter(reverseSpace, []byte{byte(kind)}, []byte{byte(kind) + 1})
	if err != nil {
		return s.explain(err)
	}
	defer func() { err = s.explain(errors.Join(err, objects.it.Close())) }()
	for n := 1; objects.value != nil; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		v, err := valuekey.Read(objects.value)
		if err != nil {
			return err
		}
		if err := visit(v); err != nil {
			return err
		}
		objects.next()
	}
	return nil
}
