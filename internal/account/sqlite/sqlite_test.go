package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/account"
	"clew/internal/account/accounttest"
	"clew/internal/account/sqlite"
)

func TestConformance(t *testing.T) {
	accounttest.Run(t, func(t *testing.T) account.Store {
		s, err := sqlite.Open(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func raw(t *testing.T, path string, statements ...string) error {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // of a test
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			return err
		}
	}
	return nil
}

// What was logged is not changed by a slip of ours, or of whoever opens the file.
func TestAuditIsAppendOnly(t *testing.T) {
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Change(t.Context(), func(tx account.Tx) error { return tx.Log(t.Context(), account.Entry{Actor: "ada"}) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for statement, want := range map[string]string{
		"UPDATE audit SET actor = 'bob'": "append-only", "DELETE FROM audit": "append-only",
		"UPDATE audit SET at = 0; INSERT INTO audit_removed VALUES (1, 1, 0, 0, 0)": "append-only",
	} {
		if err := raw(t, filepath.Join(dir, sqlite.FileName), statement); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if err := raw(t, filepath.Join(dir, sqlite.FileName), "DROP TRIGGER audit_is_never_changed", fmt.Sprintf("UPDATE audit SET at = %d", time.Now().UnixMilli()),
		"INSERT INTO audit_removed VALUES (1, 1, 0, 0, 0)"); err == nil || !strings.Contains(err.Error(), "kept for 90 days") {
		t.Errorf("a young line may go: %v", err)
	}
}

func TestFilesThatAreNoAccounts(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(path string) error
		want  error
	}{
		"a_newer_one":      {func(path string) error { return raw(t, path, "PRAGMA user_version = 99") }, sqlite.ErrNewer},
		"another_programs": {func(path string) error { return raw(t, path, "PRAGMA application_id = 7") }, sqlite.ErrForeign},
		"a_text": {func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("not a database\n", 99)), 0o600)
		}, sqlite.ErrForeign},
		"cut_off": {func(path string) error { return os.Truncate(path, 5000) }, sqlite.ErrDamaged},
	} {
		dir := t.TempDir()
		s, err := sqlite.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, sqlite.FileName)
		if err := errors.Join(s.Close(), c.spoil(path)); err != nil {
			t.Fatal(err)
		}
		again, err := sqlite.Open(t.Context(), dir)
		if err == nil {
			_, err = again.Users(t.Context())
			_ = again.Close() // of a test
		}
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want %v with the file", name, err, c.want)
		}
	}
}

func TestProcessesStartAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			s, err := sqlite.Open(t.Context(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	info, err := os.Stat(filepath.Join(dir, sqlite.FileName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}
