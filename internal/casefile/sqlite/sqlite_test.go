package sqlite_test

import (
	"testing"

	"clew/internal/casefile"
	"clew/internal/casefile/casefiletest"
	"clew/internal/casefile/sqlite"
)

func TestConformance(t *testing.T) {
	casefiletest.Run(t, func(t *testing.T) casefile.Store {
		store, err := sqlite.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return store
	})
}
