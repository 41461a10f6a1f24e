package source_test

import (
	"context"
	"slices"
	"testing"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// offer is a source that is only described.
type offer struct{ info source.Info }

func (o offer) Info() source.Info { return o.info }

func (offer) Observe(context.Context, source.Asker, source.Question) (source.Answer, error) {
	return source.Answer{}, nil
}

func TestBudgetGoesToWhatPromisesMostForItsPrice(t *testing.T) {
	resolves, email := observation.ResolvesTo, observation.RegistrantEmail
	sources := []source.Source{
		offer{source.Info{Name: "bought", Answers: []observation.Relation{resolves, email}, Cost: 1, Credits: 1}},
		offer{source.Info{Name: "scarce", Answers: []observation.Relation{resolves}, Cost: 1, Quotas: []source.Quota{{Requests: 50, Per: source.Month}}}},
		offer{source.Info{Name: "plenty", Answers: []observation.Relation{resolves}, Cost: 1, Quotas: []source.Quota{{Requests: 50_000, Per: source.Day}}}},
		offer{source.Info{Name: "twice", Answers: []observation.Relation{resolves}, Cost: 2}},
		offer{source.Info{Name: "free-and-full", Answers: []observation.Relation{resolves, email}, Cost: 1}},
		offer{source.Info{Name: "beside-the-point", Answers: []observation.Relation{observation.Imphash}, Cost: 1}},
		offer{source.Info{Name: "a-pace-is-no-quota", Answers: []observation.Relation{resolves}, Cost: 1, Quotas: []source.Quota{{Requests: 1, Per: source.Second}}}},
	}
	want := []string{"free-and-full", "a-pace-is-no-quota", "plenty", "twice", "bought", "scarce", "beside-the-point"}
	for range 2 {
		var got []string
		for _, s := range source.ByWorth(sources, observable.Domain) {
			got = append(got, s.Info().Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		slices.Reverse(sources)
	}
}
