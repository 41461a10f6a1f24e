package corpustest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

func badObservation(t *testing.T, s *subject) {
	good := resolves("a.example", "192.0.2.1", day(1), day(1))
	for name, spoil := range map[string]func(*observation.Observation){
		"relation_from_elsewhere":  func(b *observation.Observation) { b.Relation = observation.Names },
		"no_relation":              func(b *observation.Observation) { b.Relation = 0 },
		"no_subject":               func(b *observation.Observation) { b.Subject = observable.Value{} },
		"no_object":                func(b *observation.Observation) { b.Object = observable.Value{} },
		"window_ends_before_start": func(b *observation.Observation) { b.First = day(3) },
		"source_in_two_lines":      func(b *observation.Observation) { b.Source = "a\nb" },
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			spoil(&bad)
			err := s.store.Put(t.Context(), []observation.Observation{good, bad, good})
			if err == nil {
				t.Fatalf("Put(%+v) is no error", bad)
			}
			if !strings.Contains(err.Error(), "2 of 3") {
				t.Errorf("the error does not say which observation: %v", err)
			}
		})
	}
	s.want("nothing of a refused batch is kept", []corpus.Link{}, s.objects(good.Subject))
	s.put()
}

func nothingKnown(t *testing.T, s *subject) {
	ctx := t.Context()
	s.put(resolves("a.example", "192.0.2.1", day(1), day(1)))
	for _, v := range []observable.Value{{}, domain("b.example"), ip("192.0.2.2"), value(observable.Text, "a.example"), value(observable.File, "192.0.2.1")} {
		links, more, err := s.store.Objects(ctx, v, 0)
		s.want(fmt.Sprintf("Objects(%q)", v.Text()), []any{0, false, "<nil>"}, []any{len(links), more, fmt.Sprint(err)})
		links, more, err = s.store.Subjects(ctx, observation.ResolvesTo, v, 0)
		s.want(fmt.Sprintf("Subjects(%q)", v.Text()), []any{0, false, "<nil>"}, []any{len(links), more, fmt.Sprint(err)})
		count, err := s.store.Holders(ctx, observation.ResolvesTo, v, 0)
		s.want(fmt.Sprintf("Holders(%q)", v.Text()), []any{corpus.Count{}, "<nil>"}, []any{count, fmt.Sprint(err)})
		names, more, err := s.store.Subdomains(ctx, v, 0)
		s.want(fmt.Sprintf("Subdomains(%q)", v.Text()), []any{0, false, "<nil>"}, []any{len(names), more, fmt.Sprint(err)})
	}
}

func loadVisibleFromCommit(_ *testing.T, s *subject) {
	o := resolves("a.example", "192.0.2.1", day(1), day(1))
	other := resolves("b.example", "192.0.2.1", day(1), day(1))
	l := s.begin()
	s.add(l, o, other, o, o)
	s.want("before Commit", []corpus.Link{}, s.subjects(o.Relation, o.Object, 0))
	s.summary("summary", 4, 2, s.commit(l))
	merged := linkOf(o)
	merged.Count = 3
	s.want("after Commit", []corpus.Link{merged, linkOf(other)}, s.subjects(o.Relation, o.Object, 0))
}

func loadClosed(_ *testing.T, s *subject) {
	o := resolves("a.example", "192.0.2.1", day(1), day(1))
	l := s.begin()
	s.add(l, o)
	if err := l.Close(); err != nil {
		s.t.Fatal(err)
	}
	if _, err := l.Commit(corpus.Import{ID: "closed"}); err == nil {
		s.t.Error("Commit after Close is no error")
	}
	s.want("links", []corpus.Link{}, s.objects(o.Subject))
	p, err := s.store.Population(s.t.Context(), o.Relation)
	s.want(fmt.Sprintf("population: %v", err), corpus.Population{}, p)
}

func loadMerges(_ *testing.T, s *subject) {
	old := resolves("a.example", "192.0.2.1", day(3), day(4))
	old.Source, old.Evidence = "put", digest(1)
	s.put(old)
	first := resolves("a.example", "192.0.2.1", day(1), day(2))
	first.Source, first.Count = "load", 5
	s.load(first, resolves("c.example", "192.0.2.1", day(1), day(1)))
	second := resolves("a.example", "192.0.2.1", day(9), day(9))
	second.Source = "load"
	s.load(second)
	want := linkOf(old)
	want.First, want.Last, want.Count, want.Sources = day(1), day(9), 7, []string{"load", "put"}
	s.want("Objects", []corpus.Link{want}, s.objects(old.Subject))
	s.want("Subjects", []string{"a.example", "c.example"}, texts(s.subjects(old.Relation, old.Object, 0), subjectOf))
	s.want("Subjects merged", want, s.subjects(old.Relation, old.Object, 1)[0])
}

func loadRefuses(_ *testing.T, s *subject) {
	good := resolves("a.example", "192.0.2.1", day(1), day(1))
	bad := good
	bad.Relation = observation.Names
	l := s.begin()
	s.add(l, good)
	if err := l.Add(bad); err == nil {
		s.t.Error("Add of a relation that cannot start there is no error")
	}
	s.add(l, good)
	s.summary("summary", 2, 1, s.commit(l))
}

func loadEndsOnce(_ *testing.T, s *subject) {
	l := s.begin()
	s.add(l, resolves("a.example", "192.0.2.1", day(1), day(1)))
	s.commit(l)
	if _, err := l.Commit(corpus.Import{ID: "again"}); err == nil {
		s.t.Error("a second Commit is no error")
	}
	if err := l.Add(resolves("b.example", "192.0.2.1", day(1), day(1))); err == nil {
		s.t.Error("Add after Commit is no error")
	}
	if err := l.Close(); err != nil {
		s.t.Errorf("Close after all: %v", err)
	}
	s.want("count", uint64(1), s.objects(domain("a.example"))[0].Count)
}

func loadsInterleave(_ *testing.T, s *subject) {
	row := func(n int) observation.Observation {
		return resolves("a.example", fmt.Sprintf("192.0.2.%d", n), day(1), day(1))
	}
	one, two := s.begin(), s.begin()
	s.add(one, row(1), row(2))
	s.add(two, row(2), row(3))
	s.put(row(2))
	s.commit(two)
	s.put(row(1))
	s.commit(one)
	var counts []uint64
	for _, l := range s.objects(domain("a.example")) {
		counts = append(counts, l.Count)
	}
	s.want("counts", []uint64{2, 3, 1}, counts)
}

func emptyLoad(_ *testing.T, s *subject) {
	s.summary("summary", 0, 0, s.load())
}

// calls returns every call of a store, on harmless arguments.
func calls(ctx context.Context, store corpus.Store) map[string]func() error {
	name, address := domain("a.example"), ip("192.0.2.1")
	return map[string]func() error{
		"Objects":    func() error { _, _, err := store.Objects(ctx, name, 0); return err },
		"Subjects":   func() error { _, _, err := store.Subjects(ctx, observation.ResolvesTo, address, 0); return err },
		"Holders":    func() error { _, err := store.Holders(ctx, observation.ResolvesTo, address, 0); return err },
		"Totals":     func() error { _, err := store.Totals(ctx, observation.ResolvesTo, address); return err },
		"Subdomains": func() error { _, _, err := store.Subdomains(ctx, name, 0); return err },
		"InRange":    func() error { _, _, err := store.InRange(ctx, prefix("192.0.2.0/24"), 0); return err },
		"Population": func() error { _, err := store.Population(ctx, observation.ResolvesTo); return err },
		"Put": func() error {
			return store.Put(ctx, []observation.Observation{resolves("a.example", "192.0.2.1", day(1), day(1))})
		},
		"PutTotals": func() error {
			return store.PutTotals(ctx, []corpus.Total{{Relation: observation.ResolvesTo, Object: address, N: 1, Source: "a"}})
		},
		"Answers":    func() error { _, err := store.Answers(ctx, name); return err },
		"PutAnswers": func() error { return store.PutAnswers(ctx, []corpus.Answer{{Source: "a", About: name}}) },
		"Load": func() error {
			l, err := store.Load(ctx)
			if err != nil {
				return err
			}
			return l.Close()
		},
		"Imports": func() error { _, err := store.Imports(ctx); return err },
		"RemoveImport": func() error {
			if err := store.RemoveImport(ctx, "never-was"); !errors.Is(err, corpus.ErrNoImport) {
				return err
			}
			return nil
		},
		"Flush": func() error { return store.Flush(ctx) },
	}
}

func cancelled(t *testing.T, s *subject) {
	for name, call := range calls(cancelledContext(), s.store) {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s on a cancelled context: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	l, err := s.store.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s.add(l, resolves("a.example", "192.0.2.1", day(1), day(1)))
	cancel()
	if err := l.Add(resolves("b.example", "192.0.2.1", day(1), day(1))); !errors.Is(err, context.Canceled) {
		t.Errorf("Add to a cancelled load: %v", err)
	}
	if _, err := l.Commit(corpus.Import{ID: "cancelled"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit of a cancelled load: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("Close of a cancelled load: %v", err)
	}
	s.want("links", []corpus.Link{}, s.objects(domain("a.example")))
}

func closedStore(t *testing.T, s *subject) {
	l := s.begin()
	s.add(l, resolves("a.example", "192.0.2.1", day(1), day(1)))
	s.close()
	for name, call := range calls(t.Context(), s.store) {
		if err := call(); err == nil {
			t.Errorf("%s of a closed store is no error", name)
		}
	}
	if err := l.Add(resolves("b.example", "192.0.2.1", day(1), day(1))); err == nil {
		t.Error("Add to a load of a closed store is no error")
	}
	if _, err := l.Commit(corpus.Import{ID: "closed"}); err == nil {
		t.Error("Commit of a load of a closed store is no error")
	}
	if err := l.Close(); err != nil {
		t.Errorf("Close of a load of a closed store: %v", err)
	}
	if err := s.store.Close(); err == nil {
		t.Error("a second Close is no error")
	}
}

// concurrent only fails by a wrong end result, or under the race detector.
func concurrent(t *testing.T, s *subject) {
	const writers, rows = 4, 25
	errs := make(chan error, 4*writers)
	var wait sync.WaitGroup
	run := func(work func() error) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			errs <- work()
		}()
	}
	for w := range writers {
		run(func() error {
			for n := range rows {
				o := resolves(fmt.Sprintf("w%d.example", w%2), fmt.Sprintf("192.0.2.%d", n), day(1), day(1))
				if err := s.store.Put(t.Context(), []observation.Observation{o}); err != nil {
					return err
				}
			}
			return nil
		})
		run(func() error { return loadRows(t.Context(), s.store, w, rows) })
		run(func() error {
			for range rows {
				for _, call := range calls(t.Context(), s.store) {
					if err := call(); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	links := s.objects(domain("w0.example"))
	if len(links) != rows {
		t.Fatalf("%d links, want %d", len(links), rows)
	}
	for _, l := range links {
		if l.Count != writers { // two writers put and two loaders loaded it
			t.Errorf("%s was counted %d times, want %d", l.Object.Text(), l.Count, writers)
		}
	}
}

func loadRows(ctx context.Context, store corpus.Store, w, rows int) error {
	l, err := store.Load(ctx)
	if err != nil {
		return err
	}
	for n := range rows {
		o := resolves(fmt.Sprintf("w%d.example", w%2), fmt.Sprintf("192.0.2.%d", n), day(1), day(1))
		if err := l.Add(o); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	_, err = l.Commit(corpus.Import{ID: fmt.Sprintf("writer-%d", w)})
	return errors.Join(err, l.Close())
}
