package main

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"clew/internal/reliability/clewtest"
)

func TestMain(m *testing.M) { os.Exit(clewtest.Main(m)) }

// The run is as long as soakVariable says ("110m"), and an analyst rests between two
// things as pauseVariable says, on average; folderVariable names where the table and
// the log of failures go, which stay.
const (
	soakVariable   = "CLEW_SOAK"
	pauseVariable  = "CLEW_SOAK_PAUSE"
	folderVariable = "CLEW_SOAK_DIR"
)

// A pace says how a soak spends its time.
type pace struct {
	lasts      time.Duration
	sample     time.Duration // between two samples
	quietEvery time.Duration // from one quiet to the next
	quiet      time.Duration // without work before a sample counts as quiet: idle connections are closed after two minutes
	pause      time.Duration // between two operations of a worker, on average
	hold       time.Duration // of a stream at most
	world      string        // size
	troubles   bool          // of the provider
}

// TestServeForSeconds is the run of CI: mixed work without a failure. What is held
// says nothing in so short a time: idle connections alone live longer.
func TestServeForSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	samples, failed := soak(t, t.TempDir(), pace{lasts: 12 * time.Second, sample: 2 * time.Second, quietEvery: 6 * time.Second, quiet: time.Second, pause: 30 * time.Millisecond, hold: time.Second, world: "10k"})
	last := samples[len(samples)-1]
	t.Log(failed)
	if last.Failures > 0 || last.Operations < 20 {
		t.Errorf("%d of %d operations failed:\n%s", last.Failures, last.Operations, failed)
	}
}

// TestServeForHours is the run whose figures are in docs/reliability.md: make soak.
func TestServeForHours(t *testing.T) {
	text := os.Getenv(soakVariable)
	if text == "" {
		t.Skip(soakVariable + " is not set: make soak runs it")
	}
	lasts, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	pause, err := time.ParseDuration(cmp.Or(os.Getenv(pauseVariable), "2s"))
	if err != nil {
		t.Fatal(err)
	}
	dir := os.Getenv(folderVariable)
	if dir == "" {
		dir = t.TempDir()
	}
	samples, failed := soak(t, dir, pace{lasts: lasts, sample: 30 * time.Second, quietEvery: min(18*time.Minute, lasts/4), quiet: 130 * time.Second, pause: pause, hold: 20 * time.Second, world: "40k", troubles: true})
	var out bytes.Buffer
	table(&out, samples, rows)
	t.Logf("%s\n%s", out.String(), failed)
	for _, v := range judge(samples) {
		t.Logf("%v: %s", v.held, v.claim)
		if !v.held {
			t.Error(v.claim)
		}
	}
}

// soak lets a server work for a while and returns what it held meanwhile.
func soak(t *testing.T, dir string, p pace) (samples []sample, failed string) {
	t.Helper()
	if _, err := os.Stat("/proc/self/smaps_rollup"); err != nil {
		t.Skip("a process is watched through /proc, which is not here")
	}
	failures, err := os.Create(filepath.Join(dir, "soak.failures"))
	if err != nil {
		t.Fatal(err)
	}
	defer failures.Close() //nolint:errcheck // each line was written
	s := newScene(t, p, failures)
	watch := newWatcher(t, s.server, s.home.Data, filepath.Join(dir, "soak.csv"), s.tally)
	end := time.Now().Add(p.lasts)
	for time.Now().Before(end) {
		watched(t, s, watch, p, min(p.quietEvery, time.Until(end)))
	}
	if err := s.server.Stop(time.Minute); err != nil {
		t.Error(err)
	}
	return watch.list, s.tally.failed()
}

// watched works until a quiet is due, then is quiet, with samples of both.
func watched(t *testing.T, s *scene, w *watcher, p pace, lasts time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), max(lasts-p.quiet, 0))
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.work(ctx, p.pause)
	}()
	tick := time.NewTicker(p.sample)
	defer tick.Stop()
	for working := true; working; {
		select {
		case <-tick.C:
			if err := w.sample(t.Context(), false); err != nil {
				t.Fatalf("the server cannot be watched: %v\n%s", err, s.server.Words())
			}
		case <-done:
			working = false
		}
	}
	s.server.Rest()
	select {
	case <-time.After(p.quiet):
	case <-t.Context().Done():
	}
	if err := w.sample(t.Context(), true); err != nil {
		t.Fatalf("the server cannot be watched: %v\n%s", err, s.server.Words())
	}
}
