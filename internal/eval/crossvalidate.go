package eval

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
)

// CrossValidate predicts each pair with a model that saw neither of its two
// operators: operators are dealt into folds, and the model for a pair is fitted
// on pairs whose operators both lie outside the folds of its own two. Hops lead
// over intermediates weighed by that same model. The base rate stays that of
// the whole set, so the figures are comparable with those of any other.
func CrossValidate(ctx context.Context, set *Operators, truth *Truth, folds int, seed uint64) ([]Prediction, error) {
	l, err := newLabelling(set, truth)
	if err != nil {
		return nil, err
	}
	fold := l.deal(folds, seed)
	var out []Prediction
	for f := range folds {
		for g := f; g < folds; g++ {
			model, err := l.fit(ctx, "cross-validation", func(operator int) bool {
				return fold[operator] != f && fold[operator] != g
			})
			if err != nil {
				return nil, err
			}
			part, err := set.predict(ctx, l.matches, model, func(at pair) bool {
				a, b := fold[l.group[at[0]]], fold[l.group[at[1]]]
				return min(a, b) == f && max(a, b) == g
			})
			if err != nil {
				return nil, err
			}
			out = append(out, part...)
		}
	}
	slices.SortFunc(out, func(p, q Prediction) int { return cmp.Or(cmp.Compare(p.A, q.A), cmp.Compare(p.B, q.B)) })
	return out, nil
}

// deal puts operators into folds, shuffled by seed, each fold as many.
func (l *labelling) deal(folds int, seed uint64) map[int]int {
	operators := slices.Compact(slices.Sorted(slices.Values(l.group)))
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // not a secret: the same seed must deal the same folds
	random.Shuffle(len(operators), func(i, j int) { operators[i], operators[j] = operators[j], operators[i] })
	fold := make(map[int]int, len(operators))
	for i, operator := range operators {
		fold[operator] = i % folds
	}
	return fold
}
