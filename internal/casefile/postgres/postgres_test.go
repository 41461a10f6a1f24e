package postgres_test

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"
	"testing"

	"clew/internal/casefile"
	"clew/internal/casefile/casefiletest"
	"clew/internal/casefile/postgres"
	"clew/internal/database"
	"clew/internal/database/postgrestest"
)

func target(url string) database.Target {
	return database.Target{URL: url, User: postgrestest.User, Password: postgrestest.Password}
}

func open(t *testing.T, url string) *postgres.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), target(url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() }) // a second close is harmless
	return store
}

// TestConformance is by a user who only works in the tables, and who may take cases
// out besides: more it does not need.
func TestConformance(t *testing.T) {
	server := postgrestest.Start(t)
	casefiletest.Run(t, func(t *testing.T) casefile.Store {
		at := server.Working(t, postgres.Part)
		server.Exec(t, path.Base(at.URL), `GRANT DELETE ON clew.events, clew.cases TO worker`, `GRANT INSERT ON clew.removed TO worker`)
		store, err := postgres.Open(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() }) // a second close is harmless
		return store
	})
}

// Several servers of a team start at once on an empty database, and append to
// one case.
func TestServersShareOneRecord(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database(t)
	const servers, each = 5, 20
	var wait sync.WaitGroup
	errs := make(chan error, servers)
	for range servers {
		wait.Go(func() {
			store, err := postgres.Open(t.Context(), target(url))
			if err != nil {
				errs <- err
				return
			}
			defer store.Close() //nolint:errcheck // returns nothing
			if _, err := store.Append(t.Context(), "a-case", casefiletest.Opening("evil.example")); err != nil && !errors.Is(err, casefile.ErrExists) {
				errs <- err
			}
			for n := range each {
				if _, err := store.Append(t.Context(), "a-case", casefiletest.Note(fmt.Sprint(n))); err != nil {
					errs <- err
				}
			}
		})
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	v, err := casefile.Verify(t.Context(), open(t, url), "a-case", "")
	if err != nil || v.Events != servers*each+1 || len(v.Problems) > 0 {
		t.Errorf("%d events, %v, %v", v.Events, v.Problems, err)
	}
}

// What was acknowledged outlives a server that is killed, and the store goes on
// without being opened again.
func TestServerThatIsKilled(t *testing.T) {
	server := postgrestest.Start(t)
	store := open(t, server.Database(t))
	if _, err := store.Append(t.Context(), "a-case", casefiletest.Opening("evil.example")); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		for n := range 10 {
			if _, err := store.Append(t.Context(), "a-case", casefiletest.Note(fmt.Sprint(round, n))); err != nil {
				t.Fatal(err)
			}
		}
		server.Kill()
		_, err := store.Append(t.Context(), "a-case", casefiletest.Note("lost"))
		if !errors.Is(err, casefile.ErrUnreachable) || strings.Contains(err.Error(), postgrestest.Password) {
			t.Errorf("append to no server: %v", err)
		}
		server.Resume(t)
	}
	v, err := casefile.Verify(t.Context(), store, "a-case", "")
	if err != nil || v.Events != 31 || len(v.Problems) > 0 {
		t.Errorf("%d events, %v, %v; want 31", v.Events, v.Problems, err)
	}
}

func TestAccidentsAreRefusedAndIntentIsFound(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database(t)
	name := path.Base(url)
	store := open(t, url)
	entries := []casefile.Entry{casefiletest.Opening("evil.example")}
	for n := range 20 {
		entries = append(entries, casefiletest.Note(fmt.Sprint("note ", n)))
	}
	if _, err := store.Append(t.Context(), "a-case", entries...); err != nil {
		t.Fatal(err)
	}
	server.Exec(t, name, `DO $$ BEGIN
		BEGIN UPDATE clew.events SET actor = 'x'; RAISE 'changed'; EXCEPTION WHEN raise_exception THEN
			IF SQLERRM NOT LIKE '%append-only%' THEN RAISE; END IF; END;
		BEGIN TRUNCATE clew.events; RAISE 'emptied'; EXCEPTION WHEN raise_exception THEN
			IF SQLERRM NOT LIKE '%append-only%' THEN RAISE; END IF; END;
	END $$`)
	server.Exec(t, name, "ALTER TABLE clew.events DISABLE TRIGGER ALL", "UPDATE clew.events SET data = replace(data, 'note 5', 'note 6') WHERE seq = 7")
	if v, err := casefile.Verify(t.Context(), store, "a-case", ""); err != nil || len(v.Problems) != 1 || v.Problems[0].Seq != 7 {
		t.Errorf("a changed event: %v, %v", v.Problems, err)
	}
	server.Exec(t, name, "DROP TABLE clew.events")
	if _, err := store.Events(t.Context(), "a-case", casefile.Query{}); !errors.Is(err, casefile.ErrDamaged) {
		t.Errorf("a missing table: %v", err)
	}
}

func TestDatabasesThatAreNotOurs(t *testing.T) {
	server := postgrestest.Start(t)
	for name, row := range map[string]struct {
		spoil string
		want  error
	}{
		"another_programs": {"CREATE SCHEMA clew; CREATE TABLE clew.songs (title text)", casefile.ErrForeign},
		"newer":            {"CREATE SCHEMA clew; CREATE TABLE clew.parts (part text PRIMARY KEY, version integer NOT NULL); INSERT INTO clew.parts VALUES ('cases', 99)", casefile.ErrNewer},
	} {
		url := server.Database(t)
		server.Exec(t, path.Base(url), row.spoil)
		if _, err := postgres.Open(t.Context(), target(url)); !errors.Is(err, row.want) || !strings.Contains(err.Error(), path.Base(url)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wrong := target(server.URL("no_such_database"))
	if _, err := postgres.Open(t.Context(), wrong); !errors.Is(err, casefile.ErrUnreachable) || !strings.Contains(err.Error(), "createdb") {
		t.Errorf("no database: %v", err)
	}
	wrong.Password = "not the password"
	if _, err := postgres.Open(t.Context(), wrong); !errors.Is(err, casefile.ErrUnreachable) || strings.Contains(err.Error(), wrong.Password) {
		t.Errorf("a wrong password: %v", err)
	}
}
