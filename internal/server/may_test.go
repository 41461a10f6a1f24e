package server

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"clew/internal/account"
)

// Whoever is no admin reads only below the folders for everybody, whatever they write
// before or around the path, and wherever a link leads.
func TestFoldersBoundWhatIsRead(t *testing.T) {
	top := t.TempDir()
	shared, outside := filepath.Join(top, "shared"), filepath.Join(top, "outside")
	for _, file := range []string{filepath.Join(shared, "logs", "a.log"), filepath.Join(outside, "secret"), filepath.Join(top, "shared-not", "b.log")} {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{filepath.Join(shared, "way-out"): outside, filepath.Join(top, "way-in"): filepath.Join(shared, "logs")} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	by := func(role account.Role) context.Context {
		return account.As(t.Context(), account.Caller{User: account.User{Name: "ada", Role: role}})
	}
	s := &service{accounts: &account.Book{}, folders: []string{shared, filepath.Join(top, "not-there")}}
	for path, inside := range map[string]bool{
		shared:                                    true,
		filepath.Join(shared, "logs", "a.log"):    true,
		shared + "/logs/../logs/a.log":            true,
		filepath.Join(top, "way-in", "a.log"):     true,
		shared + "/../outside/secret":             false,
		filepath.Join(shared, "way-out"):          false,
		filepath.Join(shared, "way-out/secret"):   false,
		filepath.Join(top, "shared-not", "b.log"): false,
		filepath.Join(shared, "no-such.log"):      false, // what is not there leads nowhere
		filepath.Join(top, "not-there", "c.log"):  false,
		"/etc/passwd":                             false,
		top:                                       false,
	} {
		for _, role := range []account.Role{account.Viewer, account.Analyst, account.Approver} {
			err := s.mayRead(by(role), path)
			var status huma.StatusError
			if inside != (err == nil) || err != nil && (!errors.As(err, &status) || status.GetStatus() != http.StatusForbidden || !strings.Contains(err.Error(), "accounts: folders")) {
				t.Errorf("%s reads %s: %v, want inside %v", role, path, err, inside)
			}
		}
		if err := s.mayRead(by(account.Admin), path); err != nil {
			t.Errorf("an admin reads %s: %v", path, err)
		}
	}
	if err := s.mayRead(by(account.Analyst), filepath.Join(shared, "logs"), filepath.Join(outside, "secret")); err == nil {
		t.Error("one path inside lets another outside through")
	}
	if err := s.mayRead(t.Context(), filepath.Join(outside, "secret")); err == nil {
		t.Error("somebody who is nobody reads outside")
	}
	if err := s.mayMap(by(account.Analyst), ImportHow{Mapping: filepath.Join(outside, "secret")}); err == nil {
		t.Error("a mapping is read from outside")
	}
	alone := &service{}
	if err := alone.mayRead(t.Context(), filepath.Join(outside, "secret")); err != nil {
		t.Errorf("alone on the machine: %v", err)
	}
}
