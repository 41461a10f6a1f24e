package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

// The doctor sees what a server stands on before it breaks.
func TestDoctorLooksAheadForServers(t *testing.T) {
	a := servedApp(t)
	dir := t.TempDir()
	for name, c := range map[string]struct {
		until time.Duration
		mode  os.FileMode
		want  string
	}{
		"good":    {60 * 24 * time.Hour, 0o600, "ok certificate for clew.example"},
		"soon":    {5 * 24 * time.Hour, 0o600, "bad certificate"},
		"expired": {-time.Minute, 0o600, "it has expired"},
		"open":    {60 * 24 * time.Hour, 0o644, "may be read by everybody"},
	} {
		certFile, keyFile := selfSigned(t, dir, time.Now().Add(c.until))
		if err := os.Chmod(keyFile, c.mode); err != nil {
			t.Fatal(err)
		}
		config := "serve: {tls: {cert: " + certFile + ", key: " + keyFile + "}}\nretention: {backups: {folder: " + dir + ", keep: 2}}\n"
		if err := os.WriteFile(a.getenv("CLEW_CONFIG"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, one := range a.examine(t.Context(), nil) {
			said = append(said, one.State+" "+one.What+" "+one.Detail)
		}
		all := strings.Join(said, "\n")
		for _, want := range []string{c.want, "bad backup none in", " disk "} {
			if !strings.Contains(all, want) {
				t.Errorf("%s: no %q in\n%s", name, want, all)
			}
		}
		if err := os.Chmod(keyFile, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
