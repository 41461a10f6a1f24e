package eval

import (
	"context"
	"testing"
	"time"

	"clew/internal/corpus/memory"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/reference"
	"clew/internal/score"
	"clew/internal/world"
)

// noLists knows nothing: what the engine makes of a world is its own.
type noLists struct{}

func (noLists) Suppressed(observation.Relation, observable.Value) (string, bool) { return "", false }

func (noLists) Benign(observable.Value) (string, bool)                        { return "", false }
func (noLists) NameCount(observation.Relation, string) (uint64, string, bool) { return 0, "", false }

func (noLists) BaseCount(observation.Relation, observable.Value) (n, of uint64, list string, ok bool) {
	return 0, 0, "", false
}

var (
	_ pivot.Lists = noLists{}
	_ Lists       = (*reference.Set)(nil)
)

// behindCDN is the place of that row among the disguises.
const behindCDN = 1

// TestDisguisesHoldOffBystanders investigates planted operators who hide, or borrow
// a bystander's server, page and name: the siblings are found, and who was borrowed
// from is not in the high band.
//
// The store has three thousand names, for which the model states the prior of
// 20,000: with the whole 58 siblings expected among them, the high bands of the
// first four rows held 134 siblings and 29 strangers, since then 125 and 3. That
// costs most behind a CDN, where 28 of 39 siblings stay high and 33 were.
func TestDisguisesHoldOffBystanders(t *testing.T) {
	w, err := world.New(world.Options{Seed: 1, Observations: 40_000})
	if err != nil {
		t.Fatal(err)
	}
	disguises := Disguises(w.Observations, CampaignsOf(w.Operators(), 3))
	for i, d := range disguises {
		store := memory.New()
		if _, err := FillWorld(context.Background(), store, w, d.Rewrite); err != nil {
			t.Fatal(err)
		}
		engine := &pivot.Engine{Corpus: store, Model: score.Fitted(), Lists: noLists{}, Clock: func() time.Time { return time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC) }}
		m, err := Replay{Investigate: engine.Investigate, Unit: RegisteredDomain}.Measure(context.Background(), d.Targets)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: right %v, wrong %v of %d siblings", d.Name, m.Right, m.Wrong, m.Siblings)
		if m.Cases != 3 || m.Siblings == 0 || m.Met < m.Siblings/2 {
			t.Errorf("%s: met %d of %d siblings in %d cases, want half of them at least", d.Name, m.Met, m.Siblings, m.Cases)
		}
		if got := m.Precision(score.High); got < 0.9 {
			t.Errorf("%s: the high band is %.2f precise, want 0.9", d.Name, got)
		}
		least := 0.75
		if i == behindCDN {
			least = 0.7
		}
		if got := m.Recall(score.High); got < least {
			t.Errorf("%s: %.2f of the siblings are high, want %.2f", d.Name, got, least)
		}
		if m.Joined != 0 {
			t.Errorf("%s: %d of %d bystanders are in the high band", d.Name, m.Joined, m.Victims)
		}
	}
	if got := disguises[behindCDN].Name; got != "hidden behind a CDN" {
		t.Errorf("the second disguise is %q", got)
	}
	if victims := len(disguises[2].Targets[0].Victims); victims != 1 {
		t.Errorf("the first operator borrows from %d bystanders, want one", victims)
	}
}

func TestEachDomainCountsOnceInItsBestBand(t *testing.T) {
	name := func(text string) observable.Value { return observable.Must(observable.Domain, text) }
	result := pivot.Result{
		Findings: []pivot.Finding{
			{Value: name("a.test"), Band: "high", P: 0.95},
			{Value: name("www.a.test"), Band: "low", P: 0.3},
			{Value: name("seed.test"), Band: "high", P: 0.99},
			{Value: name("stranger.test"), Band: "medium", P: 0.6},
			{Value: name("victim.test"), Band: "high", P: 0.9},
		},
		Points: []pivot.Point{{State: pivot.Run}, {State: pivot.Rejected}, {State: pivot.Run}},
	}
	c := Campaign{ID: "x", Seed: name("seed.test"), Members: []observable.Value{name("seed.test"), name("a.test"), name("b.test")}, Victims: []observable.Value{name("victim.test")}}
	investigate := func(context.Context, []observable.Value) (pivot.Result, error) { return result, nil }
	m, err := Replay{Investigate: investigate, Unit: RegisteredDomain}.Measure(context.Background(), []Campaign{c})
	if err != nil {
		t.Fatal(err)
	}
	if m.Siblings != 2 || m.Met != 1 || m.Queries != 2 || m.Right[score.High] != 1 || m.Wrong[score.High] != 1 || m.Wrong[score.Medium] != 1 || m.Right[score.Low] != 0 || m.Joined != 1 {
		t.Errorf("got %+v", m)
	}
	if got := m.Recall(score.High, score.Medium); got != 0.5 {
		t.Errorf("recall %.2f, want one of two", got)
	}
}
