package watchtest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/casefile"
	"clew/internal/database/versiontest"
	"clew/internal/watch"
)

// Versions is what a store of every version keeps. newer is what the engine calls a
// later one.
func Versions(newer error) versiontest.Store[*watch.Store] {
	return versiontest.Store[*watch.Store]{Fill: fill, Holds: holds, Newer: newer}
}

func batchOf(w watch.Watch) watch.Batch {
	return w.Batch([]watch.News{{What: watch.Member, About: casefile.Value{Kind: "domain", Value: "c2.example"}, Says: "new"}})
}

func round() watch.Round {
	return watch.Round{Watch: "a", Job: "job-1", Due: at(0), Ended: at(time.Minute), State: watch.RunTold, Told: []watch.Heard{{To: "soc", State: "sent", Said: "HTTP 204"}}}
}

func fill(t *testing.T, s *watch.Store) {
	ctx, w := t.Context(), Example("a")
	add(t, s, w)
	b := batchOf(w)
	for _, err := range []error{
		s.Learn(ctx, "a", []string{"m1", "m2"}, &b), s.Keep(ctx, round()),
		func() error { _, err := s.Begin(ctx, b.Escalation.ID, "soc"); return err }(),
		s.End(ctx, b.Escalation.ID, watch.Heard{To: "soc", State: watch.Failed, Said: "no answer"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func holds(t *testing.T, s *watch.Store) {
	ctx, want := t.Context(), Example("a")
	want.Settled = true
	got, err := s.Get(ctx, "name of a")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("the watch: %v (-want +got)\n%s", err, diff)
	}
	known, err := s.Known(ctx, "a")
	if diff := cmp.Diff(map[string]bool{"m1": true, "m2": true}, known); err != nil || diff != "" {
		t.Errorf("what it knows: %v (-want +got)\n%s", err, diff)
	}
	open, err := s.Open(ctx, "a")
	if err != nil || asJSON(t, open) != asJSON(t, []watch.Batch{batchOf(Example("a"))}) {
		t.Errorf("what not everybody has heard: %s (%v)", asJSON(t, open), err)
	}
	before, err := s.Begin(ctx, batchOf(want).Escalation.ID, "soc")
	if diff := cmp.Diff(watch.Heard{To: "soc", State: watch.Failed, Said: "no answer"}, before); err != nil || diff != "" {
		t.Errorf("what became of telling: %v (-want +got)\n%s", err, diff)
	}
	runs, err := s.Runs(ctx, "a")
	if diff := cmp.Diff([]watch.Round{round()}, runs); err != nil || diff != "" {
		t.Errorf("its runs: %v (-want +got)\n%s", err, diff)
	}
	add(t, s, Example("b"))
	if err := s.Remove(ctx, "a"); err != nil {
		t.Errorf("it does not go on: %v", err)
	}
}
