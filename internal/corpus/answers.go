package corpus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"clew/internal/observable"
)

// An Answer says that a source told all it knows of a value: what the store
// holds of it from there is whole, and counts as fresh until then, so that
// nobody need ask again. An answer that was cut short leaves none.
type Answer struct {
	Source string
	About  observable.Value
	At     time.Time // when it was given, UTC, to the second
	Until  time.Time // fresh until then, UTC, to the second
	// Detail is what the asker wants to have back, of no meaning to the store.
	Detail []byte
}

// MaxDetail bounds an answer's detail, in bytes.
const MaxDetail = 1 << 20

// Answers keeps who was asked about what, so that a question whose answer is in
// the store is not asked again.
type Answers interface {
	// Answers returns the last answer of each source about a value, by source.
	Answers(ctx context.Context, about observable.Value) ([]Answer, error)
	// PutAnswers stores answers; a newer one of the same source replaces the older.
	// What they say must be in the store before.
	PutAnswers(ctx context.Context, answers []Answer) error
}

// NormalAnswer returns a in the form in which engines keep it, and refuses what
// no engine may keep.
func NormalAnswer(a Answer) (Answer, error) {
	switch {
	case a.Source == "":
		return a, errors.New("answer without a source")
	case a.About.IsZero():
		return a, fmt.Errorf("answer of %s about nothing", a.Source)
	case len(a.Detail) > MaxDetail:
		return a, fmt.Errorf("answer of %s with %d bytes of detail, at most %d are kept", a.Source, len(a.Detail), MaxDetail)
	}
	if err := checkSource(a.Source); err != nil {
		return a, err
	}
	var err error
	if a.At, err = second(a.At); err != nil {
		return a, err
	}
	a.Until, err = second(a.Until)
	return a, err
}

// MergeAnswers returns kept with given in it, by source: of two of one source
// the newer, of two of one time the one given.
func MergeAnswers(kept, given []Answer) []Answer {
	merged := slices.Clone(kept)
	for _, a := range given {
		i := slices.IndexFunc(merged, func(k Answer) bool { return k.Source == a.Source })
		switch {
		case i < 0:
			merged = append(merged, a)
		case !merged[i].At.After(a.At):
			merged[i] = a
		}
	}
	slices.SortFunc(merged, func(a, b Answer) int { return cmp.Compare(a.Source, b.Source) })
	return merged
}
