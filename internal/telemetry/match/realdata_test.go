package match

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clew/internal/observable"
)

// The real logs beside the repository, against every indicator known to be in
// them and a harvest of their own words: names, addresses, digests, URLs.
func TestScanEqualsTheReferenceOnRealLogs(t *testing.T) {
	root := os.Getenv("CLEW_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared")
	}
	logs := filepath.Join(root, "data", "telemetry")
	if _, err := os.Stat(logs); err != nil {
		t.Skipf("%s is not here: set CLEW_SHARED to the folder of shared facts", logs)
	}
	var texts [][]byte
	err := filepath.WalkDir(logs, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := readLog(path)
		texts = append(texts, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	indicators := harvest(texts)
	fast, _, err := New(indicators)
	if err != nil {
		t.Fatal(err)
	}
	slow, _, err := newReference(indicators)
	if err != nil {
		t.Fatal(err)
	}
	hits, size := 0, 0
	for _, text := range texts {
		hits += compareSets(t, fast, slow, indicators, text)
		size += len(text)
	}
	t.Logf("%d indicators, %d files, %d bytes, %d hits", len(indicators), len(texts), size, hits)
	if hits < 10000 {
		t.Errorf("only %d hits: the test looks at nothing", hits)
	}
}

func readLog(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // read only
	if !strings.HasSuffix(path, ".gz") {
		return io.ReadAll(file)
	}
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(unpacked)
}

// harvest makes indicators of every third word of the logs that can be one.
func harvest(texts [][]byte) []Indicator {
	seen := map[observable.Value]bool{}
	var all []Indicator
	add := func(kind observable.Kind, text string) {
		v, err := observable.New(kind, text)
		if err == nil && !seen[v] {
			seen[v] = true
			if len(seen)%3 == 0 {
				all = append(all, Indicator{Value: v})
			}
		}
	}
	for _, text := range texts {
		for _, word := range bytes.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n\r\"'<>,;=()", r) }) {
			w := string(word)
			switch {
			case len(w) > 300:
			case strings.Contains(w, "://"):
				add(observable.URL, w)
			case strings.Contains(w, "@"):
				add(observable.Email, w)
			case strings.Count(w, ":") > 14:
				add(observable.Cert, w)
			case strings.Contains(w, ":") && strings.Contains(w, "::"):
				add(observable.IP, w)
			case len(w) >= 32 && !strings.Contains(w, "."):
				add(observable.File, w)
			case strings.Contains(w, ".") && !strings.Contains(w, ":"):
				add(observable.Domain, w)
				add(observable.IP, w)
				if len(seen)%50 == 0 {
					add(observable.Prefix, w+"/24")
				}
			}
		}
	}
	return all
}
