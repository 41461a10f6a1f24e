package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadWhatTheFuzzerSays(t *testing.T) {
	tests := map[string]struct {
		said string
		want result
	}{
		"well": {
			said: "fuzz: elapsed: 0s, gathering baseline coverage: 0/12 completed\nfuzz: elapsed: 3s, execs: 100 (33/sec), new interesting: 1 (total: 13)\n" +
				"fuzz: elapsed: 1m3s, execs: 102730 (34239/sec), new interesting: 11 (total: 23)\nPASS\n",
			want: result{Lasted: 63 * time.Second, Tried: 102730, New: 11, Corpus: 23},
		},
		"broken": {
			said: "fuzz: elapsed: 3s, execs: 7 (2/sec), new interesting: 0 (total: 1)\n--- FAIL: FuzzX (0.20s)\n    Failing input written to testdata/fuzz/FuzzX/12ab\n" +
				"    To re-run:\n",
			want: result{Lasted: 3 * time.Second, Tried: 7, Corpus: 1, Because: "Failing input written to testdata/fuzz/FuzzX/12ab"},
		},
		"seed_breaks": {said: "failure while testing seed corpus entry: FuzzX/12ab\n", want: result{Because: "failure while testing seed corpus entry: FuzzX/12ab"}},
		"nothing":     {said: "ok\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, read(strings.NewReader(test.said))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStateIsReadAsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "fuzz.tsv")
	first, err := readState(path)
	if err != nil || len(first) != 0 {
		t.Fatal(first, err)
	}
	want := map[target]result{
		{"clew/a", "FuzzA"}: {Lasted: 15 * time.Minute, Used: 3 * time.Minute, Tried: 7, New: 2, Corpus: 9},
		{"clew/b", "FuzzB"}: {Lasted: time.Second, Broken: true, Because: "panic: a  b"},
	}
	if err := writeState(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := readState(path)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(diff, err)
	}
	var out bytes.Buffer
	table(&out, []target{{"clew/a", "FuzzA"}, {"clew/b", "FuzzB"}, {"clew/c", "FuzzC"}}, got)
	for _, part := range []string{"| a | FuzzA | 15.0 | 3.0 | 7 | 2 | 9 |  |", "broken: panic", "| c | FuzzC | 0.0 | 0.0 | 0 | 0 | 0 | not yet |"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is not in\n%s", part, out.String())
		}
	}
	if err := os.WriteFile(path, []byte("a b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readState(path); err == nil {
		t.Error("a file that is no table was read")
	}
}

// TestOneTarget fuzzes a target of the repository twice: the second time, it had its time.
func TestOneTarget(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a package for fuzzing")
	}
	t.Chdir(filepath.Join("..", "..", ".."))
	path := filepath.Join(t.TempDir(), "fuzz.tsv")
	var out bytes.Buffer
	const long = 10 * time.Second // the inputs that were kept before are tried first, and a busy machine takes its time
	for range 2 {
		if err := do(t.Context(), &out, path, "^clew/internal/observable FuzzParse$", false, false, plan{long, 2, 1}); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || !regexp.MustCompile(`^1/1 clew/internal/observable FuzzParse: [1-9]\d* inputs in 1\ds \(\d+s of a processor\)`).MatchString(lines[0]) || !strings.Contains(lines[1], "1 of 1 had") {
		t.Errorf("%q", lines)
	}
}
