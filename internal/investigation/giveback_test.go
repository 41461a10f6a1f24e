package investigation

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"clew/internal/corpus"
	"clew/internal/corpus/memory"
)

// flushing answers a flush as it is told to.
type flushing struct {
	corpus.Store
	err error
}

func (f flushing) Flush(context.Context) error { return f.err }

func TestSpaceIsGivenBackByWhoMay(t *testing.T) {
	broken := errors.New("the disk is gone")
	for name, c := range map[string]struct {
		said  error
		given bool
		err   error
	}{
		"done":                   {nil, true, nil},
		"not for this user":      {fmt.Errorf("%w: tables are others'", corpus.ErrForbidden), false, nil},
		"tried, and it went bad": {broken, false, broken},
	} {
		w := &Workspace{Corpus: flushing{memory.New(), c.said}}
		if given, err := w.GiveBack(t.Context()); given != c.given || !errors.Is(err, c.err) {
			t.Errorf("%s: %t, %v", name, given, err)
		}
	}
}
