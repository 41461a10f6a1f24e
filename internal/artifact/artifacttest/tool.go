// Package artifacttest runs the tools that make and judge files for tests.
package artifacttest

import (
	"os/exec"
	"testing"
)

// Try runs a program of the system in dir and returns what it said, and whether
// it ended well. The test is skipped where the program is not installed.
func Try(t testing.TB, dir, name string, args ...string) (said string, ok bool) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed: make deps", name)
	}
	cmd := exec.Command(path, args...) //nolint:gosec // named by the test
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// Run is Try for a program that must end well.
func Run(t testing.TB, dir, name string, args ...string) string {
	t.Helper()
	said, ok := Try(t, dir, name, args...)
	if !ok {
		t.Fatalf("%s %q:\n%s", name, args, said)
	}
	return said
}
