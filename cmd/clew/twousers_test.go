package main

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/database"
	"clew/internal/database/postgrestest"
)

// TestRightsNameTables holds the rights that parts name to the tables that there are,
// and to what they are for: no right is said of a table by another name.
func TestRightsNameTables(t *testing.T) {
	server := postgrestest.Start(t)
	db, err := database.Open(t.Context(), database.Target{URL: server.Database(t), User: postgrestest.User, Password: postgrestest.Password})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // returns nothing
	for _, part := range teamParts() {
		if err := db.Migrate(t.Context(), part); err != nil {
			t.Fatal(err)
		}
		for table := range part.Rights {
			var there bool
			if err := db.QueryRow(t.Context(), `SELECT to_regclass('clew.' || $1) IS NOT NULL`, table).Scan(&there); err != nil || !there {
				t.Errorf("%s says rights to %s, which is no table (%v)", part.Name, table, err)
			}
		}
	}
}

// What leaves the record and the audit leaves them by the hands of who owns the tables.
func TestWhoWorksDoesNotPrune(t *testing.T) {
	server := postgrestest.Start(t)
	server.User(t, "worker")
	link := server.Database(t)
	folder := t.TempDir()
	config := fmt.Sprintf("retention:\n  audit: 100\n  cases: {closed: 30, archive: %q}\n", folder)
	as := func(user string) (*app, func(wants int, args ...string) string) {
		a := with(t, servedApp(t), config, "CLEW_DATABASE", link, "CLEW_DATABASE_USER", user, "CLEW_DATABASE_PASSWORD", postgrestest.Password)
		return a, func(wants int, args ...string) string {
			t.Helper()
			var said bytes.Buffer
			one := *a
			one.stdout, one.stderr = &said, &said
			if code := one.run(t.Context(), args); code != wants {
				t.Fatalf("clew %s as %s: exit %d, want %d\n%s", strings.Join(args, " "), user, code, wants, said.String())
			}
			return said.String()
		}
	}
	owner, asOwner := as(postgrestest.User)
	worker, asWorker := as("worker")
	asOwner(exitDone, "database", "migrate", "--grant-to", "worker")
	asWorker(exitDone, "investigate", "evil.example", "--offline")
	asWorker(exitDone, "case", "close", "2")
	asWorker(exitDone, "user", "add", "ada", "--role", "admin")
	// Written long ago, as far as the database can tell: its own clock bounds the audit.
	server.Exec(t, path.Base(link), `ALTER TABLE clew.audit DISABLE TRIGGER ALL; UPDATE clew.audit SET at = at - 200::bigint * 86400000; ALTER TABLE clew.audit ENABLE TRIGGER ALL`)
	later := func() time.Time { return time.Now().Add(60 * 24 * time.Hour) }
	owner.clock, worker.clock = later, later

	says(t, "who only works", asWorker(exitFailed, "prune"), "still there  audit", "still there  case", "permission denied for table audit", "permission denied for table removed", "do it as that user (clew prune)")
	asWorker(exitDone, "case", "verify", "2")
	says(t, "who owns them", asOwner(exitDone, "prune"), "gone  audit", "gone  case")
	says(t, "the record", asWorker(exitUsage, "case", "show", "2"), "no such case")
	if bundles, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(bundles) != 1 {
		t.Errorf("in the archive: %v, %v", bundles, err)
	}
}

// Every part that is of an earlier version is named to who cannot bring it forward, and
// comes forward by who can.
func TestEarlierTablesAreNamedToWhoWorks(t *testing.T) {
	server := postgrestest.Start(t)
	server.User(t, "worker")
	for part, folder := range map[string]string{
		"cases": "casefile/postgres", "accounts": "account/postgres", "jobs": "job/postgres", "watches": "watch/postgres", "spending": "fetch/state/postgres",
	} {
		text, err := os.ReadFile(filepath.Join("..", "..", "internal", filepath.FromSlash(folder), "testdata", "versions", "1.sql"))
		if err != nil {
			t.Fatal(err)
		}
		link := server.Database(t)
		server.Exec(t, path.Base(link), string(text))
		server.Exec(t, path.Base(link), `GRANT USAGE ON SCHEMA clew TO worker`, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA clew TO worker`)
		as := func(user string, args ...string) (int, string) {
			var said bytes.Buffer
			a := with(t, servedApp(t), "{}\n", "CLEW_DATABASE", link, "CLEW_DATABASE_USER", user, "CLEW_DATABASE_PASSWORD", postgrestest.Password)
			a.stdout, a.stderr = &said, &said
			return a.run(t.Context(), args), said.String()
		}
		before := server.Shape(t, path.Base(link))
		for _, args := range [][]string{{"worker"}, {"serve", "--listen", "127.0.0.1:0"}, {"database", "migrate"}} {
			code, said := as("worker", args...)
			if code != exitFailed {
				t.Errorf("%s: %v: exit %d\n%s", part, args, code, said)
			}
			says(t, fmt.Sprint(part, args), said, "run clew database migrate --grant-to worker as the user who owns them; nothing was changed")
		}
		if after := server.Shape(t, path.Base(link)); strings.Join(after, "\n") != strings.Join(before, "\n") {
			t.Errorf("%s: who may not change the tables did", part)
		}
		if code, said := as(postgrestest.User, "database", "migrate", "--grant-to", "worker"); code != exitDone {
			t.Fatalf("%s: exit %d\n%s", part, code, said)
		}
		if code, said := as("worker", "case", "list"); code != exitDone {
			t.Errorf("%s: exit %d\n%s", part, code, said)
		}
	}
}
