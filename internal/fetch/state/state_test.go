package state_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/fetch"
	"clew/internal/fetch/state"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, folder string) *state.Store {
	t.Helper()
	s, err := state.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// engines are held to the same promises.
func engines(t *testing.T) map[string]fetch.State {
	return map[string]fetch.State{"memory": fetch.NewMemory(), "sqlite": open(t, t.TempDir())}
}

func full() fetch.Account {
	return fetch.Account{
		Seq: 7, Last: noon, Next: noon.Add(time.Second),
		Sent:     []fetch.Sent{{ID: 7, Endpoint: "search", At: noon, Done: true}},
		Counters: map[string]fetch.Counter{"day": {Start: noon, Resets: noon.Add(time.Hour), Spent: 3, Limit: 9, Used: 2, Learnt: true}},
		Blocked:  map[string]fetch.Closed{"": {Until: noon, Why: "rate limited"}},
		Denied:   map[string]fetch.Closed{"search": {Until: noon, Why: "HTTP 403"}},
		Breaker:  fetch.Breaker{Failures: 5, Opened: 1, Until: noon, Probe: noon, Last: "timeout"},
		Outcome:  "HTTP 200", At: noon,
	}
}

func TestAccountsAreKept(t *testing.T) {
	for name, s := range engines(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			no := errors.New("no")
			err := s.Update(ctx, "a", func(a *fetch.Account) error { *a = full(); return nil })
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Update(ctx, "a", func(a *fetch.Account) error { a.Seq, a.Sent[0].ID = 99, 99; return no }); !errors.Is(err, no) {
				t.Errorf("error %v, want that of change", err)
			}
			if err := s.Update(ctx, "empty", func(a *fetch.Account) error {
				if diff := cmp.Diff(fetch.Account{}, *a); diff != "" {
					t.Errorf("a new account (-want +got):\n%s", diff)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			got, err := s.Accounts(ctx)
			if diff := cmp.Diff(map[string]fetch.Account{"a": full(), "empty": {}}, got); err != nil || diff != "" {
				t.Errorf("accounts (%v) (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestUpdatesDoNotGetLost(t *testing.T) {
	for name, s := range engines(t) {
		t.Run(name, func(t *testing.T) {
			var group sync.WaitGroup
			for range 8 {
				group.Go(func() {
					for range 20 {
						if err := s.Update(t.Context(), "a", func(a *fetch.Account) error { a.Seq++; return nil }); err != nil {
							t.Error(err)
						}
					}
				})
			}
			group.Wait()
			all, err := s.Accounts(t.Context())
			if err != nil || all["a"].Seq != 160 {
				t.Errorf("%d updates counted (%v), want 160", all["a"].Seq, err)
			}
		})
	}
}

func TestRepliesAreKept(t *testing.T) {
	for name, s := range engines(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			kept := map[string]fetch.Kept{
				"old": {Status: 200, Body: "aa", At: noon, Until: noon.Add(time.Minute)},
				"new": {Status: 404, Header: map[string][]string{"Content-Type": {"text/plain"}}, Body: "bb", At: noon, Until: noon.Add(time.Hour)},
			}
			for key, k := range kept {
				for _, k := range []fetch.Kept{{Status: 1, At: noon, Until: noon}, k} { // the later one stays
					if err := s.KeepReply(ctx, key, k); err != nil {
						t.Fatal(err)
					}
				}
			}
			for key, want := range kept {
				if got, ok, err := s.Reply(ctx, key); err != nil || !ok || cmp.Diff(want, got) != "" {
					t.Errorf("%s: %+v %t (%v), want %+v", key, got, ok, err, want)
				}
			}
			needed, err := s.ForgetReplies(ctx, noon.Add(30*time.Minute))
			if diff := cmp.Diff(map[string]bool{"bb": true}, needed); err != nil || diff != "" {
				t.Errorf("needed (%v) (-want +got):\n%s", err, diff)
			}
			if err := s.ForgetReply(ctx, "new"); err != nil {
				t.Fatal(err)
			}
			for key := range kept {
				if _, ok, err := s.Reply(ctx, key); ok || err != nil {
					t.Errorf("%s is still there (%v)", key, err)
				}
			}
		})
	}
}

func TestFileIsPrivateAndOutlivesItsProcess(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	s := open(t, folder)
	if err := s.Update(t.Context(), "a", func(a *fetch.Account) error { *a = full(); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{folder, filepath.Join(folder, state.FileName)} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: others may read it (%v)", path, err)
		}
	}
	got, err := open(t, folder).Accounts(t.Context())
	if diff := cmp.Diff(full(), got["a"]); err != nil || diff != "" {
		t.Errorf("reopened (%v) (-want +got):\n%s", err, diff)
	}
}

func TestDamage(t *testing.T) {
	// harm gets the bytes of a file with one account in it.
	tests := map[string]struct {
		harm func(file []byte) []byte
		want error
	}{
		"other_beginning": {func(f []byte) []byte { return append([]byte("not SQLite at all, sorry"), f[24:]...) }, state.ErrForeign},
		"torn_pages": {func(f []byte) []byte {
			for i := 100; i < len(f); i++ {
				f[i] = 0xff
			}
			return f
		}, state.ErrDamaged},
		"cut_off":         {func(f []byte) []byte { return f[:len(f)/2] }, state.ErrDamaged},
		"account_changed": {func(f []byte) []byte { return []byte(strings.Replace(string(f), `"seq":7`, `"seq":x`, 1)) }, state.ErrDamaged},
		"another_program": {func(f []byte) []byte { binary.BigEndian.PutUint32(f[68:], 1); return f }, state.ErrForeign},
		"newer_version":   {func(f []byte) []byte { binary.BigEndian.PutUint32(f[60:], 99); return f }, state.ErrNewer},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			s := open(t, folder)
			if err := s.Update(t.Context(), "a", func(a *fetch.Account) error { *a = full(); return nil }); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil { // the last one out writes the WAL back
				t.Fatal(err)
			}
			path := filepath.Join(folder, state.FileName)
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
			aside, err := state.Rebuild(folder, noon)
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
	s, err := state.Open(ctx, folder)
	if err != nil {
		return err
	}
	return errors.Join(s.Update(ctx, "a", func(a *fetch.Account) error { a.Seq++; return nil }), s.Close())
}

func TestAThousandAtOnce(t *testing.T) {
	s := open(t, t.TempDir())
	var group sync.WaitGroup
	for range 1000 {
		group.Go(func() {
			if _, _, err := s.Reply(t.Context(), "none"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
