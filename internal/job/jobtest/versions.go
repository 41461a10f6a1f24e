package jobtest

import (
	"context"
	"testing"

	"clew/internal/database/versiontest"
	"clew/internal/job"
)

// Versions is what a store of every version keeps. newer is what the engine calls a
// later one.
func Versions(newer error) versiontest.Store[*job.Store] {
	return versiontest.Store[*job.Store]{
		Fill:  func(t *testing.T, s *job.Store) { fill(kit{T: t}, s) },
		Holds: func(t *testing.T, s *job.Store) { holds(kit{T: t}, s) },
		Newer: newer,
	}
}

// fill leaves a job that was done, with a line, and one that waits.
func fill(k kit, s *job.Store) {
	k.add(s, "a", "case-a")
	w := k.worker(s, "w", func(_ context.Context, t *job.Task) error {
		t.Keep("one")
		t.Report("done")
		return nil
	})
	k.state(s, "a", job.Complete)
	w.Stop(0)
	k.add(s, "b", "case-b")
}

func holds(k kit, s *job.Store) {
	a, err := s.Get(k.Context(), "a")
	if err != nil || a.State != job.Complete || string(a.Doc) != `"done"` || a.Worker != "w" || a.Actor != "ana" || a.Case != "case-a" || a.Ended.Before(a.Created) {
		k.Errorf("what was done: %+v, %v", a, err)
	}
	if lines, err := s.Lines(k.Context(), "a"); err != nil || len(lines) != 1 || string(lines[0]) != `"one"` {
		k.Errorf("its lines: %s, %v", lines, err)
	}
	if b, err := s.Get(k.Context(), "b"); err != nil || b.State != job.Queued {
		k.Errorf("what waits: %+v, %v", b, err)
	}
	w := k.worker(s, "x", func(_ context.Context, t *job.Task) error {
		if string(t.Job.Work) != `{"ask":"`+t.Job.ID+`"}` {
			k.Errorf("given %s to do", t.Job.Work)
		}
		return nil
	})
	k.state(s, "b", job.Complete)
	k.add(s, "c", "case-b")
	k.state(s, "c", job.Complete)
	w.Stop(0)
}
