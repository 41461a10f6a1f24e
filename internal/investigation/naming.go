package investigation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"clew/internal/naming"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/score"
)

// NamingMethod is the row of the catalogue that SearchNames serves.
const NamingMethod = "naming"

// SearchNames lets the engines of w follow the naming pivot through an index.
// pattern, when there is one, is searched for as well.
func (w *Workspace) SearchNames(index *naming.Index, pattern *naming.Pattern) {
	if w.Searches == nil {
		w.Searches = map[string]pivot.Search{}
	}
	w.Searches[NamingMethod] = w.nameSearch(index, pattern)
}

func (w *Workspace) nameSearch(index *naming.Index, pattern *naming.Pattern) *nameSearch {
	return &nameSearch{index: index, lists: w.lists(), language: w.Language(), pattern: pattern}
}

// searches are the methods in code of a case: those of the workspace, and names
// built alike, whose index is made when somebody asks for it.
func (w *Workspace) searches() map[string]pivot.Search {
	all := map[string]pivot.Search{NamingMethod: lazyNames{w}}
	maps.Copy(all, w.Searches)
	return all
}

// lazyNames searches for names once their index is there.
type lazyNames struct{ *Workspace }

// Like implements [pivot.Search]. One search at a time: an index that has grown
// old is replaced under nobody's hands.
func (l lazyNames) Like(ctx context.Context, v observable.Value, limit int) ([]pivot.Likeness, bool, error) {
	l.names.using.Lock()
	defer l.names.using.Unlock()
	index, _, err := l.NameIndex(ctx, nil)
	if errors.Is(err, ErrCannotList) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return l.nameSearch(index, nil).Like(ctx, v, limit)
}

// nameSearch is the naming pivot.
type nameSearch struct {
	index    *naming.Index
	lists    lists
	language *naming.Language
	pattern  *naming.Pattern
}

// alike is a name with the first way in which it was found.
type alike struct {
	pivot.Likeness
	rank int // ways in the order of what they tell
	name naming.Name
}

// Like implements [pivot.Search].
func (s *nameSearch) Like(ctx context.Context, v observable.Value, limit int) ([]pivot.Likeness, bool, error) {
	own, ok := naming.NameOf(v)
	if !ok {
		return nil, false, nil
	}
	q := &nameQuery{nameSearch: s, own: own, limit: limit, found: map[naming.Name]alike{}}
	for rank, way := range []func(context.Context) error{
		q.byPattern, q.byLabel, q.byGuise, q.byTricks, q.bySkeleton, q.byTokens, q.byEdits, q.byPrefix, q.byShape,
	} {
		q.rank = rank
		if err := way(ctx); err != nil {
			return nil, false, fmt.Errorf("names like %s: %w", own, err)
		}
	}
	found, more := q.best()
	return found, more, nil
}

// nameQuery collects the names like one.
type nameQuery struct {
	*nameSearch
	own   naming.Name
	limit int
	rank  int
	more  bool
	found map[naming.Name]alike
}

// add keeps names found in one way, unless a better way found them before.
func (q *nameQuery) add(names []naming.Name, more bool, like pivot.Likeness) {
	q.more = q.more || more
	for _, n := range names {
		if _, known := q.found[n]; known || n == q.own {
			continue
		}
		value, ok := n.Value()
		if !ok {
			continue
		}
		like.Value = value
		q.found[n] = alike{Likeness: like, rank: q.rank, name: n}
	}
}

func (q *nameQuery) best() ([]pivot.Likeness, bool) {
	all := make([]alike, 0, len(q.found))
	for _, s := range q.found {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b alike) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.name.Label, b.name.Label), cmp.Compare(a.name.Suffix, b.name.Suffix))
	})
	n := min(len(all), q.limit)
	out := make([]pivot.Likeness, n)
	for i := range out {
		out[i] = all[i].Likeness
	}
	return out, q.more || n < len(all)
}

// by is a likeness that is no evidence of its own: the facts in the names say
// what they share.
func by(r observation.Relation, shared, note string) pivot.Likeness {
	text, err := observable.New(observable.Text, shared)
	if err != nil {
		text = observable.Value{}
	}
	return pivot.Likeness{Relation: r, Shared: text, Note: note}
}

func (q *nameQuery) byLabel(ctx context.Context) error {
	names, more, err := q.index.UnderAnySuffix(ctx, q.own.Label, q.limit)
	q.add(names, more, by(observation.Label, q.own.Label, "the same label under another suffix"))
	return err
}

// byGuise finds internationalised names that look the same by Unicode TR39.
func (q *nameQuery) byGuise(ctx context.Context) error {
	names, more, err := q.index.WithGuise(ctx, naming.Guise(q.own.Label), q.limit)
	q.add(names, more, q.looksLike("letters of another script that look the same"))
	return err
}

// byTricks looks each usual squat up.
func (q *nameQuery) byTricks(ctx context.Context) error {
	variants := append(naming.Squats(q.own.Label, naming.ComboWords()), naming.DrawnIn(q.own)...)
	for _, v := range variants {
		names, more, err := q.index.UnderAnySuffix(ctx, v.Label, q.limit)
		if err != nil {
			return err
		}
		q.add(names, more, q.looksLike(string(v.Trick)))
	}
	return nil
}

func (q *nameQuery) bySkeleton(ctx context.Context) error {
	skeleton := naming.Skeleton(q.own.Label)
	if skeleton == q.own.Label {
		return nil
	}
	names, more, err := q.index.WithSkeleton(ctx, skeleton, q.limit)
	q.add(names, more, by(observation.Shape, skeleton, "the same but for the digits"))
	return err
}

// byTokens follows the words of the name that few names hold.
func (q *nameQuery) byTokens(ctx context.Context) error {
	value, ok := q.own.Value()
	if !ok {
		return nil
	}
	for _, token := range observable.Tokens(value) {
		if _, _, known := q.lists.NameCount(observation.Token, token); known {
			continue
		}
		names, more, err := q.index.WithToken(ctx, token, q.limit)
		if err != nil {
			return err
		}
		q.add(names, more, by(observation.Token, token, "holds a rare word of the name"))
	}
	return nil
}

// Shorter labels have neighbours everywhere: below shortLabel none counts, below
// longLabel one edit does. Origin: judgement.
const (
	shortLabel = 5
	longLabel  = 8
)

// editsOf is how far from a label the pivot looks.
func editsOf(label string) int {
	switch {
	case len(label) < shortLabel:
		return 0
	case len(label) < longLabel:
		return 1
	}
	return naming.MaxEdits
}

func (q *nameQuery) byEdits(ctx context.Context) error {
	for edits := 1; edits <= editsOf(q.own.Label); edits++ {
		names, more, err := q.index.Near(ctx, q.own.Label, edits, q.limit)
		if err != nil {
			return err
		}
		note := "one edit away"
		if edits == 2 {
			note = "two edits away"
		}
		q.add(names, more, q.looksLike(note))
	}
	return nil
}

// namePrefixLetters is the length of the prefix that names share as a fact.
const namePrefixLetters = 6

func (q *nameQuery) byPrefix(ctx context.Context) error {
	if len(q.own.Label) <= namePrefixLetters {
		return nil
	}
	prefix := q.own.Label[:namePrefixLetters]
	if _, _, known := q.lists.NameCount(observation.NamePrefix, prefix); known {
		return nil
	}
	names, more, err := q.index.StartingWith(ctx, prefix, q.limit)
	q.add(names, more, by(observation.NamePrefix, prefix, "starts with the same rare letters"))
	return err
}

// commonShape is the share of names from which a shape is a habit of many: there
// its weight comes to nothing, by the formula for a value that so many share.
const commonShape = 8e-4

// shapeNote begins the note of a name found by shape.
const shapeNote = "letters and digits in the same places"

// byShape finds the names with the same letters and digits in the same places,
// where few names of the corpus have them and few would by chance. As many of the
// world's names are taken to have the shape as the larger of both says, and a
// thousand at least.
func (q *nameQuery) byShape(ctx context.Context) error {
	shape, ok := naming.ShapeOf(q.own.Label)
	if !ok {
		return nil
	}
	held, err := q.index.Holders(observation.Shape, shape)
	if err != nil || held < 2 || held > naming.MostOfShape {
		return err
	}
	like := by(observation.Shape, shape, fmt.Sprintf(shapeNote+", as %d of %d local names", held, q.index.Meta.Names))
	like.Of, like.CountOf = score.NameWorld, "share of the local names"
	share := float64(held) / float64(q.index.Meta.Names)
	if chance := q.language.ExpectedShape(shape, 1); chance > share {
		share, like.CountOf = chance, "share of names that people choose"
	}
	like.Holders = max(score.NameFloor, uint64(math.Ceil(share*score.NameWorld)))
	if share > commonShape {
		return nil
	}
	names, more, err := q.index.WithShape(ctx, shape, q.limit)
	q.add(names, more, like)
	return err
}

// looksLike is the evidence of a label that was made to pass for another or
// differs from it by little: as many of the world's names do as hold its words,
// and a thousand at least.
func (q *nameQuery) looksLike(note string) pivot.Likeness {
	like := by(observation.Shape, "like "+q.own.Label, note)
	like.Holders, like.Of, like.CountOf = score.NameFloor, score.NameWorld, "floor of an uncounted word"
	if n, from, known := q.lists.NameCount(observation.Token, q.own.Label); known && n > like.Holders {
		like.Holders, like.CountOf = n, from
	}
	return like
}

func (q *nameQuery) byPattern(ctx context.Context) error {
	if q.pattern == nil || !q.pattern.Matches(q.own) {
		return nil
	}
	names, more, err := q.index.Matching(ctx, q.pattern, q.limit)
	if err != nil {
		return err
	}
	chance, err := q.language.Expected(q.pattern, score.NameWorld)
	if err != nil {
		return err
	}
	like := by(observation.DGAFamily, q.pattern.Regexp, "made by the family's pattern")
	like.Of, like.CountOf = score.NameWorld, "names found, and expected by chance"
	like.Holders = uint64(math.Ceil(float64(len(names)) + min(chance, score.NameWorld)))
	q.add(names, more, like)
	return nil
}
