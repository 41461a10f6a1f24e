package server

import (
	"testing"

	"clew/internal/observable"
)

// TestEveryKindHasWords: a new kind needs a label and a group for the page.
func TestEveryKindHasWords(t *testing.T) {
	for _, k := range observable.Kinds() {
		if w := kindWords[k]; w.label == "" || w.group == "" {
			t.Errorf("%s has no label or no group", k)
		}
	}
}
