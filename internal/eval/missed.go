package eval

import (
	"context"
	"slices"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/pivot"
)

// whyMissed says what kept an investigation from a sibling of its seed.
func whyMissed(ctx context.Context, c pivot.Corpus, seed, sibling observable.Value, points []pivot.Point) (string, error) {
	held, _, err := c.Objects(ctx, seed, 0)
	if err != nil {
		return "", err
	}
	has := map[observable.Value]bool{}
	for _, l := range held {
		has[l.Object] = true
	}
	shared, _, err := c.Objects(ctx, sibling, 0)
	if err != nil {
		return "", err
	}
	shared = slices.DeleteFunc(shared, func(l corpus.Link) bool { return !has[l.Object] })
	if len(shared) == 0 {
		return "shares no value with the seed", nil
	}
	for _, p := range points {
		if p.State == pivot.Rejected && slices.ContainsFunc(shared, func(l corpus.Link) bool { return l.Object == p.Value }) {
			return "only by what is not followed", nil
		}
	}
	return "only by what is never followed", nil
}
