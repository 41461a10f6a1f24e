package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/riverqueue/river/riverdriver/riversqlite"

	"clew/internal/database/versiontest"
	"clew/internal/job"
	"clew/internal/job/jobtest"
	"clew/internal/job/sqlite"
)

func TestVersions(t *testing.T) {
	versiontest.SQLite(t, versiontest.File{Name: sqlite.FileName}, sqlite.Open, jobtest.Versions(sqlite.ErrNewer))
}

func TestVersionsOfTheQueue(t *testing.T) {
	jobtest.QueueVersions(t, func(t *testing.T) jobtest.Queue[*sql.Tx] {
		folder := t.TempDir()
		open := func(t *testing.T) (*job.Store, error) {
			s, err := sqlite.Open(t.Context(), folder)
			if err == nil {
				t.Cleanup(func() { _ = s.Close() }) // of a test
			}
			return s, err
		}
		s, err := sqlite.Open(t.Context(), folder)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", filepath.Join(folder, sqlite.FileName))
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		t.Cleanup(func() { _ = db.Close() }) // of a test
		return jobtest.Queue[*sql.Tx]{Driver: riversqlite.New(db), Open: open, Advance: func(t *testing.T, version int) {
			if _, err := db.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO river_migration (line, version) VALUES ('main', %d)`, version)); err != nil {
				t.Fatal(err)
			}
		}}
	})
}
