package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// mostExposed is what systemd 252 says of both units: the network and a service's own user are what is left.
const mostExposed = 1.2

// The units that we ship are ones that systemd understands whole, and as locked up as
// docs/security.md says: systemd's own measure, from 0, nothing to be taken, to 10.
func TestUnitsAreHardened(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	units, err := filepath.Glob(filepath.Join("..", "..", "deploy", "systemd", "*.service"))
	if err != nil || len(units) == 0 {
		t.Fatal(units, err)
	}
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		// Verified with a program that is there: ours need not be installed.
		copied := filepath.Join(t.TempDir(), filepath.Base(unit))
		there := strings.Replace(string(text), "ExecStart=/usr/local/bin/clew ", "ExecStart=/bin/true ", 1)
		if there == string(text) {
			t.Errorf("%s starts no /usr/local/bin/clew", filepath.Base(unit))
		}
		if err := os.WriteFile(copied, []byte(there), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), tool, "verify", "--man=no", "--recursive-errors=no", copied).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("systemd-analyze verify %s: %v\n%s", filepath.Base(unit), err, out)
		}
		out, err := exec.CommandContext(t.Context(), tool, "security", "--offline=true", "--no-pager", unit).CombinedOutput()
		level := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
		if level == nil {
			t.Skipf("this systemd-analyze cannot look at files: %v %.200s", err, out)
		}
		if exposure, err := strconv.ParseFloat(string(level[1]), 64); err != nil || exposure > mostExposed {
			t.Errorf("%s: exposure %s, want %.1f at most", filepath.Base(unit), level[1], mostExposed)
		}
	}
}

// The compose file is one, and gives nobody more than they need.
func TestComposeFile(t *testing.T) {
	tool, err := exec.LookPath("docker-compose")
	if err != nil {
		t.Skip("docker-compose is not installed")
	}
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "compose", "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"compose.yaml": string(text), "config.yaml": "", "chain.pem": "", "key.pem": "", "postgres-password": "", "clickhouse-password": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), tool, "-f", filepath.Join(dir, "compose.yaml"), "config").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	services := strings.SplitN(strings.SplitN(string(out), "services:\n", 2)[1], "\nvolumes:", 2)[0]
	each := regexp.MustCompile(`(?m)^  (\w+):$`).Split(services, -1)[1:]
	if len(each) != 4 {
		t.Fatalf("%d services in\n%s", len(each), services)
	}
	for i, service := range each {
		for _, want := range []string{"cap_drop:\n    - ALL", "read_only: true", "no-new-privileges:true", "healthcheck:", "user: ", "image: "} {
			if !strings.Contains(service, want) {
				t.Errorf("service %d has no %q:\n%s", i, want, service)
			}
		}
		if strings.Contains(service, ":latest") || strings.Contains(service, "privileged: true") {
			t.Errorf("service %d:\n%s", i, service)
		}
	}
}

// The configuration of the compose file is one that clew reads.
func TestComposeConfiguration(t *testing.T) {
	a := &app{getenv: func(string) string { return "" }, stderr: io.Discard, clock: time.Now}
	a.config = filepath.Join("..", "..", "deploy", "compose", "config.example.yaml")
	s, err := a.settings()
	if err != nil || s.Serve.Listen != "0.0.0.0:8777" {
		t.Fatal(s.Serve, err)
	}
	if at, err := a.databaseAt(""); err != nil || at.URL == "" {
		t.Errorf("%+v, %v", at, err)
	}
	if at, err := a.remoteCorpus(); err != nil || at.URL == "" {
		t.Errorf("%+v, %v", at, err)
	}
}

// Manual pages are the same on any day, are about every command, and a manual reader
// finds nothing wrong in them.
func TestManualPages(t *testing.T) {
	write := func(epoch string) string {
		dir := t.TempDir()
		a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, clock: time.Now, getenv: func(name string) string {
			return map[string]string{"SOURCE_DATE_EPOCH": epoch}[name]
		}}
		if code := a.run(t.Context(), []string{"man", dir}); code != exitDone {
			t.Fatalf("exit %d", code)
		}
		return dir
	}
	first, second := write("1764201600"), write("1764201600")
	pages, err := filepath.Glob(filepath.Join(first, "*.1"))
	if err != nil || len(pages) < 40 {
		t.Fatal(len(pages), err)
	}
	for _, page := range pages {
		one, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		two, err := os.ReadFile(filepath.Join(second, filepath.Base(page)))
		if err != nil || string(one) != string(two) || !strings.Contains(string(one), " 2025-11-27 ") {
			t.Errorf("%s is not the same twice (%v): %.200s", filepath.Base(page), err, one)
		}
	}
	tool, err := exec.LookPath("mandoc")
	if err != nil {
		t.Skip("mandoc is not installed")
	}
	if out, err := exec.CommandContext(t.Context(), tool, append([]string{"-Tlint", "-Wwarning"}, pages...)...).CombinedOutput(); err != nil {
		t.Errorf("%v: %.2000s", err, out)
	}
}

// Health is what supervisors and containers ask.
func TestHealth(t *testing.T) {
	a := servedApp(t)
	at, _ := proxied(t)
	write := func(text string) {
		if err := os.WriteFile(a.getenv("CLEW_CONFIG"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("serve: {listen: '" + at + "'}\n")
	if code := a.run(t.Context(), []string{"health"}); code != exitDone {
		t.Errorf("a server that answers: exit %d", code)
	}
	write("serve: {listen: '" + freePort(t) + "'}\n")
	if code := a.run(t.Context(), []string{"health"}); code != exitFailed {
		t.Errorf("no server: exit %d", code)
	}
	if code := a.run(t.Context(), []string{"health", "--database"}); code != exitUsage {
		t.Errorf("no database: exit %d", code)
	}
}
