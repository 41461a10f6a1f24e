package sqlite

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"clew/internal/casefile"
)

// A record of every earlier version opens, has its case as it was, and goes on.
func TestEveryEarlierVersionComesForward(t *testing.T) {
	opening := casefile.Entry{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Type: casefile.TypeOpened, Actor: "analyst", Data: casefile.Opened{
		Seeds: []casefile.Seed{{Kind: "domain", Value: "evil.example", Confidence: 80}}, Scope: "hunt", TLP: "AMBER", PAP: "AMBER",
	}}
	for version := 1; version < newest; version++ {
		folder := t.TempDir()
		db, err := sql.Open("sqlite", dataSource(filepath.Join(folder, FileName), DefaultWait, pragmas...))
		if err != nil {
			t.Fatal(err)
		}
		steps := fmt.Sprintf(`PRAGMA application_id = %d; CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT;`, applicationID)
		for v := 1; v <= version; v++ {
			steps += migrations[v] + fmt.Sprintf("INSERT INTO schema_version VALUES (%d);", v)
		}
		if _, err := db.ExecContext(t.Context(), steps); err != nil {
			t.Fatal(err)
		}
		events, err := casefile.Seal("a-case", casefile.Head{}, []casefile.Entry{opening})
		if err != nil {
			t.Fatal(err)
		}
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := insert(t.Context(), tx, events, casefile.Head{}.Next(events)); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		s, err := Open(folder)
		if err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		if _, err := s.Append(t.Context(), "a-case", casefile.Entry{Time: opening.Time, Type: casefile.TypeNoted, Actor: "analyst", Data: casefile.Noted{Text: "goes on"}}); err != nil {
			t.Errorf("version %d: %v", version, err)
		}
		v, err := casefile.Verify(t.Context(), s, "a-case", "")
		if err != nil || len(v.Problems) > 0 {
			t.Errorf("version %d: %+v, %v", version, v, err)
		}
		if _, err := s.db.ExecContext(t.Context(), `DELETE FROM events`); err == nil {
			t.Errorf("version %d: events can be removed", version)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
