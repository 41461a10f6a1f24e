package eval

import (
	"testing"

	"clew/internal/reference"
	"clew/internal/score"
)

func TestLabelledTables(t *testing.T) {
	dir := sharedData(t, "data/confidence")
	lists, err := reference.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range []score.Model{score.Fitted(), score.Closed()} {
		rows, err := Tables(dir, model, lists)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			t.Logf("%s: %s: %s: %s (want %s)", model.Version, row.Table, row.Figure, row.Got, row.Want)
			if !row.OK {
				t.Errorf("%s: %s: %s: got %s, want %s", model.Version, row.Table, row.Figure, row.Got, row.Want)
			}
		}
	}
}
