package investigation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/corpus/ahead"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/score"
	"clew/internal/source"
)

// A Request says what to investigate and within which bounds.
type Request struct {
	CaseID string // continue this case; "" opens one
	// OpenAs is the ID of the case that is opened; "" draws one. Again says that this
	// request may have been begun before, by a process that is no more: what it wrote
	// to the record is then gone on with, and not written a second time.
	OpenAs     string
	Again      bool
	Seeds      []Seed
	Scope      string // live or hunt
	TLP        marking.TLP
	PAP        marking.PAP
	PAPNamed   bool               // PAP was named for this run: it holds also where the case was stricter
	Window     observation.Window // of the incident
	Depth      int
	MaxHolders int
	Budget     source.Budget // requests in this run
	AsOf       time.Time
	Ungrouped  bool
	// Refresh asks also what the case was answered before, unless that is still fresh.
	Refresh bool
	// Expand are pivots of the case to be followed by hand, for Reason, instead of
	// a run from its seeds. The bounds are then those of the last run.
	Expand []pivot.Expansion
	Reason string
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
	if len(req.Expand) > 0 {
		return w.expand(ctx, req)
	}
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
	bounds := pivot.Options{
		Depth: req.Depth, MaxHolders: req.MaxHolders, AsOf: req.AsOf, Window: req.Window, Ungrouped: req.Ungrouped,
	}
	if err := w.decided(ctx, record, &bounds); err != nil {
		return casefile.Document{}, err
	}
	return w.exploreAndConclude(ctx, id, req, record, bounds)
}

// exploreAndConclude asks the sources, then weighs what is known.
func (w *Workspace) exploreAndConclude(ctx context.Context, id string, req Request, record *casefile.Record, bounds pivot.Options) (casefile.Document, error) {
	if err := w.refill(ctx, id); err != nil {
		return casefile.Document{}, err
	}
	stopped := w.explore(ctx, id, req, record, bounds)
	if stopped != nil && ctx.Err() == nil {
		return casefile.Document{}, stopped
	}
	// What was gathered before a stop is weighed and recorded all the same.
	ctx = context.WithoutCancel(ctx)
	c := conclusion{
		bounds: bounds, model: w.model(), corpus: w.Corpus, lists: newJudgements(w.lists()), searches: w.searches(),
		progress: req.Progress, finished: casefile.Finished{State: casefile.StateComplete},
	}
	if stopped != nil {
		c.finished.State, c.finished.Reason = casefile.StateInterrupted, stopped.Error()
	}
	if _, err := w.conclude(ctx, id, c); err != nil {
		return casefile.Document{}, err
	}
	if err := w.have(ctx, id); err != nil {
		return casefile.Document{}, err
	}
	record, err := casefile.Load(ctx, w.Cases, id)
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
	for n := range 8 {
		if id = req.OpenAs; id == "" || n > 0 {
			if id, err = casefile.NewID(w.Clock(), req.Seeds[0].Value, w.Random); err != nil {
				return "", err
			}
		}
		_, err = w.Cases.Append(ctx, id, casefile.Entry{Time: w.Clock(), Type: casefile.TypeOpened, Actor: w.ActorOf(ctx), Data: opened})
		if !errors.Is(err, casefile.ErrExists) {
			return id, err
		}
		if id == req.OpenAs && req.Again {
			req.CaseID = id
			return w.reopen(ctx, req)
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
	marked, err := markingOf(record)
	if err != nil {
		return "", err
	}
	if req.TLP = marked.tlp; !req.PAPNamed {
		req.PAP = min(req.PAP, marked.pap)
	}
	req.Window = record.Opened.Window.Observed()
	limits := req.limits()
	_, err = w.Cases.Append(ctx, id, casefile.Entry{
		Time: w.Clock(), Type: casefile.TypeReopened, Actor: w.ActorOf(ctx),
		Data: casefile.Reopened{Reason: "another run", Limits: &limits, PAP: req.PAP.String(), Tool: w.Version},
	})
	return id, err
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

// across returns how a corpus is read: one across a network ahead of time.
func across(c corpus.Reader) (corpus.Reader, pivot.Foresight) {
	remote, ok := c.(corpus.Remote)
	if !ok {
		return c, nil
	}
	r := ahead.New(c, remote.AtOnce())
	return r, r
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
	reader, foresight := across(w.Corpus)
	engine := w.engine(reader, w.lists(), w.Clock(), bounds)
	engine.Ahead = foresight
	asked := record.Asked()
	if req.Refresh {
		asked = nil // the corpus knows what is fresh
	}
	engine.Gatherer = &gatherer{
		Workspace: w, caseID: id, runner: runner, replay: req.Replay, asked: asked,
		seen: map[observable.Value]bool{}, kept: map[casefile.Question]casefile.Asked{}, prices: map[observable.Kind]float64{}, clock: w.Clock,
	}
	engine.Progress = req.Progress
	engine.Searches = w.searches()
	_, err := engine.Investigate(ctx, req.values())
	return err
}

// Engine returns an engine over the corpus that asks nobody, for a look at a
// value outside any case.
func (w *Workspace) Engine(bounds pivot.Options) *pivot.Engine {
	reader, foresight := across(w.Corpus)
	engine := w.engine(reader, w.lists(), w.Clock(), bounds)
	engine.Ahead = foresight
	return engine
}
