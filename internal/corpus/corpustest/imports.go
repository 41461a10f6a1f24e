package corpustest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

func importsListed(t *testing.T, s *subject) {
	s.want("of an empty store", []corpus.Import{}, s.imports())
	s.put(resolves("put.example", "192.0.2.1", day(1), day(1)))
	unknown := resolves("c.example", "192.0.2.2", time.Time{}, day(9))
	reverse := observation.Observation{Subject: ip("192.0.2.1"), Relation: observation.PTR, Object: domain("a.example"), Source: "pdns"}
	l := s.begin()
	s.add(l, resolves("a.example", "192.0.2.1", day(2), day(3)), resolves("a.example", "192.0.2.2", day(4), day(5)),
		resolves("b.example", "192.0.2.1", day(1), day(1)), resolves("b.example", "192.0.2.1", day(6), day(7)), unknown, reverse)
	given := corpus.Import{
		ID: "0a-b_C", Name: "pdns", Format: "cof", Digest: digest(1), Size: 1 << 40, At: day(20).Add(time.Millisecond),
		Read: 9, Skipped: 2, Rejected: 1, Incomplete: "cut off", Kept: 77, Coverage: []corpus.Coverage{{}},
	}
	got, err := l.Commit(given)
	if err != nil {
		t.Fatal(err)
	}
	want := given
	want.At, want.Kept, want.Merged = day(20), 6, 1
	want.Coverage = []corpus.Coverage{
		{Relation: observation.ResolvesTo, Kind: observable.Domain, Subjects: 3, Links: 4, Window: observation.Window{First: day(1), Last: day(9)}},
		{Relation: observation.PTR, Kind: observable.IP, Subjects: 1, Links: 1},
	}
	s.want("returned by Commit", want, got)
	early := want
	early.ID, early.At = "earlier", day(19)
	empty := s.begin()
	if early, err = empty.Commit(early); err != nil {
		t.Fatal(err)
	}
	s.want("an empty load has an entry", []corpus.Coverage{}, early.Coverage)
	same := early
	same.ID = "earlier-too"
	if same, err = s.begin().Commit(same); err != nil {
		t.Fatal(err)
	}
	s.want("listed, oldest first, then by ID", []corpus.Import{early, same, want}, s.imports())
}

func importedOnce(t *testing.T, s *subject) {
	o := resolves("a.example", "192.0.2.1", day(1), day(1))
	commit := func() error {
		l := s.begin()
		s.add(l, o)
		_, err := l.Commit(corpus.Import{ID: "one", Name: "test"})
		return errors.Join(err, l.Close())
	}
	if err := commit(); err != nil {
		t.Fatal(err)
	}
	if err := commit(); !errors.Is(err, corpus.ErrImported) {
		t.Errorf("the same ID again: %v", err)
	}
	s.want("links", []corpus.Link{linkOf(o)}, s.objects(o.Subject))
	s.want("imports", 1, len(s.imports()))
	s.remove("one")
	if err := commit(); err != nil {
		t.Errorf("after it was removed: %v", err)
	}
	s.want("links again", []corpus.Link{linkOf(o)}, s.objects(o.Subject))
}

func entryRefused(t *testing.T, s *subject) {
	for _, bad := range []corpus.Import{
		{},
		{ID: "a b"},
		{ID: "../a"},
		{ID: strings.Repeat("a", 65)},
		{ID: "a", Name: "two\nlines"},
	} {
		l := s.begin()
		s.add(l, resolves("a.example", "192.0.2.1", day(1), day(1)))
		if _, err := l.Commit(bad); err == nil {
			t.Errorf("Commit(%+v) is no error", bad)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	s.want("nothing of it is kept", []corpus.Link{}, s.objects(domain("a.example")))
	if err := s.store.RemoveImport(t.Context(), "none"); !errors.Is(err, corpus.ErrNoImport) {
		t.Errorf("RemoveImport of none: %v", err)
	}
}

func importRemoved(_ *testing.T, s *subject) {
	put := resolves("a.example", "192.0.2.1", day(3), day(4))
	put.Evidence = digest(9)
	s.put(put)
	wide := resolves("a.example", "192.0.2.1", day(1), day(9))
	wide.Source, wide.Count = "wide", 5
	var observations []observation.Observation
	for n := range corpus.MaxEvidence { // smaller digests, which drive those of others out of the list
		wide.Evidence = digest(n)
		observations = append(observations, wide)
	}
	only := resolves("only.example", "198.51.100.7", day(1), day(1))
	observations = append(observations, only, resolves("a.example", "192.0.2.2", day(1), day(1)))
	removed := s.load(observations...)
	later := resolves("a.example", "192.0.2.1", day(2), day(5))
	later.Source = "later"
	s.load(later, resolves("b.example", "192.0.2.1", day(1), day(1)))

	s.remove(removed.ID)
	want := linkOf(put)
	want.First, want.Last, want.Count, want.Sources = day(2), day(5), 2, []string{"later", "test"}
	s.want("a merged link", []corpus.Link{want}, s.objects(put.Subject))
	s.want("from the other end", want, s.subjects(put.Relation, put.Object, 1)[0])
	s.want("a link of its own", []corpus.Link{}, s.objects(only.Subject))
	addresses, _, err := s.store.InRange(s.t.Context(), prefix("198.51.100.0/24"), 0)
	s.want(fmt.Sprintf("its addresses: %v", err), []observable.Value{}, addresses)
	p, err := s.store.Population(s.t.Context(), observation.ResolvesTo)
	s.want(fmt.Sprintf("population: %v", err), corpus.Population{Subjects: 2, Links: 2}, p)
	if err := s.store.Flush(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.want("after Flush", []corpus.Link{want}, s.objects(put.Subject))
}

func heavyImportRemoved(_ *testing.T, s *subject) {
	const heavy = corpus.DefaultHolderLimit + 100
	address := ip("192.0.2.1")
	names := func(prefix string, n int) []observation.Observation {
		all := make([]observation.Observation, n)
		for i := range all {
			all[i] = resolves(fmt.Sprintf("%s%d.example", prefix, i), address.Text(), day(1), day(1))
		}
		return all
	}
	first := s.load(names("a", heavy)...)
	second := s.load(append(names("a", 10), names("b", heavy)...)...)
	third := s.load(names("c", 3)...)
	for _, step := range []struct {
		id   string
		want uint64
	}{{third.ID, 2 * heavy}, {first.ID, heavy + 10}, {second.ID, 0}} {
		s.remove(step.id)
		s.wantHolders(step.want, address, 1<<20)
		s.want("links without "+step.id, int(step.want), len(s.subjects(observation.ResolvesTo, address, 1<<20)))
	}
}
