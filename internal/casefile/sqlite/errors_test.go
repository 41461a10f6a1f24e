package sqlite

import (
	"errors"
	"strings"
	"testing"

	"clew/internal/casefile"
	"clew/internal/casefile/casefiletest"
)

// The disk's own faults, brought about by pragmas on the one connection that
// the store then uses.
func TestEngineErrors(t *testing.T) {
	for name, row := range map[string]struct {
		pragma string
		want   error
	}{
		"disk_full": {"PRAGMA max_page_count = 1", casefile.ErrFull}, // raised to the pages in use
		"read_only": {"PRAGMA query_only = 1", casefile.ErrReadOnly},
	} {
		t.Run(name, func(t *testing.T) {
			store, err := Open(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := store.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}()
			before, err := store.Append(t.Context(), "a-case", casefiletest.Opening("evil.example"))
			if err != nil {
				t.Fatal(err)
			}
			store.db.SetMaxOpenConns(1)
			if _, err := store.db.ExecContext(t.Context(), row.pragma); err != nil {
				t.Fatal(err)
			}
			_, err = store.Append(t.Context(), "a-case", casefiletest.Note(strings.Repeat("x", 1<<20)))
			if !errors.Is(err, row.want) {
				t.Fatalf("append: %v, want %v", err, row.want)
			}
			events, err := store.Events(t.Context(), "a-case", casefile.Query{})
			if err != nil || len(events) != len(before) {
				t.Errorf("after the refusal there are %d events, %v; want %d", len(events), err, len(before))
			}
		})
	}
}
