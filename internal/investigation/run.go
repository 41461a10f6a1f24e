package investigation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"clew/internal/casefile"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/score"
	"clew/internal/source"
)

// A Request says what to investigate and within which bounds.
type Request struct {
	CaseID     string // continue this case; "" opens one
	Seeds      []Seed
	Scope      string // live or hunt
	TLP        marking.TLP
	PAP        marking.PAP
	Window     observation.Window // of the incident
	Depth      int
	MaxHolders int
	Budget     source.Budget // requests in this run
	AsOf       time.Time
	Ungrouped  bool
	// Asker is the way out; nil works from the corpus alone.
	Asker    source.Asker
	Replay   bool // Asker answers from recordings
	HasKey   func(source.Info) bool
	Progress func(pivot.Progress)
	Opened   func(caseID string) // told as soon as the case is in the record; may be nil
}

// A Seed is where a case starts.
type Seed struct {
	Value      observable.Value
	Source     string // where the analyst has it from
	Confidence int    // the analyst's, 0 to 100
}

// ErrInterrupted means the run was stopped; what it found is in the record.
var ErrInterrupted = errors.New("interrupted")

// Investigate runs the whole job for one case and returns its document. A
// cancelled run returns what it found beside ErrInterrupted.
func (w *Workspace) Investigate(ctx context.Context, req Request) (casefile.Document, error) {
	id, err := w.open(ctx, &req)
	if err != nil {
		return casefile.Document{}, err
	}
	if req.Opened != nil {
		req.Opened(id)
	}
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return casefile.Document{}, err
	}
	verdicts, err := w.verdicts(ctx, record)
	if err != nil {
		return casefile.Document{}, err
	}
	bounds := pivot.Options{
		Depth: req.Depth, MaxHolders: req.MaxHolders, AsOf: req.AsOf, Window: req.Window,
		Ungrouped: req.Ungrouped, Verdicts: verdicts,
	}
	stopped := w.explore(ctx, id, req, record, bounds)
	if stopped != nil && ctx.Err() == nil {
		return casefile.Document{}, stopped
	}
	// What was gathered before a stop is weighed and recorded all the same.
	ctx = context.WithoutCancel(ctx)
	if err := w.conclude(ctx, id, req, bounds, stopped); err != nil {
		return casefile.Document{}, err
	}
	record, err = casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return casefile.Document{}, err
	}
	if stopped != nil {
		return record.Document(), fmt.Errorf("case %s: %w", id, ErrInterrupted)
	}
	return record.Document(), nil
}

// values lists the seeds in a fixed order.
func (req Request) values() []observable.Value {
	values := make([]observable.Value, len(req.Seeds))
	for i, s := range req.Seeds {
		values[i] = s.Value
	}
	slices.SortFunc(values, observable.Value.Compare)
	return values
}

func (req Request) limits() casefile.Limits {
	return casefile.Limits{Depth: req.Depth, Budget: req.Budget.Total, MaxHolders: req.MaxHolders, AsOf: casefile.Time{Time: req.AsOf}}
}

// open writes the opening of a new case, or the reopening of an old one, whose
// seeds then hold.
func (w *Workspace) open(ctx context.Context, req *Request) (id string, err error) {
	if req.CaseID != "" {
		return w.reopen(ctx, req)
	}
	if len(req.Seeds) == 0 {
		return "", pivot.ErrNoSeed
	}
	req.Seeds = w.withHosts(req.Seeds)
	opened := casefile.Opened{
		Scope: req.Scope, TLP: string(req.TLP), PAP: req.PAP.String(), Window: casefile.WindowOf(req.Window),
		Limits: req.limits(), Tool: w.Version,
	}
	for _, s := range req.Seeds {
		opened.Seeds = append(opened.Seeds, casefile.Seed{
			Kind: s.Value.Kind().String(), Value: s.Value.Text(), Source: s.Source, Confidence: s.Confidence,
		})
	}
	for range 8 {
		if id, err = casefile.NewID(w.Clock(), req.Seeds[0].Value, w.Random); err != nil {
			return "", err
		}
		_, err = w.Cases.Append(ctx, id, casefile.Entry{Time: w.Clock(), Type: casefile.TypeOpened, Actor: w.Actor, Data: opened})
		if !errors.Is(err, casefile.ErrExists) {
			return id, err
		}
	}
	return "", err
}

// withHosts adds the host of each URL as a seed of its own: nearly everything
// that is known of a URL is known of its host. A host that everybody uses is
// left out.
func (w *Workspace) withHosts(seeds []Seed) []Seed {
	given := map[observable.Value]bool{}
	for _, s := range seeds {
		given[s.Value] = true
	}
	all := slices.Clone(seeds)
	for _, s := range seeds {
		host, ok := observable.Host(s.Value)
		if s.Value.Kind() != observable.URL || !ok || given[host] {
			continue
		}
		if _, benign := w.Lists.Benign(host); benign {
			continue
		}
		given[host] = true
		all = append(all, Seed{Value: host, Source: "host of " + s.Value.Defang(), Confidence: s.Confidence})
	}
	return all
}

func (w *Workspace) reopen(ctx context.Context, req *Request) (string, error) {
	id, err := casefile.Resolve(ctx, w.Cases, req.CaseID)
	if err != nil {
		return "", err
	}
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return "", err
	}
	values, err := seedValues(record)
	if err != nil {
		return "", err
	}
	req.Seeds = nil
	for i, s := range record.Opened.Seeds {
		req.Seeds = append(req.Seeds, Seed{values[i], s.Source, s.Confidence})
	}
	req.Window = record.Opened.Window.Observed()
	limits := req.limits()
	_, err = w.Cases.Append(ctx, id, casefile.Entry{
		Time: w.Clock(), Type: casefile.TypeReopened, Actor: w.Actor,
		Data: casefile.Reopened{Reason: "another run", Limits: &limits, PAP: req.PAP.String(), Tool: w.Version},
	})
	return id, err
}

// verdicts joins what was decided for good with what was decided in this case.
func (w *Workspace) verdicts(ctx context.Context, record *casefile.Record) (pivot.Verdicts, error) {
	standing, err := casefile.StandingVerdicts(ctx, w.Cases)
	if err != nil {
		return pivot.Verdicts{}, err
	}
	own, err := record.Verdicts()
	if err != nil {
		return pivot.Verdicts{}, err
	}
	maps.Copy(standing.RejectedFindings, own.RejectedFindings)
	maps.Copy(standing.RejectedLinks, own.RejectedLinks)
	for v, reason := range own.AcceptedFindings {
		standing.AcceptedFindings[v] = reason
		delete(standing.RejectedFindings, v)
		delete(standing.RejectedLinks, pivot.Link{Value: v})
	}
	return standing, nil
}

// model weighs the team's cases: its own, or the one built in.
func (w *Workspace) model() score.Model {
	if w.Model != nil {
		return *w.Model
	}
	return score.Fitted()
}

func (w *Workspace) engine(corpus pivot.Corpus, lists pivot.Lists, at time.Time, bounds pivot.Options) *pivot.Engine {
	return &pivot.Engine{
		Corpus: corpus, Lists: lists, Model: w.model(), Options: bounds, Searches: w.Searches,
		Clock: func() time.Time { return at },
	}
}

// explore asks the sources, hop by hop, and fills the corpus. Its findings are
// provisional: they only say where to go on.
func (w *Workspace) explore(ctx context.Context, id string, req Request, record *casefile.Record, bounds pivot.Options) error {
	if req.Asker == nil {
		return ctx.Err()
	}
	runner := source.NewRunner(source.RunnerOptions{
		Asker: req.Asker, Replay: req.Replay, Clock: w.Clock, PAP: req.PAP, HasKey: req.HasKey,
		Budget: req.Budget, Ledger: ledger{w, id, string(req.TLP), w.Clock},
	})
	engine := w.engine(w.Corpus, lists{w.Lists}, w.Clock(), bounds)
	engine.Gatherer = &gatherer{
		Workspace: w, caseID: id, runner: runner, replay: req.Replay, asked: record.Asked(),
		seen: map[observable.Value]bool{}, kept: map[casefile.Question]casefile.Asked{}, prices: map[observable.Kind]float64{}, clock: w.Clock,
	}
	engine.Progress = req.Progress
	_, err := engine.Investigate(ctx, req.values())
	return err
}

// conclude weighs what is known and writes points, reads and findings. It is a
// pure function of the corpus as it stands, the lists, the verdicts and the
// bounds: what a bundle replays.
func (w *Workspace) conclude(ctx context.Context, id string, req Request, bounds pivot.Options, stopped error) error {
	at := w.Clock().UTC().Truncate(time.Millisecond)
	asked := newJudgements(lists{w.Lists})
	reads := casefile.NewRecordingReader(w.Corpus)
	engine := w.engine(reads, asked, at, bounds)
	searches, said := recordSearches(engine.Searches)
	engine.Searches = searches
	engine.Progress = req.Progress
	result, err := engine.Investigate(ctx, req.values())
	if err != nil {
		return err
	}
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return err
	}
	markUnasked(result.Points, record.Asked())
	under := conditionsOf(engine.Model, at, bounds, asked.answers)
	under.Likeness = said
	entries, err := w.entries(ctx, under, result, reads)
	if err != nil {
		return err
	}
	described, err := w.describe(ctx, req.values(), result.Findings)
	if err != nil {
		return err
	}
	if len(described.Context) > 0 || record.Described() {
		entries = append(entries, casefile.Entry{Time: at, Type: casefile.TypeDescribed, Actor: toolActor, Data: described})
	}
	finished := casefile.Finished{State: casefile.StateComplete, Gaps: []casefile.Gap{}}
	if stopped != nil {
		finished.State, finished.Reason = casefile.StateInterrupted, stopped.Error()
	}
	for _, v := range result.Short {
		finished.Gaps = append(finished.Gaps, casefile.Gap{
			Source: "corpus", Kind: v.Kind().String(), Value: v.Text(), State: string(source.Truncated),
			Reason: "the corpus holds more links of it than were read",
		})
	}
	entries = append(entries, casefile.Entry{Time: at, Type: casefile.TypeFinished, Actor: toolActor, Data: finished})
	_, err = w.Cases.Append(ctx, id, entries...)
	return err
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

// Engine returns an engine over the corpus that asks nobody, for a look at a
// value outside any case.
func (w *Workspace) Engine(bounds pivot.Options) *pivot.Engine {
	return w.engine(w.Corpus, lists{w.Lists}, w.Clock(), bounds)
}
