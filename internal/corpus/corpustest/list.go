package corpustest

import (
	"errors"
	"testing"

	"clew/internal/corpus"
	"clew/internal/observable"
)

func objectsListed(t *testing.T, s *subject) {
	lister, ok := s.store.(corpus.ObjectLister)
	if !ok {
		t.Skip("this engine does not list objects")
	}
	s.put(resolves("b.example", "192.0.2.2", day(1), day(1)), resolves("a.example", "192.0.2.2", day(1), day(1)))
	s.load(resolves("c.example", "192.0.2.1", day(1), day(1)), resolves("a.example", "192.0.2.3", day(1), day(1)))
	got, err := listed(s, lister, observable.IP)
	s.want("EachObject", []observable.Value{ip("192.0.2.1"), ip("192.0.2.2"), ip("192.0.2.3")}, got)
	if err != nil {
		t.Error(err)
	}
	if got, err := listed(s, lister, observable.Domain); err != nil || len(got) > 0 {
		t.Errorf("subjects are listed as objects: %v, %v", got, err)
	}
	enough := errors.New("enough")
	seen := 0
	err = lister.EachObject(t.Context(), observable.IP, func(observable.Value) error {
		seen++
		return enough
	})
	if !errors.Is(err, enough) || seen != 1 {
		t.Errorf("stopped with %v after %d", err, seen)
	}
}

func listed(s *subject, lister corpus.ObjectLister, kind observable.Kind) ([]observable.Value, error) {
	var all []observable.Value
	err := lister.EachObject(s.t.Context(), kind, func(v observable.Value) error {
		all = append(all, v)
		return nil
	})
	return all, err
}
