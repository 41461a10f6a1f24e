package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"

	"clew/internal/corpus"
	"clew/internal/corpus/valuekey"
	"clew/internal/observable"

	"github.com/cockroachdb/pebble/v2"
)

// Subdomains implements [corpus.Reader]: the names below a domain follow it.
func (s *Store) Subdomains(ctx context.Context, domain observable.Value, limit int) ([]observable.Value, bool, error) {
	if domain.Kind() != observable.Domain {
		return nil, false, nil
	}
	lower, upper := valuekey.Below(domain)
	return s.values(ctx, lower, upper, limit)
}

// InRange implements [corpus.Reader]: the addresses of a range are neighbours.
func (s *Store) InRange(ctx context.Context, prefix netip.Prefix, limit int) ([]observable.Value, bool, error) {
	if !prefix.IsValid() {
		return nil, false, fmt.Errorf("address range %s is not valid", prefix)
	}
	lower, upper := valuekey.Within(prefix)
	return s.values(ctx, lower, upper, limit)
}

// values returns the distinct first values of both spaces in [lower, upper).
func (s *Store) values(ctx context.Context, lower, upper []byte, limit int) (found []observable.Value, more bool, err error) {
	done, err := s.enter(ctx)
	if err != nil {
		return nil, false, err
	}
	defer done()
	limit = corpus.ResultLimit(limit)
	err = s.eachValue(ctx, lower, upper, func(v observable.Value) error {
		if len(found) == limit {
			more = true
			return errEnough
		}
		found = append(found, v)
		return nil
	})
	return found, more, s.explain(err)
}

// errEnough ends a walk early.
var errEnough = errors.New("enough")

// EachDomain implements [corpus.NameLister].
func (s *Store) EachDomain(ctx context.Context, visit func(observable.Value) error) error {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	return s.explain(s.eachValue(ctx, []byte{byte(observable.Domain)}, []byte{byte(observable.Domain) + 1}, visit))
}

// eachValue visits the distinct first values of both spaces in [lower, upper).
func (s *Store) eachValue(ctx context.Context, lower, upper []byte, visit func(observable.Value) error) (err error) {
	subjects, err := s.newValueIter(forwardSpace, lower, upper)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, subjects.it.Close()) }()
	objects, err := s.newValueIter(reverseSpace, lower, upper)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, objects.it.Close()) }()
	for n := 1; subjects.value != nil || objects.value != nil; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		order := compareValueIters(subjects, objects)
		from := subjects
		if order > 0 {
			from = objects
		}
		v, err := valuekey.Read(from.value)
		if err != nil {
			return err
		}
		if err := visit(v); err != nil {
			if errors.Is(err, errEnough) {
				return nil
			}
			return err
		}
		if order <= 0 {
			subjects.next()
		}
		if order >= 0 {
			objects.next()
		}
	}
	return nil
}

// valueIter steps from one first value of a space to the next.
type valueIter struct {
	it    *pebble.Iterator
	value []byte // encoded; nil at the end
}

func (s *Store) newValueIter(space byte, lower, upper []byte) (*valueIter, error) {
	it, err := s.db.NewIter(&pebble.IterOptions{
		LowerBound: append([]byte{space}, lower...),
		UpperBound: append([]byte{space}, upper...),
	})
	if err != nil {
		return nil, err
	}
	v := &valueIter{it: it}
	v.set(it.First())
	return v, nil
}

func (v *valueIter) next() { v.set(v.it.NextPrefix()) }

func (v *valueIter) set(valid bool) {
	v.value = nil
	if valid {
		key := v.it.Key()
		v.value = key[1:split(key)]
	}
}

// compareValueIters says which value comes first; the end comes last.
func compareValueIters(a, b *valueIter) int {
	switch {
	case a.value == nil:
		return 1
	case b.value == nil:
		return -1
	}
	return bytes.Compare(a.value, b.value)
}
