// Command soak judges what a long run of clew serve left in a table, and writes
// it in short. The run itself is this package's test: make soak.
//
//	go run ./internal/reliability/soak .soak/soak.csv
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// rows of the table, about.
const rows = 16

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "soak: name the CSV file of a soak")
		os.Exit(2)
	}
	if err := tell(os.Stdout, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// errNotHeld means that a promise was broken.
var errNotHeld = errors.New("not all of it held")

// tell writes the table and the judgement of a file.
func tell(out io.Writer, path string) error {
	file, err := os.Open(path) //nolint:gosec // whoever runs it names it
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	samples, err := readSamples(file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	table(out, samples, rows)
	if len(samples) > 0 {
		fmt.Fprintf(out, "\n%.0f minutes, %d samples\n", samples[len(samples)-1].At.Sub(samples[0].At).Minutes(), len(samples))
	}
	all := true
	for _, v := range judge(samples) {
		word := "held"
		if !v.held {
			word, all = "BROKEN", false
		}
		fmt.Fprintf(out, "- %s: %s\n", word, v.claim)
	}
	if !all {
		return errNotHeld
	}
	return nil
}
