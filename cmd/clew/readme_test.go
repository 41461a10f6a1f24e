package main

import (
	"bytes"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestReadmeShowsWhatTheDemoPrints runs the demo and holds the transcript of README.md
// to it: every line that is shown is printed, in that order. "…" stands for lines left out.
func TestReadmeShowsWhatTheDemoPrints(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "    $ make demo\n")
	shown, _, ends := strings.Cut(rest, "\n## ")
	if !found || !ends {
		t.Fatal("README.md has no transcript of make demo")
	}
	dir := filepath.Join(t.TempDir(), ".demo")
	var out bytes.Buffer
	// A year on: what the demo comes to does not hang on the day.
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: io.Discard, random: rand.Reader, getenv: func(string) string { return "" }, clock: func() time.Time { return time.Now().AddDate(1, 0, 0) }}
	if code := a.run(t.Context(), []string{"demo", "--dir", dir}); code != exitDone {
		t.Fatalf("clew demo: exit %d\n%s", code, out.String())
	}
	took := regexp.MustCompile(`rejected, [0-9.]+m?s\b`)
	plain := func(line string) string {
		return took.ReplaceAllString(strings.TrimRight(strings.ReplaceAll(line, dir, ".demo"), " "), "rejected, T")
	}
	printed := strings.Split(out.String(), "\n")
	at, compared := 0, 0
	for line := range strings.Lines(shown) {
		line = plain(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "    "))
		if line == "" || strings.TrimSpace(line) == "…" {
			continue
		}
		from := at
		for at < len(printed) && plain(printed[at]) != line {
			at++
		}
		if at == len(printed) {
			t.Errorf("README.md shows, and clew demo does not print behind what is above it:\n%s", line)
			at = from
		}
		compared++
	}
	if compared < 40 {
		t.Errorf("only %d lines were compared", compared)
	}
	if t.Failed() {
		t.Logf("clew demo printed\n%s", out.String())
	}
}
