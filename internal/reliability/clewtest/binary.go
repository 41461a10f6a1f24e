// Package clewtest runs the real clew as processes of their own: what a test of
// reliability kills, cuts off and watches from outside.
package clewtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// binaryVariable names a binary to test instead of one built from this source.
const binaryVariable = "CLEW_BINARY"

var built struct {
	once sync.Once
	dir  string // removed by Main
	path string
	err  error
}

// Main runs the tests of a package and removes the binary that they built: the
// TestMain of every package that calls Binary.
func Main(m *testing.M) int {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir) // a temporary folder
	}
	return code
}

// Binary returns the path of clew as built from this source, once for the tests
// of a package. It is pure Go, as the released one.
func Binary(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.path = os.Getenv(binaryVariable); built.path != "" {
			return
		}
		if built.dir, built.err = os.MkdirTemp("", "clew-binary-"); built.err != nil {
			return
		}
		built.path = filepath.Join(built.dir, "clew")
		build := exec.Command("go", "build", "-trimpath", "-o", built.path, "clew/cmd/clew")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatalf("building clew: %v", built.err)
	}
	return built.path
}
