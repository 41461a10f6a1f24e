package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"clew/internal/database/sqlitefile"
	"clew/internal/job"
	"clew/internal/job/jobtest"
	"clew/internal/job/sqlite"
)

func TestConformance(t *testing.T) {
	jobtest.Run(t, func(t *testing.T) func(t *testing.T) *job.Store {
		folder := t.TempDir()
		return func(t *testing.T) *job.Store {
			s, err := sqlite.Open(t.Context(), folder)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() }) // a second close is harmless
			return s
		}
	})
}

func TestFilesThatAreNotOurs(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, sqlite.FileName)
	if err := os.WriteFile(path, []byte("a shopping list, and long enough to be no database at all, whatever SQLite thinks of short ones: milk, eggs, bread"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(context.Background(), folder); !errors.Is(err, sqlite.ErrDamaged) {
		t.Errorf("another program's file: %v", err)
	}
}

func TestSnapshotWhileItIsWrittenTo(t *testing.T) {
	folder, copied := t.TempDir(), t.TempDir()
	s, err := sqlite.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // of a test
	if _, err := s.Add(t.Context(), job.New{ID: "a", Kind: "test"}); err != nil {
		t.Fatal(err)
	}
	if err := sqlitefile.Snapshot(t.Context(), filepath.Join(folder, sqlite.FileName), filepath.Join(copied, sqlite.FileName)); err != nil {
		t.Fatal(err)
	}
	other, err := sqlite.Open(t.Context(), copied)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close() //nolint:errcheck // of a test
	if j, err := other.Get(t.Context(), "a"); err != nil || j.State != job.Queued {
		t.Errorf("in the snapshot: %+v, %v", j, err)
	}
}
