package clewtest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A Home is one analyst's place: a data directory, a configuration, and an
// environment that knows nothing of the one who runs the tests.
type Home struct {
	Dir    string // of everything below
	Data   string // CLEW_DATA
	Config string // the configuration file, which need not be there
	Env    []string
	binary string
}

// NewHome makes an empty place in a folder of the test.
func NewHome(t testing.TB) *Home {
	t.Helper()
	return HomeAt(t, t.TempDir())
}

// HomeAt returns the place that a folder holds.
func HomeAt(t testing.TB, dir string) *Home {
	t.Helper()
	h := &Home{Dir: dir, Data: filepath.Join(dir, "data"), Config: filepath.Join(dir, "config", "config.yaml"), binary: Binary(t)}
	for _, name := range []string{"PATH", "TMPDIR", "LANG"} {
		if value, ok := os.LookupEnv(name); ok {
			h.Env = append(h.Env, name+"="+value)
		}
	}
	h.Env = append(h.Env, "HOME="+dir, "XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "CLEW_DATA="+h.Data, "CLEW_CONFIG="+h.Config,
		"CLEW_ACTOR=tester", "CLEW_TOKEN="+Token)
	if _, err := os.Stat(h.Config); err != nil {
		h.Write(t, filepath.Join("config", "config.yaml"), "{}\n")
	}
	return h
}

// Write writes a file below the place and returns its path.
func (h *Home) Write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(h.Dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// Command is one command line, not yet started.
func (h *Home) Command(args ...string) *exec.Cmd {
	cmd := exec.Command(h.binary, args...)
	cmd.Dir, cmd.Env = h.Dir, h.Env
	return cmd
}

// Said is what a command came to.
type Said struct {
	Out, Err string
	Code     int // -1 when a signal ended it
}

// Run runs a command line to its end.
func (h *Home) Run(t testing.TB, args ...string) Said {
	t.Helper()
	var out, words bytes.Buffer
	cmd := h.Command(args...)
	cmd.Stdout, cmd.Stderr = &out, &words
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("clew %s: %v", strings.Join(args, " "), err)
	}
	return Said{out.String(), words.String(), cmd.ProcessState.ExitCode()}
}

// Must runs a command line that ends with one of these codes, 0 when none is
// named, and returns what it printed.
func (h *Home) Must(t testing.TB, codes []int, args ...string) string {
	t.Helper()
	said := h.Run(t, args...)
	if len(codes) == 0 {
		codes = []int{0}
	}
	for _, code := range codes {
		if said.Code == code {
			return said.Out
		}
	}
	t.Fatalf("clew %s: exit %d, want %v\n%s%s", strings.Join(args, " "), said.Code, codes, said.Out, said.Err)
	return ""
}
