package main

import (
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/account"
	"clew/internal/account/postgres"
	"clew/internal/database/postgrestest"
)

// What a team has in PostgreSQL is dumped and restored by PostgreSQL's own tools, and
// is all there: every case verifies, people sign in, the audit goes on behind its last
// line and stays append-only, watches and jobs are there.
func TestATeamsDatabaseComesBackFromItsDump(t *testing.T) {
	server := postgrestest.Start(t)
	a := servedApp(t)
	on := func(link string) *app {
		one := with(t, a, "{}\n", "CLEW_DATABASE", link, "CLEW_DATABASE_USER", postgrestest.User, "CLEW_DATABASE_PASSWORD", postgrestest.Password)
		one.cost, one.pool = cheap, nil
		return one
	}
	evil := time.Now().UTC().Format(time.DateOnly) + "-evil"
	from := server.Database(t)
	runs(t, on(from), exitDone, "investigate", "evil.example", "--offline")
	runs(t, on(from), exitDone, "user", "add", "ada", "--role", "admin")
	runs(t, on(from), exitDone, "watch", "add", "w1", "evil.example", "--every", "6h", "--offline")
	if said := runs(t, on(from), exitDone, "backup", t.TempDir()+"/kept.zip"); !strings.Contains(said, "in "+from+", for pg_dump --schema=clew") {
		t.Errorf("the backup does not say what is not in it: %s", said)
	}
	verified := runs(t, on(from), exitDone, "case", "verify", evil, "--json")

	dump := server.Tool(t, "pg_dump", nil, "--schema=clew", "--format=custom", from)
	to := server.Database(t)
	server.Tool(t, "pg_restore", dump, "--dbname="+to, "--no-owner", "--exit-on-error", "--single-transaction")

	if got, want := server.Shape(t, path.Base(to)), server.Shape(t, path.Base(from)); !slices.Equal(got, want) {
		t.Errorf("the tables are others:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := runs(t, on(to), exitDone, "case", "verify", evil, "--json"); got != verified {
		t.Errorf("verified:\n%s\nbefore:\n%s", got, verified)
	}
	said := examined(t, on(to))
	says(t, "the doctor", said, "ok database PostgreSQL ", "ok record 1 case, every chain and raw answer verified", "ok accounts 1 user, 1 admin", "ok audit ", "ok watches 1 of 1 run as they should", "ok jobs ")
	if strings.Contains(said, "bad ") {
		t.Errorf("the doctor complains:\n%s", said)
	}
	runs(t, on(to), exitDone, "case", "note", evil, "it goes on")

	one := on(to)
	db, err := one.team(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer one.pool.close()
	store, err := postgres.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	before, total, err := store.Audit(t.Context(), account.AuditQuery{Limit: 1})
	if err != nil || total == 0 {
		t.Fatalf("%d lines of the audit, %v", total, err)
	}
	if err := store.Change(t.Context(), func(tx account.Tx) error { return tx.Log(t.Context(), account.Entry{Actor: "ada"}) }); err != nil {
		t.Fatal(err)
	}
	if after, n, err := store.Audit(t.Context(), account.AuditQuery{Limit: 1}); err != nil || n != total+1 || after[0].ID <= before[0].ID {
		t.Errorf("the audit goes on with %+v behind %+v, %v", after, before, err)
	}
	for _, statement := range []string{"DELETE FROM clew.events", "UPDATE clew.audit SET actor = 'x'", "DELETE FROM clew.audit"} {
		if _, err := db.Exec(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
