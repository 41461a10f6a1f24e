package database_test

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/database"
	"clew/internal/database/postgrestest"
)

func openAs(t *testing.T, url, user string) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), database.Target{URL: url, User: user, Password: postgrestest.Password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // returns nothing
	return db
}

// One user owns the tables, another works in them: the latter starts when they are of
// its version, says what to do when they are not, and never changes them.
func TestTwoUsers(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database(t)
	server.User(t, "worker")
	owner, worker := open(t, url), openAs(t, url, "worker")
	cases := database.Part{
		Name: "cases", Steps: []string{`CREATE TABLE clew.cases (id text); CREATE TABLE clew.events (n bigserial, text text)`},
		Rights: map[string]database.Rights{"events": database.Appending},
	}
	refused := func(what string, p database.Part, wants ...string) {
		t.Helper()
		err := worker.Migrate(t.Context(), p)
		if !errors.Is(err, database.ErrEarlier) {
			t.Fatalf("%s: %v", what, err)
		}
		for _, want := range append(wants, "run clew database migrate --grant-to worker", "nothing was changed") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in %v", what, want, err)
			}
		}
	}
	refused("an empty database", cases, "no tables of cases yet")
	if err := owner.Migrate(t.Context(), cases); err != nil {
		t.Fatal(err)
	}
	if err := worker.Migrate(t.Context(), cases); !errors.Is(err, database.ErrReadOnly) || !strings.Contains(err.Error(), "--grant-to") {
		t.Errorf("who was granted nothing: %v", err)
	}
	all := []database.Part{cases}
	if granted, err := owner.Grant(t.Context(), all, "worker"); err != nil || !slices.Equal(granted, []string{"worker"}) {
		t.Fatalf("granted to %v, %v", granted, err)
	}
	if err := worker.Migrate(t.Context(), cases); err != nil {
		t.Errorf("tables of its version: %v", err)
	}
	for statement, allowed := range map[string]bool{
		`INSERT INTO clew.events (text) VALUES ('a')`: true, `SELECT count(*) FROM clew.events`: true, `UPDATE clew.events SET text = 'b'`: false,
		`DELETE FROM clew.events`: false, `DELETE FROM clew.cases`: true, `TRUNCATE clew.cases`: false, `DROP TABLE clew.cases`: false,
		`ALTER TABLE clew.cases ADD more int`: false, `CREATE TABLE clew.more (n int)`: false, `CREATE SCHEMA more`: false, `DROP SCHEMA clew CASCADE`: false,
		`UPDATE clew.parts SET version = 7`: false, `CREATE INDEX ON clew.cases (id)`: false, `ALTER TABLE clew.events DISABLE TRIGGER ALL`: false,
		`GRANT ALL ON clew.events TO PUBLIC`: false, `SELECT setval('clew.events_n_seq', 1)`: false,
	} {
		if _, err := worker.Exec(t.Context(), statement); (err == nil) != allowed {
			// GRANT of nothing is a warning and no error.
			if strings.HasPrefix(statement, "GRANT") && len(server.Texts(t, path.Base(url), `SELECT relname::text FROM pg_class, aclexplode(relacl) WHERE relname = 'events' AND grantee = 0`)) == 0 {
				continue
			}
			t.Errorf("%s: %v, want allowed %t", statement, err, allowed)
		}
	}
	if h, err := worker.Health(t.Context(), time.Now, all...); err != nil || h.MayMake || len(h.Forbidden) != 0 || h.Owner != postgrestest.User {
		t.Errorf("its health: %+v, %v", h, err)
	}

	cases.Steps = append(cases.Steps, `CREATE TABLE clew.notes (n bigint)`)
	refused("tables of an earlier version", cases, "cases have version 1, this clew needs 2")
	if err := owner.Migrate(t.Context(), cases); err != nil {
		t.Fatal(err)
	}
	if h, err := worker.Health(t.Context(), time.Now, all...); err != nil || !slices.Equal(h.Forbidden, []string{"notes"}) {
		t.Errorf("a table that came since: %+v, %v", h, err)
	}
	server.Exec(t, path.Base(url), `GRANT ALL ON clew.events TO worker`)
	if granted, err := owner.Grant(t.Context(), all); err != nil || !slices.Equal(granted, []string{"worker"}) {
		t.Errorf("granted again to %v, %v", granted, err)
	}
	if _, err := worker.Exec(t.Context(), `INSERT INTO clew.notes VALUES (1)`); err != nil {
		t.Errorf("granted again: %v", err)
	}
	if _, err := worker.Exec(t.Context(), `TRUNCATE clew.events`); err == nil {
		t.Error("what it had beyond was left to it")
	}
	cases.Further = func(ctx context.Context, db *database.DB) error {
		_, err := db.Exec(ctx, `ALTER TABLE clew.notes ADD more int`)
		return err
	}
	refused("what comes along", cases, "stand on is of an earlier version")
}

func TestWhoCannotBeGranted(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database(t)
	server.User(t, "worker")
	server.User(t, "member")
	server.User(t, "maker")
	server.Exec(t, path.Base(url), `GRANT clew TO member`, `GRANT CREATE ON DATABASE `+path.Base(url)+` TO maker`)
	owner := open(t, url)
	if err := owner.Migrate(t.Context(), database.Part{Name: "cases", Steps: []string{`CREATE TABLE clew.cases (id text)`}}); err != nil {
		t.Fatal(err)
	}
	for user, says := range map[string]string{
		"nobody": "no user nobody", postgrestest.User: "owns the tables", "member": "member of who owns them", "maker": "may make schemas", `a"b; DROP`: "no user",
	} {
		if granted, err := owner.Grant(t.Context(), nil, "worker", user); !errors.Is(err, database.ErrRights) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, %v", user, granted, err)
		}
	}
	if acl := server.Texts(t, path.Base(url), `SELECT grantee::regrole::text FROM pg_class, aclexplode(relacl) WHERE relname = 'cases' AND grantee <> relowner`); len(acl) != 0 {
		t.Errorf("%v was granted with one who was refused", acl)
	}
	worker := openAs(t, url, "worker")
	server.Exec(t, path.Base(url), `GRANT USAGE ON SCHEMA clew TO worker`, `GRANT SELECT ON ALL TABLES IN SCHEMA clew TO worker`)
	server.User(t, "other")
	if _, err := worker.Grant(t.Context(), nil, "other"); !errors.Is(err, database.ErrRights) || !strings.Contains(err.Error(), "worker does not own its tables, clew does") {
		t.Errorf("who owns nothing grants: %v", err)
	}
}
