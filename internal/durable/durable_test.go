package durable_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"clew/internal/durable"
)

// That a power cut leaves whole files is tested with the real program, in
// internal/reliability/powercut.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "list.txt")
	says := func(text string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, failed := io.WriteString(w, text)
			return errors.Join(failed, err)
		}
	}
	if err := durable.Replace(path, says("old", nil)); err != nil {
		t.Fatal(err)
	}
	failed := errors.New("no more")
	if err := durable.Replace(path, says("half", failed)); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "old" {
		t.Errorf("after a failure: %q, %v", text, err)
	}
	if err := durable.Replace(path, says("new", nil)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	info, failed := os.Stat(path)
	if err != nil || failed != nil || string(text) != "new" || info.Mode().Perm() != 0o600 {
		t.Errorf("%q %v, %v %v", text, info.Mode(), err, failed)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
	if err := durable.Replace(filepath.Join(dir, "none", "x"), says("", nil)); err == nil {
		t.Error("a file was written into a folder that is not there")
	}
}
