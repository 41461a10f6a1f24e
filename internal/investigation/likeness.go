package investigation

import (
	"context"
	"fmt"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
)

// likeness is a pivot.Likeness in the conditions of a run.
type likeness struct {
	Value    observable.Value `json:"value"`
	Relation string           `json:"relation"`
	Shared   observable.Value `json:"shared"`
	Worth    float64          `json:"worth,omitempty"`
	Holders  uint64           `json:"holders,omitempty"`
	Of       uint64           `json:"of,omitempty"`
	CountOf  string           `json:"count_of,omitempty"`
	Note     string           `json:"note,omitempty"`
}

// likenesses is one answer of a search.
type likenesses struct {
	Found []likeness `json:"found"`
	More  bool       `json:"more,omitempty"`
}

func likenessesOf(found []pivot.Likeness, more bool) likenesses {
	said := likenesses{Found: make([]likeness, len(found)), More: more}
	for i, l := range found {
		said.Found[i] = likeness{l.Value, l.Relation.String(), l.Shared, l.Worth, l.Holders, l.Of, l.CountOf, l.Note}
	}
	return said
}

func (l likenesses) pivots() ([]pivot.Likeness, bool, error) {
	found := make([]pivot.Likeness, len(l.Found))
	for i, k := range l.Found {
		relation, ok := observation.RelationNamed(k.Relation)
		if !ok {
			return nil, false, fmt.Errorf("likeness under unknown relation %q", k.Relation)
		}
		found[i] = pivot.Likeness{
			Value: k.Value, Relation: relation, Shared: k.Shared, Worth: k.Worth,
			Holders: k.Holders, Of: k.Of, CountOf: k.CountOf, Note: k.Note,
		}
	}
	return found, l.More, nil
}

// recordedSearch keeps what a search said, for the replay.
type recordedSearch struct {
	pivot.Search
	method string
	said   map[string]likenesses // by method and value
}

// recordSearches wraps searches so that said fills with their answers.
func recordSearches(searches map[string]pivot.Search) (wrapped map[string]pivot.Search, said map[string]likenesses) {
	wrapped, said = map[string]pivot.Search{}, map[string]likenesses{}
	for method, by := range searches {
		wrapped[method] = recordedSearch{by, method, said}
	}
	return wrapped, said
}

func (s recordedSearch) Like(ctx context.Context, v observable.Value, limit int) ([]pivot.Likeness, bool, error) {
	found, more, err := s.Search.Like(ctx, v, limit)
	if err == nil {
		s.said[s.method+" "+v.String()] = likenessesOf(found, more)
	}
	return found, more, err
}

// replayedSearch answers from a recording. Where the recorded run had no search
// of the method, none was asked, and it finds nothing as then.
type replayedSearch struct {
	method string
	said   map[string]likenesses
}

func replayedSearches(said map[string]likenesses) map[string]pivot.Search {
	searches := map[string]pivot.Search{}
	for _, m := range pivot.Catalogue() {
		if !m.Relation.Valid() {
			searches[m.Name] = replayedSearch{m.Name, said}
		}
	}
	return searches
}

func (s replayedSearch) Like(_ context.Context, v observable.Value, _ int) ([]pivot.Likeness, bool, error) {
	return s.said[s.method+" "+v.String()].pivots()
}
