package sqlite_test

import (
	"testing"

	"clew/internal/casefile/casefiletest"
	"clew/internal/casefile/sqlite"
)

// BenchmarkAppend is one durable event: mostly the disk's sync.
func BenchmarkAppend(b *testing.B) {
	store, err := sqlite.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	}()
	if _, err := store.Append(b.Context(), "a-case", casefiletest.Opening("evil.example")); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := store.Append(b.Context(), "a-case", casefiletest.Note("one more")); err != nil {
			b.Fatal(err)
		}
	}
}
