package investigation

import (
	"context"
	"maps"
	"slices"
	"time"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/pivot"
	"clew/internal/score"
	"clew/internal/source"
)

// A conclusion is what findings are weighed from, beside what the analyst
// decided, which the record has.
type conclusion struct {
	bounds   pivot.Options // but for decisions
	model    score.Model
	corpus   corpus.Reader
	lists    *judgements
	searches map[string]pivot.Search
	progress func(pivot.Progress)
	finished casefile.Finished
}

// mostAttempts bounds how often findings are weighed again because somebody
// decided something meanwhile.
const mostAttempts = 4

// conclude weighs what is known and writes points, reads and findings, beside
// decisions that make it necessary, all or none. It is a pure function of the
// corpus as it stands, the lists, the decisions and the bounds: what a bundle
// replays. It returns the events of the decisions.
func (w *Workspace) conclude(ctx context.Context, id string, c conclusion, decided ...casefile.Entry) ([]casefile.Event, error) {
	var decisions []casefile.Event
	for attempt := 1; ; attempt++ {
		record, err := casefile.Load(ctx, w.Cases, id)
		if err != nil {
			return nil, err
		}
		entries, err := w.weigh(ctx, record, c, decided)
		if err != nil {
			return nil, err
		}
		events, err := w.Cases.Append(ctx, id, slices.Concat(decided, entries)...)
		if err != nil {
			return nil, err
		}
		if decisions == nil {
			decisions = events[:len(decided)]
		}
		overtaken, err := w.overtaken(ctx, record, events[0].Seq)
		if err != nil || !overtaken || attempt == mostAttempts {
			return decisions, err
		}
		decided = nil // they are in the record
	}
}

// overtaken reports whether somebody decided something between reading a record
// and appending to it at next.
func (w *Workspace) overtaken(ctx context.Context, record *casefile.Record, next uint64) (bool, error) {
	if next == record.Head.Seq+1 {
		return false, nil
	}
	events, err := w.Cases.Events(ctx, record.Head.Case, casefile.Query{After: record.Head.Seq})
	return slices.ContainsFunc(events, func(e casefile.Event) bool { return e.Seq < next && e.Type.Weighs() }), err
}

// decided fills in what the analyst decided, in this case and for good.
func (w *Workspace) decided(ctx context.Context, record *casefile.Record, bounds *pivot.Options) error {
	standing, err := casefile.StandingVerdicts(ctx, w.Cases, record.Head.Case)
	if err != nil {
		return err
	}
	own, err := record.Verdicts()
	if err != nil {
		return err
	}
	maps.Copy(standing.RejectedFindings, own.RejectedFindings)
	maps.Copy(standing.RejectedLinks, own.RejectedLinks)
	for v, reason := range own.AcceptedFindings {
		standing.AcceptedFindings[v] = reason
		delete(standing.RejectedFindings, v)
		delete(standing.RejectedLinks, pivot.Link{Value: v})
	}
	bounds.Verdicts = standing
	if bounds.Verdicts.RejectedPoints, err = record.RejectedPoints(); err != nil {
		return err
	}
	bounds.Expansions, err = record.Expansions()
	return err
}

// weigh returns the entries that findings are recorded with, as if the record
// held what is being decided.
func (w *Workspace) weigh(ctx context.Context, record *casefile.Record, c conclusion, decided []casefile.Entry) ([]casefile.Entry, error) {
	at := w.Clock().UTC().Truncate(time.Millisecond)
	after, err := record.After(decided...)
	if err != nil {
		return nil, err
	}
	bounds := c.bounds
	if err := w.decided(ctx, after, &bounds); err != nil {
		return nil, err
	}
	seeds, err := seedValues(record)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(seeds, observable.Value.Compare)
	reader, foresight := across(c.corpus)
	reads := casefile.NewRecordingReader(reader)
	engine := w.engine(reads, c.lists, at, bounds)
	engine.Ahead, engine.Model = foresight, c.model
	searches, said := recordSearches(c.searches)
	engine.Searches = searches
	engine.Progress = c.progress
	result, err := engine.Investigate(ctx, seeds)
	if err != nil {
		return nil, err
	}
	markUnasked(result.Points, after.Asked())
	under := conditionsOf(engine.Model, at, bounds, c.lists.answers)
	under.Likeness = said
	entries, err := w.entries(ctx, under, result, reads)
	if err != nil {
		return nil, err
	}
	described, err := w.describe(ctx, seeds, result.Findings)
	if err != nil {
		return nil, err
	}
	if len(described.Context) > 0 || record.Described() {
		entries = append(entries, casefile.Entry{Time: at, Type: casefile.TypeDescribed, Actor: toolActor, Data: described})
	}
	finished := c.finished
	finished.Gaps = []casefile.Gap{}
	for _, v := range result.Short {
		finished.Gaps = append(finished.Gaps, casefile.Gap{
			Source: "corpus", Kind: v.Kind().String(), Value: v.Text(), State: string(source.Truncated),
			Reason: "the corpus holds more links of it than were read",
		})
	}
	return append(entries, casefile.Entry{Time: at, Type: casefile.TypeFinished, Actor: toolActor, Data: finished}), nil
}

// entries keeps the blobs of a run and returns the events that name them.
func (w *Workspace) entries(ctx context.Context, under conditions, result pivot.Result, reads *casefile.RecordingReader) ([]casefile.Entry, error) {
	at := under.At
	var entries []casefile.Entry
	for _, p := range result.Points {
		entries = append(entries, casefile.Entry{Time: at, Type: casefile.TypePivoted, Actor: toolActor, Data: casefile.PivotOf(p)})
	}
	readDigest, err := w.Cases.PutBlob(ctx, reads.Bytes())
	if err != nil {
		return nil, err
	}
	kept, err := casefile.Canonical(under)
	if err != nil {
		return nil, err
	}
	conditionsDigest, err := w.Cases.PutBlob(ctx, kept)
	if err != nil {
		return nil, err
	}
	blob, found, err := casefile.FindingsBlob(result.Findings, under.Model)
	if err != nil {
		return nil, err
	}
	if found.SHA256, err = w.Cases.PutBlob(ctx, blob); err != nil {
		return nil, err
	}
	return append(entries,
		casefile.Entry{Time: at, Type: casefile.TypeRead, Actor: toolActor, Data: casefile.Read{SHA256: readDigest, Questions: reads.Len(), Lists: conditionsDigest}},
		casefile.Entry{Time: at, Type: casefile.TypeFound, Actor: toolActor, Data: found},
	), nil
}
