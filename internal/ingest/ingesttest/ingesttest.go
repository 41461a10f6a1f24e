// Package ingesttest holds formats to what package ingest asks of them.
package ingesttest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/ingest"
	"clew/internal/observation"
)

// Day is when the inputs of tests were true.
var Day = time.Date(2026, 8, 22, 0, 0, 0, 0, time.UTC)

// Read imports a text and returns what it states, one line an observation.
func Read(t testing.TB, format ingest.Format, input string) ([]string, ingest.Summary, error) {
	t.Helper()
	var lines []string
	run := ingest.Import{Format: format, Source: "test", AsOf: Day}
	s, err := run.Run(context.Background(), strings.NewReader(input), func(o observation.Observation) error {
		if err := o.Check(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
		lines = append(lines, Line(o))
		return nil
	})
	return lines, s, err
}

// Line writes an observation as "subject relation object [first,last] count".
func Line(o observation.Observation) string {
	stamp := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.UTC().Format(time.RFC3339)
	}
	line := fmt.Sprintf("%s %s %s [%s,%s]", o.Subject.Text(), o.Relation, o.Object.Text(), stamp(o.First), stamp(o.Last))
	if o.Count != 1 {
		line += fmt.Sprintf(" %d", o.Count)
	}
	return line
}

// States fails unless input states exactly want and nothing of it is rejected.
func States(t *testing.T, format ingest.Format, input string, want ...string) {
	t.Helper()
	got, s, err := Read(t, format, input)
	if err != nil {
		t.Fatal(err)
	}
	if s.Rejected > 0 {
		t.Errorf("rejected: %+v", s.FirstRejected)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if !format.Likely([]byte(input)) {
		t.Errorf("%s is not recognised by its content", format.Name())
	}
}

// Refuses fails unless input gives n observations and a rejection, and is read
// to its end.
func Refuses(t *testing.T, format ingest.Format, input string, n int) {
	t.Helper()
	got, s, err := Read(t, format, input)
	if err != nil || len(got) != n || s.Rejected == 0 {
		t.Errorf("%q: %d observations, %d rejected, %v; want %d and some", input, len(got), s.Rejected, err, n)
	}
}

// Fuzz feeds a format with what grows from the seeds, whole and cut: what it
// states is checked, and the same bytes state the same.
func Fuzz(f *testing.F, format func() ingest.Format, seeds ...string) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
		f.Add([]byte(seed[:len(seed)/2]))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		one, _, errOne := Read(t, format(), string(input))
		two, _, errTwo := Read(t, format(), string(bytes.Clone(input)))
		if diff := cmp.Diff(one, two); diff != "" || fmt.Sprint(errOne) != fmt.Sprint(errTwo) {
			t.Errorf("read twice (-first +second), %v, %v:\n%s", errOne, errTwo, diff)
		}
		format().Likely(input)
	})
}
