package database_test

import (
	"errors"
	"path"
	"strings"
	"sync"
	"testing"

	"clew/internal/database"
	"clew/internal/database/postgrestest"
)

func open(t *testing.T, url string) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), database.Target{URL: url, User: postgrestest.User, Password: postgrestest.Password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // returns nothing
	return db
}

func songsOf(steps ...string) database.Part { return database.Part{Name: "songs", Steps: steps} }

// versions are those of the parts that a database holds.
func versions(t *testing.T, db *database.DB) map[string]int {
	t.Helper()
	rows, err := db.Query(t.Context(), `SELECT part, version FROM clew.parts`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[string]int{}
	for rows.Next() {
		var part string
		var version int
		if err := rows.Scan(&part, &version); err != nil {
			t.Fatal(err)
		}
		found[part] = version
	}
	return found
}

func TestMigrate(t *testing.T) {
	server := postgrestest.Start(t)
	songs := []string{`CREATE TABLE clew.songs (title text)`, `ALTER TABLE clew.songs ADD length int; INSERT INTO clew.songs VALUES ('a', 1)`}
	for from := range len(songs) + 1 {
		db := open(t, server.Database(t))
		for _, to := range []int{from, len(songs), len(songs)} {
			if err := db.Migrate(t.Context(), songsOf(songs[:to]...)); err != nil {
				t.Fatalf("from %d to %d: %v", from, to, err)
			}
		}
		var rows int
		if err := db.QueryRow(t.Context(), `SELECT count(*) FROM clew.songs`).Scan(&rows); err != nil || rows != 1 {
			t.Errorf("from %d: %d rows, %v; want each step to have run once", from, rows, err)
		}
		if err := db.Migrate(t.Context(), songsOf(songs[0])); !errors.Is(err, database.ErrNewer) || !strings.Contains(err.Error(), "songs have version 2") {
			t.Errorf("an older clew: %v", err)
		}
		if err := db.Migrate(t.Context(), database.Part{Name: "films", Steps: []string{`CREATE TABLE clew.films (n int)`, `SELECT nothing`}}); err == nil {
			t.Error("a step that fails is said to have run")
		}
		if err := db.Migrate(t.Context(), database.Part{Name: "films", Steps: []string{`CREATE TABLE clew.films (n int)`}}); err != nil {
			t.Errorf("after a step that failed: %v; want none of its part to be left", err)
		}
		if got := versions(t, db); got["songs"] != 2 || got["films"] != 1 {
			t.Errorf("versions %v", got)
		}
	}
}

// Before there were other parts the record's versions had a table of their own.
func TestMigrateFromBeforeThereWereParts(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database(t)
	server.Exec(t, path.Base(url), `CREATE SCHEMA clew; CREATE TABLE clew.schema_version (version integer PRIMARY KEY);
		INSERT INTO clew.schema_version VALUES (1); CREATE TABLE clew.cases (id text)`)
	db := open(t, url)
	if err := db.Migrate(t.Context(), database.Part{Name: "cases", Steps: []string{`CREATE TABLE clew.cases (id text)`, `ALTER TABLE clew.cases ADD seq bigint`}}); err != nil {
		t.Fatal(err)
	}
	if got := versions(t, db); got["cases"] != 2 || len(got) != 1 {
		t.Errorf("versions %v", got)
	}
}

func TestServersStartAtOnce(t *testing.T) {
	url := postgrestest.Start(t).Database(t)
	var wait sync.WaitGroup
	for range 5 {
		db := open(t, url)
		wait.Go(func() {
			if err := db.Migrate(t.Context(), songsOf(`CREATE TABLE clew.songs (title text)`)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestTargets(t *testing.T) {
	for url, says := range map[string]string{
		"postgres://db.example:5432/clew":                     "",
		"postgresql://me@db.example/clew?sslmode=verify-full": "",
		"postgres://me:hush@db.example/clew":                  "password does not belong",
		"mysql://db.example/clew":                             "no postgres://",
		"postgres:///clew":                                    "names no host",
		"postgres://db.example/":                              "names no database",
		"postgres://db.example/clew?options=-c%20fsync%3Doff": "unknown parameter",
		"postgres://db.example:port/clew":                     "not a URL",
	} {
		err := (database.Target{URL: url}).Check()
		if (says == "") != (err == nil) || err != nil && (!strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hush")) {
			t.Errorf("%s: %v", url, err)
		}
	}
	if got := (database.Target{URL: "postgres://me@db.example:5432/clew?sslmode=require"}).String(); got != "postgres://db.example:5432/clew" {
		t.Errorf("named as %s", got)
	}
}
