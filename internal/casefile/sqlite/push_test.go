package sqlite_test

import (
	"fmt"
	"sync"
	"testing"

	"clew/internal/casefile"
	"clew/internal/casefile/casefiletest"
)

// TestPushesAtOnce pushes one case several times at the same moment: it is there
// once, and can be pushed again.
func TestPushesAtOnce(t *testing.T) {
	from, to := open(t, t.TempDir()), open(t, t.TempDir())
	entries := []casefile.Entry{casefiletest.Opening("evil.example")}
	for n := range 200 {
		entries = append(entries, casefiletest.Note(fmt.Sprint(n)))
	}
	if _, err := from.Append(t.Context(), "a-case", entries...); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			if _, err := casefile.Push(t.Context(), from, to, "a-case"); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	here, err := from.Head(t.Context(), "a-case")
	there, failed := to.Head(t.Context(), "a-case")
	if err != nil || failed != nil || here.Hash != there.Hash {
		t.Errorf("%d events here, %d there: %v %v", here.Seq, there.Seq, err, failed)
	}
	if _, err := casefile.Push(t.Context(), from, to, "a-case"); err != nil {
		t.Errorf("pushed again: %v", err)
	}
}
