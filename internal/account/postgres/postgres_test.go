package postgres_test

import (
	"context"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/account"
	"clew/internal/account/accounttest"
	"clew/internal/account/postgres"
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

// TestConformance is by a user who only works in the tables, and who may let old lines
// of the audit go besides: more it does not need.
func TestConformance(t *testing.T) {
	server := postgrestest.Start(t)
	accounttest.Run(t, func(t *testing.T) account.Store {
		at := server.Working(t, postgres.Part)
		server.Exec(t, path.Base(at.URL), `GRANT DELETE ON clew.audit TO worker`, `GRANT INSERT ON clew.audit_removed TO worker`)
		db, err := database.Open(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() }) // returns nothing
		s, err := postgres.Open(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// Two servers share what was tried, and start at once.
func TestServersShareAccounts(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database(t)
	stores := make([]account.Store, 2)
	var wait sync.WaitGroup
	for i := range stores {
		db := open(t, url)
		wait.Go(func() {
			var err error
			if stores[i], err = postgres.Open(t.Context(), db); err != nil {
				t.Error(err)
			}
		})
	}
	if wait.Wait(); t.Failed() {
		return
	}
	const each = 20
	for _, s := range stores {
		wait.Go(func() {
			for range each {
				err := s.Change(context.WithoutCancel(t.Context()), func(tx account.Tx) error {
					n, until, err := tx.Attempts(t.Context(), "ada")
					if err != nil {
						return err
					}
					return tx.PutAttempts(t.Context(), "ada", n+1, until)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if n, _, err := stores[0].Attempts(t.Context(), "ada"); n != 2*each || err != nil {
		t.Errorf("%d of %d attempts, %v", n, 2*each, err)
	}
	if err := stores[0].Change(t.Context(), func(tx account.Tx) error { return tx.Log(t.Context(), account.Entry{Actor: "ada", At: time.Now()}) }); err != nil {
		t.Fatal(err)
	}
	db := open(t, url)
	for statement, want := range map[string]string{
		"UPDATE clew.audit SET actor = 'bob'": "append-only", "DELETE FROM clew.audit": "append-only", "TRUNCATE clew.audit": "append-only",
		"TRUNCATE clew.audit_removed": "append-only", "INSERT INTO clew.audit_removed VALUES (1, 1, 0, 0, 0)": "kept for 90 days",
	} {
		if _, err := db.Exec(t.Context(), statement); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s in %s: %v", statement, path.Base(url), err)
		}
	}
}
