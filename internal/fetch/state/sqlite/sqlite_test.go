package sqlite_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/fetch"
	"clew/internal/fetch/state/sqlite"
	"clew/internal/fetch/state/statetest"
)

func open(t *testing.T, folder string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestMain(m *testing.M) {
	statetest.Main(m, func(ctx context.Context, where string, _ func() time.Time) (statetest.Opened, error) {
		s, err := sqlite.Open(ctx, where)
		if err != nil {
			return statetest.Opened{}, err
		}
		return statetest.Opened{State: s, Close: s.Close}, nil
	})
}

func TestConformance(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		statetest.Run(t, func(t *testing.T) fetch.State { return open(t, t.TempDir()) })
	})
	t.Run("memory", func(t *testing.T) {
		statetest.Run(t, func(*testing.T) fetch.State { return fetch.NewMemory() })
	})
}

func TestProcesses(t *testing.T) {
	statetest.Processes(t, func(t *testing.T) string { return t.TempDir() }, 0, 0, 0)
}

func TestFileIsPrivateAndOutlivesItsProcess(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	s := open(t, folder)
	if err := statetest.Put(t.Context(), s, "a", statetest.Full()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{folder, filepath.Join(folder, sqlite.FileName)} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: others may read it (%v)", path, err)
		}
	}
	got, err := open(t, folder).Accounts(t.Context())
	if diff := cmp.Diff(statetest.Full(), got["a"]); err != nil || diff != "" {
		t.Errorf("reopened (%v) (-want +got):\n%s", err, diff)
	}
}

func TestDamage(t *testing.T) {
	// harm gets the bytes of a file with one account in it.
	tests := map[string]struct {
		harm func(file []byte) []byte
		want error
	}{
		"other_beginning": {func(f []byte) []byte { return append([]byte("not SQLite at all, sorry"), f[24:]...) }, sqlite.ErrForeign},
		"torn_pages": {func(f []byte) []byte {
			for i := 100; i < len(f); i++ {
				f[i] = 0xff
			}
			return f
		}, sqlite.ErrDamaged},
		"cut_off":         {func(f []byte) []byte { return f[:len(f)/2] }, sqlite.ErrDamaged},
		"account_changed": {func(f []byte) []byte { return []byte(strings.Replace(string(f), `"seq":7`, `"seq":x`, 1)) }, sqlite.ErrDamaged},
		"another_program": {func(f []byte) []byte { binary.BigEndian.PutUint32(f[68:], 1); return f }, sqlite.ErrForeign},
		"newer_version":   {func(f []byte) []byte { binary.BigEndian.PutUint32(f[60:], 99); return f }, sqlite.ErrNewer},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			s := open(t, folder)
			if err := statetest.Put(t.Context(), s, "a", statetest.Full()); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil { // the last one out writes the WAL back
				t.Fatal(err)
			}
			path := filepath.Join(folder, sqlite.FileName)
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, test.harm(file), 0o600); err != nil {
				t.Fatal(err)
			}
			err = use(t.Context(), folder)
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %v with the path", err, test.want)
			}
			aside, err := sqlite.Rebuild(folder, statetest.Noon)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(aside); err != nil {
				t.Errorf("the damaged file is gone: %v", err)
			}
			if err := use(t.Context(), folder); err != nil {
				t.Errorf("after Rebuild: %v", err)
			}
		})
	}
}

// use opens the file and counts a request.
func use(ctx context.Context, folder string) error {
	s, err := sqlite.Open(ctx, folder)
	if err != nil {
		return err
	}
	return errors.Join(s.Update(ctx, "a", func(a *fetch.Account, _ time.Duration) error { a.Seq++; return nil }), s.Close())
}
