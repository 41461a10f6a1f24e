package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clew/internal/sealed"
)

// desktop starts a D-Bus session on a socket of its own with GNOME's keyring as its
// Secret Service, unlocked. lock ends the keyring, as logging out does.
func desktop(t *testing.T) (lock func()) {
	t.Helper()
	for _, program := range []string{"dbus-daemon", "gnome-keyring-daemon", secretTool} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s here: apt-get install dbus gnome-keyring libsecret-tools", program)
		}
	}
	home, err := os.MkdirTemp("", "clew-desktop-") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) }) // of a test
	for name, value := range map[string]string{"HOME": home, "XDG_RUNTIME_DIR": home, "XDG_DATA_HOME": filepath.Join(home, "data"), "GNOME_KEYRING_CONTROL": "", "DISPLAY": ""} {
		t.Setenv(name, value)
	}
	bus := exec.CommandContext(t.Context(), "dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1", "--address=unix:path="+filepath.Join(home, "bus"))
	address := firstLine(t, bus)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	ring := exec.CommandContext(t.Context(), "gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets", "--control-directory="+filepath.Join(home, "keyring"))
	ring.Stdin = strings.NewReader("the password of a login")
	firstLine(t, ring)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		look := exec.CommandContext(t.Context(), "dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets")
		if out, err := look.CombinedOutput(); err == nil && strings.Contains(string(out), "true") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the keyring is not on the bus")
		}
	}
	return func() {
		if err := ring.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = ring.Wait() // it was killed
	}
}

// firstLine starts a program, which ends with the test, and returns the first line it prints.
func firstLine(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it may have ended
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%s: %v", cmd.Path, err)
	}
	return strings.TrimSpace(line)
}

// Secrets are sealed with a key that a real Secret Service keeps: nothing is asked,
// the key is in no file of clew's, and without the keyring nothing opens.
func TestSecretsAreSealedWithTheKeychain(t *testing.T) {
	lock := desktop(t)
	a := servedApp(t)
	config := a.getenv("CLEW_CONFIG")
	beside := sealedBeside(config)
	if err := os.WriteFile(config, []byte("resolver: 192.0.2.53\nkeys: {virustotal: the-key-of-virustotal}\ndatabase: {password: hunter2-hunter2}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	said := func(want int, args ...string) string {
		t.Helper()
		one, out := *a, &lines{}
		one.opened = nil // as another process
		one.stdout, one.stderr = out, out
		if code := one.run(t.Context(), args); code != want {
			t.Fatalf("%v: exit %d, want %d: %s", args, code, want, out)
		}
		return out.String()
	}
	said(exitDone, "secrets", "encrypt", "--keychain")
	for _, name := range []string{config, beside} {
		text, err := os.ReadFile(name)
		if err != nil || strings.Contains(string(text), "the-key-of") || strings.Contains(string(text), "hunter2") || strings.Contains(string(text), "AGE-SECRET-KEY") {
			t.Errorf("%s: %v, or it holds a secret:\n%s", name, err, text)
		}
	}
	if got := said(exitDone, "secrets", "status"); !strings.Contains(got, "sealed with a key in the keychain") {
		t.Errorf("status: %s", got)
	}
	if got := said(exitDone, "source", "list", "--json"); !strings.Contains(got, `"name":"virustotal"`) || strings.Count(got, `"key":"set"`) != 1 {
		t.Errorf("the key is not found: %s", got)
	}
	in := *a
	in.stdin, in.stdout, in.stderr = strings.NewReader("another-key"), &lines{}, &lines{}
	if code := in.run(t.Context(), []string{"source", "login", "otx", "--keychain"}); code != exitDone {
		t.Errorf("a key in the keychain itself: exit %d: %s", code, in.stderr)
	}
	if got := said(exitDone, "source", "list", "--json"); strings.Count(got, `"key":"set"`) != 2 {
		t.Errorf("one key sealed, one in the keychain: %s", got)
	}
	kept, err := os.ReadFile(beside)
	if err != nil {
		t.Fatal(err)
	}
	said(exitDone, "secrets", "decrypt")
	if text, err := os.ReadFile(config); err != nil || !strings.Contains(string(text), "the-key-of-virustotal") || exists(beside) {
		t.Errorf("decrypted: %v\n%s", err, text)
	}
	said(exitDone, "secrets", "encrypt", "--keychain")
	if err := os.WriteFile(beside, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := said(exitDone, "source", "list", "--json"); strings.Count(got, `"key":"set"`) != 2 {
		t.Errorf("what was sealed first does not open after another file was sealed: %s", got)
	}
	key, err := sealed.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if err := storeSecret(t.Context(), sealedKeyName, "secrets", key); err != nil {
		t.Fatal(err)
	}
	if got := said(exitUsage, "source", "list"); !strings.Contains(got, "the keychain has a key, but not the one it was sealed with") {
		t.Errorf("with the key of another file: %s", got)
	}
	lock()
	if got := said(exitUsage, "source", "list"); !strings.Contains(got, "sealed with a key in the keychain of your desktop") {
		t.Errorf("without a keychain: %s", got)
	}
}

// A keychain that cannot be asked may have a key: none is put in its place.
func TestAKeyThatCannotBeAskedForIsNotReplaced(t *testing.T) {
	bin := t.TempDir()
	tool := func(script string) {
		if err := os.WriteFile(filepath.Join(bin, secretTool), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	stored := filepath.Join(bin, "stored")
	store := "case $1 in store) cat > " + stored + ";; *) "
	tool(store + "echo 'cannot autolaunch D-Bus' >&2; exit 1;; esac")
	if key, err := keyInKeychain(t.Context()); err == nil || key != "" || exists(stored) {
		t.Errorf("a keychain that did not answer was given another key: %v", err)
	}
	tool(store + "exit 1;; esac")
	key, err := keyInKeychain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(stored); err != nil || strings.TrimSpace(string(text)) != key {
		t.Errorf("an empty keychain was given %q, %v", text, err)
	}
}
