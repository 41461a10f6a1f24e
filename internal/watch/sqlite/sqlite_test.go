package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"clew/internal/watch"
	"clew/internal/watch/sqlite"
	"clew/internal/watch/watchtest"
)

func open(t *testing.T, folder string) *watch.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestConformance(t *testing.T) {
	watchtest.Run(t, func(t *testing.T) *watch.Store { return open(t, t.TempDir()) })
}

func TestFileOutlivesItsProcessAndIsPrivate(t *testing.T) {
	folder := t.TempDir()
	if err := open(t, folder).Add(t.Context(), watchtest.Example("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, folder).Get(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(filepath.Join(folder, sqlite.FileName)); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read it (%v)", err)
	}
}

func TestAFileThatIsNotOurs(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, sqlite.FileName), []byte("not SQLite at all, and long enough to be looked at as if it were one of its headers, which it is not."), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), folder); err == nil || errors.Is(err, sqlite.ErrNewer) {
		t.Errorf("opened a file that is not ours: %v", err)
	}
}
