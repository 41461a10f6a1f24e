package naming

import (
	"bufio"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"clew/internal/reference"
)

// shared opens a file beside the repository, or skips.
func shared(t testing.TB, path string) string {
	t.Helper()
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	file := filepath.Join(root, path)
	if _, err := os.Stat(file); err != nil {
		t.Skipf("no %s beside the repository: %v", path, err)
	}
	return file
}

// lines reads a compressed file.
func lines(t testing.TB, path string) []string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // read only
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	in := bufio.NewScanner(unpacked)
	for in.Scan() {
		all = append(all, in.Text())
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// language is the model of the shipped words.
func language(t testing.TB) *Language {
	t.Helper()
	lists, err := reference.Load()
	if err != nil {
		t.Fatal(err)
	}
	return NewLanguage(lists.EachWord)
}
