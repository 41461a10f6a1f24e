package pivot

import (
	"context"
	"strings"
	"testing"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/score"
)

// twins is a search that knows one value to be like every other.
type twins struct{ like Likeness }

func (s twins) Like(context.Context, observable.Value, int) ([]Likeness, bool, error) {
	return []Likeness{s.like}, false, nil
}

func naming(t *testing.T) Method {
	t.Helper()
	m, ok := MethodNamed("naming")
	if !ok {
		t.Fatal("the catalogue has no naming")
	}
	return m
}

func likeness() Likeness {
	return Likeness{
		Value: domain("far-away.test"), Relation: observation.Shape, Shared: observable.Must(observable.Text, "postalia-#"),
		Holders: score.NameFloor, Of: score.NameWorld, CountOf: "floor", Note: "built alike",
	}
}

func TestSearchMeetsWhatNoSharedValueLeadsTo(t *testing.T) {
	e := engine(t, smallWorld())
	e.Searches = map[string]Search{"naming": twins{likeness()}}
	result, err := e.Pivot(context.Background(), domain("postalia-a.test"), naming(t))
	if err != nil {
		t.Fatal(err)
	}
	f := result.finding(t, "far-away.test")
	if f.Band != string(score.Coincidence) {
		t.Errorf("a likeness of names alone is %s, P %.3f", f.Band, f.P)
	}
	sum := 0.0
	note := ""
	for _, factor := range f.Factors {
		sum += factor.Bits
		if factor.Relation == observation.Shape.String() {
			note = factor.Note
		}
	}
	if note != "built alike" || sum < f.Bits-0.01 || sum > f.Bits+0.01 {
		t.Errorf("factors add up to %.3f of %.3f and say %q", sum, f.Bits, note)
	}
	if len(result.Points) != 1 || result.Points[0].State != Run || result.Points[0].New != 1 {
		t.Errorf("points %+v", result.Points)
	}
}

func TestLikenessWithFixedWorthCounts(t *testing.T) {
	e := engine(t, smallWorld())
	like := likeness()
	like.Worth, like.Holders, like.Of = 6, 0, 0
	e.Searches = map[string]Search{"naming": twins{like}}
	result, err := e.Pivot(context.Background(), domain("postalia-a.test"), naming(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, factor := range result.finding(t, "far-away.test").Factors {
		if factor.Relation == observation.Shape.String() && (factor.Bits < 5.99 || factor.Bits > 6.01) {
			t.Errorf("worth %v", factor.Bits)
		}
	}
}

func TestInvestigationDoesNotSearchWhatRunsOnRequest(t *testing.T) {
	e := engine(t, smallWorld())
	e.Searches = map[string]Search{"naming": twins{likeness()}}
	for _, f := range investigate(t, e, "postalia-a.test").Findings {
		if f.Value.Text() == "far-away.test" {
			t.Error("naming ran unasked")
		}
	}
}

func TestPivotWithoutAnIndexSaysSo(t *testing.T) {
	result, err := engine(t, smallWorld()).Pivot(context.Background(), domain("postalia-a.test"), naming(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Points) != 1 || result.Points[0].State != NotAsked || !strings.Contains(result.Points[0].Reason, "no index") {
		t.Errorf("points %+v", result.Points)
	}
}

func TestPointsNameTheSearchesThatCanStart(t *testing.T) {
	const ssdeep = "3:hMCEpFwn:hup"
	sample := observable.Must(observable.File, strings.Repeat("a", 32))
	e := engine(t, []observation.Observation{
		{Subject: sample, Relation: observation.Ssdeep, Object: observable.Must(observable.Ssdeep, ssdeep), Source: "file", Count: 1},
	})
	points, err := e.Points(context.Background(), sample)
	if err != nil {
		t.Fatal(err)
	}
	if len(points) != 1 || points[0].Method != "ssdeep" || points[0].Value.Text() != ssdeep || points[0].State != NotAsked || points[0].HoldersKnown {
		t.Errorf("points of a file with a ssdeep digest and no behaviour: %+v", points)
	}
	points, err = e.Points(context.Background(), domain("postalia-a.test"))
	if err != nil || points[len(points)-1].Method != "naming" {
		t.Errorf("points of a name: %+v, %v", points, err)
	}
}
