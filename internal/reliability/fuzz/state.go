package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// readState reads the table of what was done; one that is not there is empty.
func readState(path string) (map[target]result, error) {
	done := map[target]result{}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return done, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // only read
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		columns := strings.Split(lines.Text(), "\t")
		if len(columns) != 9 {
			return nil, fmt.Errorf("%s, line %d: not 9 columns: move the file away to begin again", path, n)
		}
		lasted, err := time.ParseDuration(columns[2])
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, n, err)
		}
		used, err := time.ParseDuration(columns[3])
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, n, err)
		}
		done[target{columns[0], columns[1]}] = result{lasted, used, number(columns[4]), number(columns[5]), number(columns[6]), columns[7] == "broken", columns[8]}
	}
	return done, lines.Err()
}

// writeState replaces the table.
func writeState(path string, done map[target]result) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	var text strings.Builder
	for _, t := range sorted(done) {
		r, word := done[t], "well"
		if r.Broken {
			word = "broken"
		}
		fmt.Fprintln(&text, strings.Join([]string{t.Package, t.Name, r.Lasted.String(), r.Used.String(), strconv.FormatInt(r.Tried, 10), strconv.FormatInt(r.New, 10), strconv.FormatInt(r.Corpus, 10), word, strings.ReplaceAll(r.Because, "\t", " ")}, "\t"))
	}
	if err := os.WriteFile(path+".new", []byte(text.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// table writes what was done as Markdown, those not run yet among them.
func table(out io.Writer, targets []target, done map[target]result) {
	fmt.Fprintln(out, "| package | target | minutes | of a processor | inputs | reached new code | kept | |")
	fmt.Fprintln(out, "|---|---|---|---|---|---|---|---|")
	for _, t := range targets {
		r, word := done[t], ""
		switch {
		case r.Broken:
			word = "broken: " + strings.ReplaceAll(r.Because, "|", "\\|")
		case r.Lasted == 0:
			word = "not yet"
		}
		fmt.Fprintf(out, "| %s | %s | %.1f | %.1f | %d | %d | %d | %s |\n", t.short(), t.Name, r.Lasted.Minutes(), r.Used.Minutes(), r.Tried, r.New, r.Corpus, word)
	}
}
