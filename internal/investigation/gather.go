package investigation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// A gatherer asks every source that may be asked about a value, once a case,
// and keeps what came: raw answers and outcomes in the record, facts in the corpus.
type gatherer struct {
	*Workspace
	caseID string
	runner *source.Runner
	replay bool                                 // answers come from recordings
	asked  map[casefile.Question]casefile.Asked // settled before this run
	seen   map[observable.Value]bool
	// kept are the questions that the corpus answered in this run.
	kept   map[casefile.Question]casefile.Asked
	prices map[observable.Kind]float64
	clock  func() time.Time
}

// Gather implements pivot.Gatherer.
func (g *gatherer) Gather(ctx context.Context, v observable.Value) error {
	if g.seen[v] {
		return nil
	}
	g.seen[v] = true
	outcomes, err := g.ask(ctx, v)
	if err != nil {
		return err
	}
	if err := g.keep(context.WithoutCancel(ctx), outcomes); err != nil {
		return err
	}
	return ctx.Err()
}

// ask puts the question to the sources that have not answered it, those first
// whose answer promises most for its price. Without a limit all are asked at
// once, for each has its own pace. Where a budget is short they are asked in as
// many rounds as it takes for the best to have theirs before the others.
func (g *gatherer) ask(ctx context.Context, v observable.Value) ([]source.Outcome, error) {
	kept, err := g.fromCorpus(ctx, v)
	if err != nil {
		return nil, err
	}
	var open []source.Source
	var outcomes []source.Outcome
	for _, src := range g.Sources {
		info := src.Info()
		if !slices.Contains(info.Accepts, v.Kind()) || g.settled(info.Name, v) {
			continue
		}
		if o, ok := kept[info.Name]; ok {
			outcomes = append(outcomes, o)
			continue
		}
		open = append(open, src)
	}
	for open = source.ByWorth(open, v.Kind()); len(open) > 0; {
		n := g.affordable(open)
		outcomes = append(outcomes, g.round(ctx, v, open[:n])...)
		open = open[n:]
	}
	slices.SortFunc(outcomes, func(a, b source.Outcome) int { return cmp.Compare(a.Source, b.Source) })
	return outcomes, nil
}

// Price implements pivot.Gatherer: the price of the source that is worth most.
// Its keys and its budget are not looked at: whoever has neither pays nothing.
func (g *gatherer) Price(kind observable.Kind) float64 {
	price, known := g.prices[kind]
	if !known {
		price = g.priceOf(kind)
		g.prices[kind] = price
	}
	return price
}

func (g *gatherer) priceOf(kind observable.Kind) float64 {
	for _, src := range source.ByWorth(g.Sources, kind) {
		if info := src.Info(); slices.Contains(info.Accepts, kind) && info.Retired == "" {
			return source.Price(info)
		}
	}
	return 0
}

// affordable returns how many of the sources the budget can pay for at least, in
// their order; all of them when it pays for none, so that each says so.
func (g *gatherer) affordable(sources []source.Source) int {
	left, limited := g.runner.Left()
	if !limited || left == 0 {
		return len(sources)
	}
	for i, src := range sources {
		if left -= max(src.Info().Cost, 1); left < 0 {
			return max(i, 1)
		}
	}
	return len(sources)
}

// round asks several sources at once. What a cancelled run cut off is dropped,
// so that it is asked again.
func (g *gatherer) round(ctx context.Context, v observable.Value, sources []source.Source) []source.Outcome {
	var (
		mu       sync.Mutex
		outcomes []source.Outcome // guarded by mu
		group    errgroup.Group
	)
	for _, src := range sources {
		group.Go(func() error {
			o := g.runner.Ask(ctx, src, source.Question{Value: v})
			if ctx.Err() != nil && o.State == source.Failed {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			outcomes = append(outcomes, o)
			return nil
		})
	}
	_ = group.Wait() // outcomes carry their errors
	return outcomes
}

func (g *gatherer) settled(name string, v observable.Value) bool {
	asked, ok := g.asked[casefile.Question{Source: name, About: casefile.ValueOf(v)}]
	return ok && asked.Settled()
}

// keep stores answers before it says that they were given: a crash in between
// asks again, and never counts a question as answered whose answer is lost.
func (g *gatherer) keep(ctx context.Context, outcomes []source.Outcome) error {
	var entries []casefile.Entry
	for _, o := range outcomes {
		for _, e := range o.Evidence {
			digest, err := g.Cases.PutBlob(ctx, e.Body)
			if err != nil {
				return fmt.Errorf("answer of %s: %w", o.Source, err)
			}
			if digest != e.SHA256 {
				return fmt.Errorf("answer of %s: digest %s is kept as %s", o.Source, e.SHA256, digest)
			}
		}
		if kept, ok := g.kept[casefile.Question{Source: o.Source, About: casefile.ValueOf(o.Value)}]; ok && o.State == source.FromCorpus {
			entries = append(entries, casefile.Entry{Time: g.clock(), Type: casefile.TypeAsked, Actor: toolActor, Data: kept})
			continue
		}
		if err := g.Corpus.Put(ctx, o.Answer.Observations); err != nil {
			return fmt.Errorf("answer of %s: %w", o.Source, err)
		}
		if err := g.Corpus.PutTotals(ctx, append(o.Answer.Totals, completeTotals(o)...)); err != nil {
			return fmt.Errorf("answer of %s: %w", o.Source, err)
		}
		asked := askedOf(o)
		if err := g.remember(ctx, o, asked); err != nil {
			return fmt.Errorf("answer of %s: %w", o.Source, err)
		}
		entries = append(entries, casefile.Entry{Time: g.clock(), Type: casefile.TypeAsked, Actor: toolActor, Data: asked})
	}
	if len(entries) == 0 {
		return nil
	}
	_, err := g.Cases.Append(ctx, g.caseID, entries...)
	return err
}

// completeTotals counts the holders of the value asked about where the
// provider gave them all: its answer is then its total.
func completeTotals(o source.Outcome) []corpus.Total {
	if o.State != source.Answered || len(o.Evidence) == 0 {
		return nil
	}
	given := map[observation.Relation]bool{}
	for _, t := range o.Answer.Totals {
		if t.Object == o.Value {
			given[t.Relation] = true
		}
	}
	holders := map[observation.Relation]map[observable.Value]bool{}
	for _, fact := range o.Answer.Observations {
		if fact.Object != o.Value || given[fact.Relation] {
			continue
		}
		if holders[fact.Relation] == nil {
			holders[fact.Relation] = map[observable.Value]bool{}
		}
		holders[fact.Relation][fact.Subject] = true
	}
	var totals []corpus.Total
	for relation, who := range holders {
		totals = append(totals, corpus.Total{
			Relation: relation, Object: o.Value, N: uint64(len(who)), Source: o.Source, AsOf: o.Evidence[0].At,
		})
	}
	slices.SortFunc(totals, func(a, b corpus.Total) int { return cmp.Compare(a.Relation, b.Relation) })
	return totals
}

// toolActor is who the record names for what the engine did by itself.
const toolActor = "clew"

func askedOf(o source.Outcome) casefile.Asked {
	asked := casefile.Asked{
		Source: o.Source, About: casefile.ValueOf(o.Value), State: string(o.State), Reason: o.Reason,
		Observations: len(o.Answer.Observations), Missing: o.Answer.Missing, Dropped: o.Answer.Dropped, Requests: len(o.Evidence),
	}
	for _, p := range o.Parts {
		asked.Parts = append(asked.Parts, casefile.Part{
			Endpoint: p.Endpoint, State: string(p.State), Reason: p.Reason, Missing: p.Missing, Until: casefile.Time{Time: toSecond(p.Until)},
		})
	}
	for _, e := range o.Evidence {
		headers := map[string]string{}
		for name := range e.Header {
			headers[name] = e.Header.Get(name)
		}
		asked.Evidence = append(asked.Evidence, casefile.Evidence{
			SHA256: e.SHA256, Method: e.Method, URL: e.URL, Request: string(e.Request), Status: e.Status,
			Headers: headers, Recorded: recordedAt(e.At),
		})
	}
	return asked
}

func toSecond(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// recordedAt writes when a reply came; a recording may not know.
func recordedAt(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// ledger writes each disclosure into the case before the request leaves.
type ledger struct {
	*Workspace
	caseID, tlp string
	clock       func() time.Time
}

// Disclose implements source.Ledger.
func (l ledger) Disclose(ctx context.Context, d source.Disclosure) error {
	_, err := l.Cases.Append(ctx, l.caseID, casefile.Entry{
		Time: l.clock(), Type: casefile.TypeDisclosed, Actor: toolActor,
		Data: casefile.Disclosed{Source: d.Source, About: casefile.ValueOf(d.Value), TLP: l.tlp, PAP: d.Allowed.String()},
	})
	if err != nil {
		return errors.Join(errors.New("the disclosure ledger cannot be written, so nothing was sent"), err)
	}
	return nil
}
