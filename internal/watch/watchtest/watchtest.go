// Package watchtest holds every engine of watches to the same promises.
package watchtest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/casefile"
	"clew/internal/watch"
)

// Noon is a moment of tests.
var Noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) casefile.Time { return casefile.Time{Time: Noon.Add(d)} }

// Example is a watch of tests.
func Example(id string) watch.Watch {
	return watch.Watch{
		ID: id, Name: "name of " + id, Case: "2026-03-02-evil-example-4f2a", Schedule: "every 6h", Band: "medium", To: []string{"soc"},
		Bounds: watch.Bounds{Indicators: []string{"evil.example"}, Budget: []string{"20"}}, By: "tester", Under: []byte(`{"depth":2}`), Saved: at(0), Due: at(time.Hour),
	}
}

// Run holds an engine to what [watch.Store] promises. open returns an empty store.
func Run(t *testing.T, open func(t *testing.T) *watch.Store) {
	for name, test := range map[string]func(*testing.T, *watch.Store){
		"watches_are_kept":              watchesAreKept,
		"a_due_run_is_ordered_once":     aDueRunIsOrderedOnce,
		"what_is_known_and_told_is_one": whatIsKnownAndToldIsOne,
		"a_telling_is_noted_before":     aTellingIsNotedBefore,
		"runs_are_bounded":              runsAreBounded,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func add(t *testing.T, s *watch.Store, w watch.Watch) {
	t.Helper()
	if err := s.Add(t.Context(), w); err != nil {
		t.Fatal(err)
	}
}

func watchesAreKept(t *testing.T, s *watch.Store) {
	ctx := t.Context()
	a, b := Example("a"), Example("b")
	b.Due = at(time.Minute)
	add(t, s, b)
	add(t, s, a)
	again := Example("c")
	again.Name = a.Name
	if err := s.Add(ctx, again); !errors.Is(err, watch.ErrExists) {
		t.Errorf("a second of the name: %v", err)
	}
	if list, err := s.List(ctx); err != nil || cmp.Diff([]watch.Watch{a, b}, list) != "" {
		t.Errorf("list %+v (%v)", list, err)
	}
	for _, name := range []string{"a", "name of a"} {
		if got, err := s.Get(ctx, name); err != nil || cmp.Diff(a, got) != "" {
			t.Errorf("%s: %+v (%v)", name, got, err)
		}
	}
	if due, err := s.Due(ctx, Noon.Add(2*time.Minute)); err != nil || len(due) != 1 || due[0].ID != "b" {
		t.Errorf("due %+v (%v), want b", due, err)
	}
	if _, err := s.Change(ctx, "b", func(w *watch.Watch) error { w.Paused = true; return nil }); err != nil {
		t.Fatal(err)
	}
	if due, err := s.Due(ctx, Noon.Add(48*time.Hour)); err != nil || len(due) != 1 || due[0].ID != "a" {
		t.Errorf("due %+v (%v), want a: b is paused", due, err)
	}
	if err := s.Remove(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "nobody", "\x00"} {
		if _, err := s.Get(ctx, name); !errors.Is(err, watch.ErrNoWatch) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := s.Remove(ctx, "a"); !errors.Is(err, watch.ErrNoWatch) {
		t.Errorf("removed twice: %v", err)
	}
}

func aDueRunIsOrderedOnce(t *testing.T, s *watch.Store) {
	w := Example("a")
	add(t, s, w)
	now := Noon.Add(50 * time.Hour) // eight runs were missed
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := s.Start(t.Context(), "a", w.Due, now); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got, err := s.Get(t.Context(), "a")
	if err != nil || !got.Due.After(now) || got.Due.Sub(now) > 6*time.Hour {
		t.Errorf("due at %s (%v), want within six hours after %s", got.Due, err, now)
	}
}

func whatIsKnownAndToldIsOne(t *testing.T, s *watch.Store) {
	ctx := t.Context()
	w := Example("a")
	add(t, s, w)
	b := w.Batch([]watch.News{{What: watch.Member, About: casefile.Value{Kind: "domain", Value: "c2.example"}, Says: "new"}})
	for range 2 {
		if err := s.Learn(ctx, "a", []string{"m1", "m2"}, &b); err != nil {
			t.Fatal(err)
		}
	}
	known, err := s.Known(ctx, "a")
	if err != nil || cmp.Diff(map[string]bool{"m1": true, "m2": true}, known) != "" {
		t.Errorf("known %v (%v)", known, err)
	}
	open, err := s.Open(ctx, "a")
	if err != nil || len(open) != 1 || open[0].Escalation.ID != b.Escalation.ID || open[0].Escalation.Severity != "medium" {
		t.Errorf("open %+v (%v)", open, err)
	}
	if err := s.Shut(ctx, b.Escalation.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Learn(ctx, "a", []string{"m1"}, &b); err != nil {
		t.Fatal(err)
	}
	if open, err := s.Open(ctx, "a"); err != nil || len(open) != 0 {
		t.Errorf("told, and open again: %+v (%v)", open, err)
	}
	if got, err := s.Get(ctx, "a"); err != nil || !got.Settled {
		t.Errorf("not settled: %+v (%v)", got, err)
	}
}

func aTellingIsNotedBefore(t *testing.T, s *watch.Store) {
	ctx := t.Context()
	begin := func(want string) {
		t.Helper()
		if before, err := s.Begin(ctx, "batch", "soc"); err != nil || before.State != want {
			t.Errorf("before: %+v (%v), want %q", before, err, want)
		}
	}
	end := func(state string) {
		t.Helper()
		if err := s.End(ctx, "batch", watch.Heard{To: "soc", State: state, Said: "said"}); err != nil {
			t.Fatal(err)
		}
	}
	begin("")
	begin("sending") // interrupted
	end("failed")
	begin("failed") // tried again
	begin("sending")
	end("sent")
	begin("sent")
	begin("sent")
}

func runsAreBounded(t *testing.T, s *watch.Store) {
	ctx := t.Context()
	w := Example("a")
	add(t, s, w)
	batch := func(n int) watch.Batch {
		b := w.Batch(nil)
		b.Escalation.ID = fmt.Sprint("batch ", n)
		return b
	}
	for n := range 120 {
		b := batch(n)
		steps := []error{s.Learn(ctx, "a", nil, &b), func() error { _, err := s.Begin(ctx, b.Escalation.ID, "soc"); return err }(), s.End(ctx, b.Escalation.ID, watch.Heard{To: "soc", State: "sent"})}
		if n > 0 { // of the first not everybody has heard yet
			steps = append(steps, s.Shut(ctx, b.Escalation.ID))
		}
		steps = append(steps, s.Keep(ctx, watch.Round{Watch: "a", Job: fmt.Sprint(n), Ended: at(time.Duration(n) * time.Minute), State: watch.RunTold, Digest: b.Escalation.ID}))
		if err := errors.Join(steps...); err != nil {
			t.Fatal(err)
		}
	}
	for n, want := range map[int]string{0: "sent", 5: "", 110: "sent"} {
		if told, err := s.Begin(ctx, batch(n).Escalation.ID, "soc"); err != nil || told.State != want {
			t.Errorf("of telling %d is kept %q, %v; want %q", n, told.State, err, want)
		}
	}
	if open, err := s.Open(ctx, "a"); err != nil || len(open) != 1 || open[0].Escalation.ID != "batch 0" {
		t.Errorf("open %+v, %v", open, err)
	}
	runs, err := s.Runs(ctx, "a")
	if err != nil || len(runs) != 100 || runs[0].Job != "119" || runs[99].Job != "20" {
		t.Errorf("%d runs (%v)", len(runs), err)
	}
}
