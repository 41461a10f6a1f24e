package eval

import (
	"context"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/world"
)

// FillWorld loads a synthetic world into a store in one go, each observation
// rewritten first, and returns how many went in. A nil rewrite keeps the world
// as it is.
func FillWorld(ctx context.Context, store corpus.Writer, w *world.World, rewrite func(observation.Observation) []observation.Observation) (int, error) {
	loader, err := store.Load(ctx)
	if err != nil {
		return 0, err
	}
	defer loader.Close() //nolint:errcheck // after Commit there is nothing left to drop
	if rewrite == nil {
		rewrite = func(o observation.Observation) []observation.Observation { return []observation.Observation{o} }
	}
	n := 0
	for o := range w.Observations {
		for _, seen := range rewrite(o) {
			seen.Source = "world"
			if err := loader.Add(seen); err != nil {
				return n, err
			}
			n++
		}
	}
	_, err = loader.Commit(corpus.Import{ID: "world", Name: "world"})
	return n, err
}

// CampaignsOf turns planted operators into campaigns, at most so many.
func CampaignsOf(operators []world.Operator, most int) []Campaign {
	var out []Campaign
	for _, op := range operators[:min(most, len(operators))] {
		c := Campaign{ID: op.ID, Seed: observable.Must(observable.Domain, op.Seed)}
		for _, name := range op.Domains {
			c.Members = append(c.Members, observable.Must(observable.Domain, name))
		}
		out = append(out, c)
	}
	return out
}
