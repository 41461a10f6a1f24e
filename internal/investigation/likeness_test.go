package investigation

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
)

// oneTwin knows one name that is like every other.
type oneTwin struct{ pivot.Likeness }

func (t oneTwin) Like(context.Context, observable.Value, int) ([]pivot.Likeness, bool, error) {
	return []pivot.Likeness{t.Likeness}, true, nil
}

func TestSearchesReplayAsTheyAnswered(t *testing.T) {
	like := pivot.Likeness{
		Value: observable.Must(observable.Domain, "b.example"), Relation: observation.Shape,
		Shared: observable.Must(observable.Text, "a-#"), Worth: 4, Note: "built alike",
	}
	asked := observable.Must(observable.Domain, "a.example")
	recorded, said := recordSearches(map[string]pivot.Search{"naming": oneTwin{like}})
	if _, _, err := recorded["naming"].Like(t.Context(), asked, 10); err != nil {
		t.Fatal(err)
	}
	blob, err := json.Marshal(conditions{Likeness: said})
	if err != nil {
		t.Fatal(err)
	}
	under, err := readConditions(blob)
	if err != nil {
		t.Fatal(err)
	}
	found, more, err := replayedSearches(under.Likeness)["naming"].Like(t.Context(), asked, 10)
	if err != nil || !more {
		t.Fatalf("more %v, error %v", more, err)
	}
	if diff := cmp.Diff([]pivot.Likeness{like}, found, cmp.Comparer(func(a, b observable.Value) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}
