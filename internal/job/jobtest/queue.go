package jobtest

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"

	"clew/internal/job"
	"clew/internal/job/dispatch"
)

// A Queue is a database with jobs, and River's own way to its tables there.
type Queue[TTx any] struct {
	Driver  riverdriver.Driver[TTx]
	Schema  string
	Open    func(t *testing.T) (*job.Store, error) // closed when its test ends
	Advance func(t *testing.T, version int)        // says that a later River was there
}

// QueueVersions takes the tables of River back to each of their versions, from which
// they come forward again, and refuses those of a later River. fresh returns a
// database that has jobs already.
func QueueVersions[TTx any](t *testing.T, fresh func(t *testing.T) Queue[TTx]) {
	migrator := func(t *testing.T, q Queue[TTx]) *rivermigrate.Migrator[TTx] {
		m, err := rivermigrate.New(q.Driver, &rivermigrate.Config{Schema: q.Schema, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	all := migrator(t, fresh(t)).AllVersions()
	for _, back := range all[:len(all)-1] {
		q := fresh(t)
		if _, err := migrator(t, q).Migrate(t.Context(), rivermigrate.DirectionDown, &rivermigrate.MigrateOpts{TargetVersion: back.Version}); err != nil {
			t.Fatalf("back to version %d: %v", back.Version, err)
		}
		s, err := q.Open(t)
		if err != nil {
			t.Errorf("from version %d: %v", back.Version, err)
			continue
		}
		k := kit{T: t}
		w := k.worker(s, "w", done)
		k.add(s, "after", "a-case")
		k.state(s, "after", job.Complete)
		w.Stop(0)
	}
	q := fresh(t)
	q.Advance(t, all[len(all)-1].Version+1)
	if _, err := q.Open(t); err == nil || !strings.Contains(err.Error(), dispatch.ErrNewer.Error()) || !strings.Contains(err.Error(), "update clew") {
		t.Errorf("tables of a later River: %v", err)
	}
}
