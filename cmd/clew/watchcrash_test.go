package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/server"
	"clew/internal/watch"
)

// watchedApp is an app with a watch that has had its first run, on a clock of its own.
func watchedApp(t *testing.T, to ...string) (a *app, now *time.Time) {
	t.Helper()
	a = servedApp(t)
	at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	a.clock = func() time.Time { return at }
	config := "escalation: {to: [{name: desk, kind: mail, url: '127.0.0.1:1', from: clew@soc.example, to: [soc@soc.example], security: none, private: true}]}\n"
	if err := os.WriteFile(a.getenv("CLEW_CONFIG"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"watch", "add", "op", "evil.example", "--every", "6h", "--offline", "--band", "low"}
	for _, name := range to {
		args = append(args, "--to", name)
	}
	for _, line := range [][]string{args, {"watch", "run", "op"}} {
		at = at.Add(time.Minute)
		if code := a.run(t.Context(), line); code != exitDone {
			t.Fatalf("%v: exit %d", line, code)
		}
	}
	return a, &at
}

// on opens the store of watches.
func on(t *testing.T, a *app, do func(*watch.Store, watch.Watch)) {
	t.Helper()
	err := a.withSaved(func(s *watch.Store) error {
		w, err := s.Get(t.Context(), "op")
		if err == nil {
			do(s, w)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A process was killed after it began to tell, and before it noted what came of it: a
// letter may be there already, so none goes out again, and the record says so.
func TestACrashWhileTellingTellsNothingTwice(t *testing.T) {
	a, now := watchedApp(t, "desk")
	var batch watch.Batch
	on(t, a, func(s *watch.Store, w watch.Watch) {
		batch = w.Batch([]watch.News{{What: watch.Member, About: casefile.Value{Kind: "domain", Value: "c9.example"}, Says: "domain c9.example: high"}})
		if err := s.Learn(t.Context(), w.ID, []string{"a mark"}, &batch); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Begin(t.Context(), batch.Escalation.ID, "desk"); err != nil {
			t.Fatal(err)
		}
	})
	for range 2 {
		*now = now.Add(time.Minute)
		if code := a.run(t.Context(), []string{"watch", "run", "op"}); code != exitDone {
			t.Fatalf("exit %d", code)
		}
	}
	w, err := a.workspace(investigation.Needs{Cases: true})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // nothing was written
	record, err := casefile.Load(t.Context(), w.Cases, batch.Case)
	if err != nil {
		t.Fatal(err)
	}
	told := record.Document().Escalations
	if len(told) != 1 || len(told[0].Delivered) != 1 || told[0].Delivered[0].State != watch.Unclear {
		t.Errorf("recorded %+v, want one that nobody knows the end of", told)
	}
}

// Two servers see that a watch is due; one run comes of it, also after days without
// any server, and the next is due within its interval.
func TestServersOrderADueRunOnce(t *testing.T) {
	a, now := watchedApp(t)
	*now = now.Add(50 * time.Hour)
	open := func() *server.Worker {
		w, err := server.NewWorker(server.Options{Core: core{a}, Version: "test", Clock: a.clock, Work: server.Work{Slots: 1}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { w.Stop(0); _ = w.Close() })
		return w
	}
	one, other := open(), open()
	for _, w := range []*server.Worker{one, other} {
		if err := w.Start(t.Context()); err != nil { // which looks for what is due at once
			t.Fatal(err)
		}
	}
	var rounds []watch.Round
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && len(rounds) < 2; time.Sleep(50 * time.Millisecond) {
		on(t, a, func(s *watch.Store, w watch.Watch) {
			var err error
			if rounds, err = s.Runs(t.Context(), w.ID); err != nil {
				t.Fatal(err)
			}
		})
	}
	time.Sleep(500 * time.Millisecond) // a second one would come
	on(t, a, func(s *watch.Store, w watch.Watch) {
		all, err := s.Runs(t.Context(), w.ID)
		if err != nil || len(all) != 2 || all[0].State != watch.RunNothing {
			t.Errorf("%d runs (%v): %+v, want that by hand and the due one", len(all), err, all)
		}
		if wait := w.Due.Sub(*now); wait <= 0 || wait > 6*time.Hour+30*time.Minute {
			t.Errorf("due again in %s", wait)
		}
	})
}

// A watch that cannot run says so once, and is left alone for longer each time.
func TestAFailingWatchSaysSoOnce(t *testing.T) {
	a, now := watchedApp(t)
	corpus := filepath.Join(a.getenv("CLEW_DATA"), "corpus")
	if err := os.Rename(corpus, corpus+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(corpus, []byte("no folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		*now = now.Add(2 * time.Hour)
		if code := a.run(t.Context(), []string{"watch", "run", "op"}); code == exitDone {
			t.Fatal("a run without a corpus went well")
		}
	}
	var id string
	on(t, a, func(_ *watch.Store, w watch.Watch) {
		id = w.Case
		if w.Failures != 2 || w.Error == "" {
			t.Errorf("%d failures, %q", w.Failures, w.Error)
		}
	})
	w, err := a.workspace(investigation.Needs{Cases: true})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // nothing was written
	record, err := casefile.Load(t.Context(), w.Cases, id)
	if err != nil {
		t.Fatal(err)
	}
	if told := record.Document().Escalations; len(told) != 1 || !strings.Contains(told[0].Because, "it failed") {
		t.Errorf("recorded %+v, want one word of it", told)
	}
}
