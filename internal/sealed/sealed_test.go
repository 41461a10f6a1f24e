package sealed_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/sealed"
)

const passphrase = "correct horse battery staple"

var secrets = []byte("keys:\n  virustotal: the-key\n")

// locks are cheap ones: scrypt at its real cost takes a second.
func locks(t *testing.T) map[string]sealed.Lock {
	t.Helper()
	key, err := sealed.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]sealed.Lock{"passphrase": {Passphrase: passphrase, Work: 4}, "key": {Key: key}}
}

func TestOpensWithItsLockAlone(t *testing.T) {
	wrong, err := sealed.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, lock := range locks(t) {
		file, err := sealed.Seal(secrets, lock)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(file, []byte("the-key")) || sealed.ByPassphrase(file) != (lock.Key == "") {
			t.Errorf("%s: %s", name, file)
		}
		if got, err := sealed.Open(file, lock); err != nil || !bytes.Equal(got, secrets) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		for _, other := range []sealed.Lock{{Passphrase: passphrase + "r"}, {Passphrase: ""}, {Key: wrong}, {Key: "AGE-SECRET-KEY-nonsense"}} {
			if got, err := sealed.Open(file, other); !errors.Is(err, sealed.ErrWrong) || got != nil || strings.Contains(err.Error(), passphrase) {
				t.Errorf("%s opened with another: %q, %v", name, got, err)
			}
		}
	}
}

// Any change of the file is found; nothing of the secrets comes out of a changed one.
func TestDamageIsFound(t *testing.T) {
	for name, lock := range locks(t) {
		file, err := sealed.Seal(secrets, lock)
		if err != nil {
			t.Fatal(err)
		}
		for at := range file {
			changed := bytes.Clone(file)
			changed[at] ^= 1
			for what, content := range map[string][]byte{"changed": changed, "cut": file[:at]} {
				got, err := sealed.Open(content, lock)
				if err == nil && !bytes.Equal(got, secrets) || err != nil && got != nil {
					t.Fatalf("%s %s at %d: %q, %v", name, what, at, got, err)
				}
				if err != nil && !errors.Is(err, sealed.ErrDamaged) && !errors.Is(err, sealed.ErrWrong) && !errors.Is(err, sealed.ErrForeign) {
					t.Fatalf("%s %s at %d: %v", name, what, at, err)
				}
			}
		}
	}
	if _, err := sealed.Open([]byte("keys:\n"), sealed.Lock{Passphrase: passphrase}); !errors.Is(err, sealed.ErrForeign) {
		t.Errorf("a file in the clear: %v", err)
	}
}

func TestRefused(t *testing.T) {
	if _, err := sealed.Seal(secrets, sealed.Lock{Passphrase: "short"}); !errors.Is(err, sealed.ErrWeak) {
		t.Errorf("short: %v", err)
	}
	if _, err := sealed.Seal(make([]byte, sealed.MostBytes+1), sealed.Lock{Passphrase: passphrase}); !errors.Is(err, sealed.ErrLarge) {
		t.Errorf("large: %v", err)
	}
}

// The secrets can be had without clew, by age itself.
func TestAgeOpensIt(t *testing.T) {
	tool, err := exec.LookPath("age")
	if err != nil {
		t.Skip("age is not installed")
	}
	lock := locks(t)["key"]
	file, err := sealed.Seal(secrets, lock)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{"secrets.age": file, "key": []byte(lock.Key + "\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), tool, "-d", "-i", filepath.Join(dir, "key"), filepath.Join(dir, "secrets.age")).Output()
	if err != nil || !bytes.Equal(out, secrets) {
		t.Errorf("%q, %v", out, err)
	}
}

// FuzzOpen: whatever lies there, it opens or is refused, within bounds.
func FuzzOpen(f *testing.F) {
	file, err := sealed.Seal(secrets, sealed.Lock{Passphrase: passphrase, Work: 2})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add([]byte("-----BEGIN AGE ENCRYPTED FILE-----\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if bytes.Contains(content, []byte("scrypt")) { // a dear one would only be slow
			return
		}
		key, err := sealed.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := sealed.Open(content, sealed.Lock{Key: key}); err == nil {
			t.Errorf("opened with a key of now: %q", got)
		}
		sealed.ByPassphrase(content)
	})
}
