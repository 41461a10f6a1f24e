package investigation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
)

// ErrNotRun means that a case has no findings yet to expand or to weigh again.
var ErrNotRun = errors.New("the case has not been investigated to an end yet")

// Reweigh weighs a case again from what its last run read, with what the analyst
// decides now: the entries given and the findings that follow from them are
// written together or not at all. It asks nobody, and looks into the corpus only
// for what that run did not read, so that nothing changes but by the decision. In
// a case without findings the decision alone is written.
func (w *Workspace) Reweigh(ctx context.Context, id string, decided ...casefile.Entry) ([]casefile.Event, error) {
	under, err := lastConditions(ctx, w.Cases, id)
	switch {
	case errors.Is(err, ErrNotRun) && len(decided) > 0:
		return w.Cases.Append(ctx, id, decided...)
	case err != nil:
		return nil, err
	}
	reads, err := casefile.LastReads(ctx, w.Cases, id)
	if err != nil {
		return nil, err
	}
	model, known := under.weights()
	if !known {
		model = w.model()
	}
	finished, err := lastFinished(ctx, w.Cases, id)
	if err != nil {
		return nil, err
	}
	answers := maps.Clone(under.Lists)
	if answers == nil {
		answers = map[string]judgement{}
	}
	return w.conclude(ctx, id, conclusion{
		bounds: under.options(), model: model, corpus: backed{reads.Final(), w.Corpus},
		lists: &judgements{lists: w.lists(), answers: answers}, searches: rememberedSearches(under.Likeness, w.searches()), finished: finished,
	}, decided...)
}

// lastConditions are those of the last run of a case that came to findings.
func lastConditions(ctx context.Context, r casefile.Reader, id string) (conditions, error) {
	events, err := r.Events(ctx, id, casefile.Query{Types: []casefile.Type{casefile.TypeRead}, Last: true})
	if err != nil {
		return conditions{}, err
	}
	if len(events) == 0 {
		return conditions{}, fmt.Errorf("%w: clew investigate --case %s", ErrNotRun, id)
	}
	var read casefile.Read
	if err := events[0].Decode(&read); err != nil {
		return conditions{}, err
	}
	blob, err := r.GetBlob(ctx, read.Lists)
	if err != nil {
		return conditions{}, fmt.Errorf("conditions of the run: %w", err)
	}
	return readConditions(blob)
}

// lastFinished says how the last run ended: weighing again completes nothing.
func lastFinished(ctx context.Context, r casefile.Reader, id string) (casefile.Finished, error) {
	finished := casefile.Finished{State: casefile.StateComplete}
	events, err := r.Events(ctx, id, casefile.Query{Types: []casefile.Type{casefile.TypeFinished}, Last: true})
	if err != nil || len(events) == 0 {
		return finished, err
	}
	return finished, events[0].Decode(&finished)
}

// backed answers from what a run read, and from the corpus what it did not.
type backed struct {
	read   *casefile.ReplayReader
	corpus corpus.Reader
}

var _ corpus.Reader = backed{}

func unread(err error) bool { return errors.Is(err, casefile.ErrNotRead) }

func (b backed) Objects(ctx context.Context, subject observable.Value, limit int, relations ...observation.Relation) ([]corpus.Link, bool, error) {
	links, more, err := b.read.Objects(ctx, subject, limit, relations...)
	if unread(err) {
		return b.corpus.Objects(ctx, subject, limit, relations...)
	}
	return links, more, err
}

func (b backed) Subjects(ctx context.Context, relation observation.Relation, object observable.Value, limit int) ([]corpus.Link, bool, error) {
	links, more, err := b.read.Subjects(ctx, relation, object, limit)
	if unread(err) {
		return b.corpus.Subjects(ctx, relation, object, limit)
	}
	return links, more, err
}

func (b backed) Holders(ctx context.Context, relation observation.Relation, object observable.Value, limit int) (corpus.Count, error) {
	count, err := b.read.Holders(ctx, relation, object, limit)
	if unread(err) {
		return b.corpus.Holders(ctx, relation, object, limit)
	}
	return count, err
}

func (b backed) Totals(ctx context.Context, relation observation.Relation, object observable.Value) ([]corpus.Total, error) {
	totals, err := b.read.Totals(ctx, relation, object)
	if unread(err) {
		return b.corpus.Totals(ctx, relation, object)
	}
	return totals, err
}

func (b backed) Subdomains(ctx context.Context, domain observable.Value, limit int) ([]observable.Value, bool, error) {
	names, more, err := b.read.Subdomains(ctx, domain, limit)
	if unread(err) {
		return b.corpus.Subdomains(ctx, domain, limit)
	}
	return names, more, err
}

func (b backed) InRange(ctx context.Context, prefix netip.Prefix, limit int) ([]observable.Value, bool, error) {
	addresses, more, err := b.read.InRange(ctx, prefix, limit)
	if unread(err) {
		return b.corpus.InRange(ctx, prefix, limit)
	}
	return addresses, more, err
}

func (b backed) Population(ctx context.Context, relation observation.Relation) (corpus.Population, error) {
	population, err := b.read.Population(ctx, relation)
	if unread(err) {
		return b.corpus.Population(ctx, relation)
	}
	return population, err
}

// rememberedSearch answers from what a run was told, and else searches.
type rememberedSearch struct {
	replayedSearch
	pivot.Search
}

func rememberedSearches(said map[string]likenesses, searches map[string]pivot.Search) map[string]pivot.Search {
	all := map[string]pivot.Search{}
	for method, by := range searches {
		all[method] = rememberedSearch{replayedSearch{method, said}, by}
	}
	return all
}

func (s rememberedSearch) Like(ctx context.Context, v observable.Value, limit int) ([]pivot.Likeness, bool, error) {
	if _, told := s.said[s.method+" "+v.String()]; told {
		return s.replayedSearch.Like(ctx, v, limit)
	}
	return s.Search.Like(ctx, v, limit)
}
