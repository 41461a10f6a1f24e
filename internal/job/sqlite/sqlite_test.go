package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

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
