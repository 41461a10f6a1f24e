package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"clew/internal/ingest"
	"clew/internal/ingest/cof"
	"clew/internal/observation"

	"github.com/google/go-cmp/cmp"
)

// TestMain lets the test binary stand in for the program, which runs itself.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == buildCommand {
		if err := build(context.Background(), os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestRowsComeBackFromTheirFile(t *testing.T) {
	g := generator{seed: 7, rows: 500}
	path := filepath.Join(t.TempDir(), "rows")
	if err := writeRows(path, g.rows, g.row); err != nil {
		t.Fatal(err)
	}
	i := 0
	err := readRows(path, func(o observation.Observation) error {
		want := g.row(i)
		want.Last = want.Last.Truncate(1e9)
		if diff := cmp.Diff(summary(want), summary(o)); diff != "" {
			t.Fatalf("row %d (-generated +read):\n%s", i, diff)
		}
		i++
		return o.Check()
	})
	if err != nil || i != g.rows {
		t.Errorf("read %d of %d rows: %v", i, g.rows, err)
	}
}

func summary(o observation.Observation) []any {
	return []any{o.Subject.Text(), o.Relation.String(), o.Object.Text(), o.First, o.Last, o.Count, o.Source}
}

func TestUnequalAnswersGiveNoFigures(t *testing.T) {
	own := []string{"answer 1", "answer 2"}
	for name, test := range map[string]struct {
		theirs []string
		equal  bool
	}{
		"equal_answers":   {[]string{"answer 1", "answer 2"}, true},
		"another_answer":  {[]string{"answer 1", "answer 3"}, false},
		"a_missing_one":   {[]string{"answer 1"}, false},
		"one_too_many":    {[]string{"answer 1", "answer 2", "answer 2"}, false},
		"none_whatsoever": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := sameAnswers("peer", own, test.theirs); (err == nil) != test.equal {
				t.Errorf("sameAnswers(%q, %q) = %v", own, test.theirs, err)
			}
		})
	}
}

// TestRowsAreAcceptedAsCOF imports what -cof writes, and compares it with the rows.
func TestRowsAreAcceptedAsCOF(t *testing.T) {
	g := generator{seed: 3, rows: 2000}
	var text bytes.Buffer
	if err := writeCOF(&text, g); err != nil {
		t.Fatal(err)
	}
	i := 0
	_, err := ingest.Import{Format: cof.Format{}, Source: "bench"}.Run(t.Context(), &text, func(o observation.Observation) error {
		want := g.row(i)
		want.Last = want.Last.Truncate(time.Second)
		if diff := cmp.Diff(summary(want), summary(o)); diff != "" {
			t.Fatalf("row %d (-generated +read):\n%s", i, diff)
		}
		i++
		return nil
	})
	if err != nil || i != g.rows {
		t.Errorf("%d of %d rows: %v", i, g.rows, err)
	}
}

// TestOwnSide runs our side of the benchmark, which compares its two ways of
// reading heavy objects.
func TestOwnSide(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	asked, err := settings{rows: 5000, seed: 3}.generate(in)
	if err != nil {
		t.Fatal(err)
	}
	c := &clew{dir: in("clew"), rows: in("rows"), asked: asked}
	all, err := measure(t.Context(), []engine{c}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	}()
	if f := all[0]; f.ingest <= 0 || f.cpu <= 0 || f.size <= 0 || f.lookup <= 0 || f.heavy <= 0 {
		t.Errorf("figures %+v", f)
	}
	_, answers, err := c.heavy(t.Context())
	if err != nil || len(answers) != heavyObjects {
		t.Errorf("%d answers about %d heavy objects: %v", len(answers), heavyObjects, err)
	}
}
