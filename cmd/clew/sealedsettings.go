package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"golang.org/x/term"

	"clew/internal/sealed"
)

// sealedName is the file beside the configuration that holds its secrets sealed.
const sealedName = "secrets.age"

// Where a passphrase comes from when nobody is there to be asked.
const (
	passphraseVariable   = "CLEW_PASSPHRASE"
	passphraseFile       = "CLEW_PASSPHRASE_FILE" //nolint:gosec // the name of a variable
	passphraseCredential = "clew-passphrase"      // of systemd: LoadCredential= or SetCredentialEncrypted=
	sealedKeyName        = "secrets.age"          // what the keychain calls the key
)

func sealedBeside(configuration string) string {
	return filepath.Join(filepath.Dir(configuration), sealedName)
}

// openedSecrets remembers what a sealed file held, as long as it does not change:
// a passphrase costs a second each time, on purpose.
type openedSecrets struct {
	mu    sync.Mutex // guards what follows
	info  os.FileInfo
	parts settings
}

// eachSecret calls do with every field that is tagged as secret, of both in step.
func eachSecret(a, b reflect.Value, do func(a, b reflect.Value)) {
	for i := range a.NumField() {
		switch {
		case a.Type().Field(i).Tag.Get("secret") != "":
			do(a.Field(i), b.Field(i))
		case a.Field(i).Kind() == reflect.Struct:
			eachSecret(a.Field(i), b.Field(i), do)
		}
	}
}

// take moves the secrets of from that it does not have itself into s.
func (s *settings) take(from *settings) {
	eachSecret(reflect.ValueOf(s).Elem(), reflect.ValueOf(from).Elem(), func(to, from reflect.Value) {
		switch {
		case from.IsZero():
		case to.Kind() == reflect.Map && !to.IsNil():
			for _, key := range from.MapKeys() {
				if !to.MapIndex(key).IsValid() {
					to.SetMapIndex(key, from.MapIndex(key))
				}
			}
		case to.IsZero():
			to.Set(from)
		}
		from.SetZero()
	})
}

// count is how many secrets there are.
func (s *settings) count() (n int) {
	eachSecret(reflect.ValueOf(s).Elem(), reflect.ValueOf(s).Elem(), func(field, _ reflect.Value) {
		switch {
		case field.Kind() == reflect.Map:
			n += field.Len()
		case !field.IsZero():
			n++
		}
	})
	return n
}

// withSecrets is the configuration with what lies sealed beside it.
func (a *app) withSecrets() (settings, error) {
	s, err := a.settings()
	if err != nil {
		return s, err
	}
	return a.unsealed(s)
}

// unsealed adds to a configuration what lies sealed beside it. What stands in the
// configuration itself comes first.
func (a *app) unsealed(s settings) (settings, error) {
	path, _ := a.configPath()
	info, err := os.Stat(sealedBeside(path))
	if path == "" || errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, usagef("%w: %w", errConfig, err)
	}
	if a.opened == nil {
		a.opened = &openedSecrets{}
	}
	a.opened.mu.Lock()
	defer a.opened.mu.Unlock()
	if seen := a.opened.info; seen == nil || !seen.ModTime().Equal(info.ModTime()) || seen.Size() != info.Size() {
		lock, file, err := a.lockOf(context.Background(), sealedBeside(path))
		if err != nil {
			return s, err
		}
		if a.opened.parts, err = openParts(sealedBeside(path), file, lock); err != nil {
			return s, err
		}
		a.opened.info = info
	}
	parts := a.opened.parts
	parts.Keys = nil // filled anew: a map would be shared with what is remembered
	for name, key := range a.opened.parts.Keys {
		if parts.Keys == nil {
			parts.Keys = map[string]string{}
		}
		parts.Keys[name] = key
	}
	s.take(&parts)
	return s, nil
}

func openParts(path string, file []byte, lock sealed.Lock) (settings, error) {
	var parts settings
	text, err := sealed.Open(file, lock)
	switch {
	case errors.Is(err, sealed.ErrWrong) && lock.Key != "":
		return parts, usagef("%s: %w: the keychain has a key, but not the one it was sealed with", path, err)
	case errors.Is(err, sealed.ErrWrong):
		return parts, usagef("%s: %w: the passphrase is another one than it was sealed with", path, err)
	case err != nil:
		return parts, usagef("%s: %w: put a copy back, or move it away and give the keys anew with clew source login", path, err)
	}
	if err := yaml.UnmarshalWithOptions(text, &parts, yaml.DisallowUnknownField()); err != nil {
		return parts, usagef("%s was written by another clew: it holds settings that this one does not know", path) // the error would quote it
	}
	return parts, nil
}

// lockOf reads a sealed file and finds what opens it.
func (a *app) lockOf(ctx context.Context, path string) (sealed.Lock, []byte, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > 2*sealed.MostBytes {
		err = sealed.ErrLarge
	}
	var file []byte
	if err == nil {
		file, err = os.ReadFile(path)
	}
	if err != nil {
		return sealed.Lock{}, nil, usagef("%w: %w", errConfig, err)
	}
	if !sealed.ByPassphrase(file) {
		key, err := secret(ctx, sealedKeyName)
		if err != nil {
			return sealed.Lock{}, nil, usagef("%s is sealed with a key in the keychain of your desktop: %w", path, err)
		}
		return sealed.Lock{Key: key}, file, nil
	}
	passphrase, err := a.passphrase("passphrase of " + path)
	return sealed.Lock{Passphrase: passphrase}, file, err
}

// passphrase is the one of the environment, of a file, of a systemd credential, or
// what somebody types.
func (a *app) passphrase(what string) (string, error) {
	if text := a.getenv(passphraseVariable); text != "" {
		return text, nil
	}
	file := a.getenv(passphraseFile)
	if dir := a.getenv("CREDENTIALS_DIRECTORY"); file == "" && dir != "" {
		if at := filepath.Join(dir, passphraseCredential); exists(at) {
			file = at
		}
	}
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", usagef("%s: %w", passphraseFile, err)
		}
		return strings.TrimRight(string(text[:min(len(text), maxKey)]), "\r\n"), nil
	}
	terminal, ok := a.stdin.(*os.File)
	if !ok || !isTerminal(a.stdin) {
		return "", usagef("%s: there is no terminal to ask at\n  set %s to a file that holds it, %s to itself, or give systemd LoadCredential=%s:FILE", what, passphraseFile, passphraseVariable, passphraseCredential)
	}
	fmt.Fprintf(a.stderr, "%s: ", terminalSafe(what))
	text, err := term.ReadPassword(int(terminal.Fd()))
	fmt.Fprintln(a.stderr)
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	return string(text), nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
