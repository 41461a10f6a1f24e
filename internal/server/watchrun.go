package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/job"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/watch"
)

// Watching is the part of a [Core] that tells the news of watches.
type Watching interface {
	// TellNews writes news into the record of their case and hands them to the
	// recipients of a watch that have not heard of them. Each is noted in the store
	// before it is told. tlp marks news of a case that is not there.
	TellNews(ctx context.Context, w *investigation.Workspace, one watch.Watch, b watch.Batch, tlp string) ([]watch.Heard, error)
}

// An orderedWatch is what a job needs to run a watch.
type orderedWatch struct {
	ID    string        `json:"id"`
	Due   casefile.Time `json:"due"`
	Under Defaults      `json:"under"` // of the server that saved it
}

// lookForDue is how often watches that are due are looked for. A schedule is by
// the minute.
const lookForDue = 20 * time.Second

// keepSchedule orders the runs that are due, until stopSchedule.
func (w *Worker) keepSchedule() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(lookForDue)
		defer tick.Stop()
		for {
			if err := w.orderDue(ctx); err != nil && ctx.Err() == nil && w.log != nil {
				w.log.Warn("watches that are due were not looked for", slog.String("error", err.Error()))
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	w.stopSchedule = func() { cancel(); <-ended }
}

// orderDue orders the runs that are due. Several servers may come to it at once: a
// due run has one job, whose ID says which it is.
func (w *Worker) orderDue(ctx context.Context) error {
	store := w.jobs.record.Watches
	now := w.jobs.clock()
	due, err := store.Due(ctx, now)
	if err != nil {
		return err
	}
	for _, one := range due {
		if _, err := w.jobs.orderWatch(investigation.As(ctx, one.By), one, one.Due); err != nil {
			return fmt.Errorf("watch %s: %w", one.Name, err)
		}
		if err := store.Start(ctx, one.ID, one.Due, now); err != nil && !errors.Is(err, watch.ErrNoWatch) {
			return err
		}
	}
	return nil
}

// orderWatch takes up a run of a watch.
func (js *jobs) orderWatch(ctx context.Context, one watch.Watch, due casefile.Time) (job.Job, error) {
	sum := sha256.Sum256([]byte(one.ID + " " + due.UTC().Format(time.RFC3339Nano)))
	id := "w" + hex.EncodeToString(sum[:8])
	if there, err := js.store.Get(ctx, id); err == nil || !errors.Is(err, job.ErrNoJob) {
		return there, err
	}
	var under Defaults
	if err := json.Unmarshal(one.Under, &under); err != nil {
		return job.Job{}, fmt.Errorf("bounds of watch %s: %w", one.Name, err)
	}
	o := order{Watch: &orderedWatch{one.ID, due, under}, Ask: askOf(one)}
	j, err := js.add(ctx, job.New{ID: id, Kind: kindWatch, Case: one.Case, Doc: newRun(Run{Case: one.Case})}, o)
	if err != nil {
		if there, got := js.store.Get(ctx, id); got == nil {
			return there, nil // another server was faster
		}
	}
	return j, err
}

// askOf is what a run of a watch asks for, as long as its case is not there.
func askOf(one watch.Watch) Ask {
	b := one.Bounds
	return Ask{
		Indicators: b.Indicators, Scope: b.Scope, TLP: b.TLP, PAP: b.PAP, Depth: b.Depth, MaxHolders: b.MaxHolders, Budget: b.Budget, Offline: b.Offline,
	}
}

// runWatch runs a watch: it investigates, and tells what is new.
func (w *Worker) runWatch(ctx context.Context, t *job.Task, o order) error {
	store := w.jobs.record.Watches
	one, err := store.Get(ctx, o.Watch.ID)
	if errors.Is(err, watch.ErrNoWatch) {
		return nil // removed since it was due
	}
	if err != nil {
		return err
	}
	run := watch.Round{Watch: one.ID, Job: t.Job.ID, Due: o.Watch.Due, News: []watch.News{}, Told: []watch.Heard{}}
	if err = w.lookAgain(ctx, t, o, one, &run); err == nil {
		err = w.tellOpen(ctx, one, &run)
	}
	if ctx.Err() != nil || errors.As(passing(err), new(job.Later)) {
		return err // another attempt goes on
	}
	if _, no := w.jobs.allowed(ctx, t.Job, o); err != nil && no != nil {
		return no // noted by whoever refuses it
	}
	return errors.Join(err, w.noteRun(context.WithoutCancel(ctx), one, run, err))
}

// lookAgain investigates, and notes what is new and is to be told.
func (w *Worker) lookAgain(ctx context.Context, t *job.Task, o order, one watch.Watch, run *watch.Round) error {
	if _, err := w.jobs.record.Cases.Head(ctx, one.Case); errors.Is(err, casefile.ErrNoCase) {
		o.NewCase = one.Case
	} else if err != nil {
		return err
	} else {
		o.Ask.Indicators, o.Ask.TLP, o.Ask.Case = nil, "", one.Case
	}
	if err := w.investigate(ctx, t, o); err != nil {
		return err
	}
	facts, doc, err := w.factsOf(ctx, one)
	if err != nil {
		return err
	}
	known, err := w.jobs.record.Watches.Known(ctx, one.ID)
	if err != nil {
		return err
	}
	news, marks := watch.Unknown(facts, known)
	if !one.Settled {
		before, err := w.jobs.record.Watches.Runs(ctx, one.ID)
		if err != nil {
			return err
		}
		if run.Error = watch.Waits(doc, before); run.Error != "" {
			run.State = watch.RunWaiting
			return nil
		}
	}
	switch {
	case !one.Settled:
		run.State = watch.RunSettled
		return w.jobs.record.Watches.Learn(ctx, one.ID, watch.Marks(facts), nil)
	case len(news) == 0:
		run.State = watch.RunNothing
		return w.jobs.record.Watches.Learn(ctx, one.ID, marks, nil)
	}
	b := one.Batch(news)
	run.State = watch.RunTold
	return w.jobs.record.Watches.Learn(ctx, one.ID, marks, &b)
}

// mostResolved bounds the addresses of one name, newest first as far as the corpus
// lists them.
const mostResolved = 1000

// factsOf are what the case of a watch says now, with the addresses of its names, and
// the case.
func (w *Worker) factsOf(ctx context.Context, one watch.Watch) (facts []watch.News, d casefile.Document, err error) {
	work, giveBack, err := w.shelf.lend()
	if err != nil {
		return nil, d, err
	}
	defer giveBack()
	record, err := casefile.Load(ctx, work.Cases, one.Case)
	if err != nil {
		return nil, d, err
	}
	d = record.Document()
	var resolved []watch.Resolved
	for _, name := range one.Names(d) {
		v, err := observable.ParseAs(observable.Domain, name)
		if err != nil {
			continue // recorded by a clew that read it otherwise
		}
		links, _, err := work.Corpus.Objects(ctx, v, mostResolved, observation.ResolvesTo)
		if err != nil {
			return nil, d, err
		}
		for _, l := range links {
			resolved = append(resolved, watch.Resolved{Name: casefile.ValueOf(l.Subject), Address: casefile.ValueOf(l.Object), Window: casefile.WindowOf(l.Window)})
		}
	}
	return one.Facts(d, resolved), d, nil
}

// noteLost notes that a watch could not be run at all: who saved it is nobody any
// more, or may no longer see its case.
func (w *Worker) noteLost(ctx context.Context, t *job.Task, o order, why error) error {
	one, err := w.jobs.record.Watches.Get(ctx, o.Watch.ID)
	if errors.Is(err, watch.ErrNoWatch) {
		return nil
	}
	if err != nil {
		return err
	}
	run := watch.Round{Watch: one.ID, Job: t.Job.ID, Due: o.Watch.Due, News: []watch.News{}, Told: []watch.Heard{}}
	return w.noteRun(ctx, one, run, why)
}

// tellOpen tells what nobody, or not everybody, has heard of yet: also news of a run
// before this one that was cut off.
func (w *Worker) tellOpen(ctx context.Context, one watch.Watch, run *watch.Round) error {
	store := w.jobs.record.Watches
	open, err := store.Open(ctx, one.ID)
	if err != nil {
		return err
	}
	for _, b := range open {
		told, err := w.core.TellNews(ctx, w.jobs.record, one, b, one.Bounds.TLP)
		run.News, run.Told, run.Digest = append(run.News, b.News...), append(run.Told, told...), b.Escalation.ID
		if len(b.News) > 0 {
			run.State = watch.RunTold
		}
		if err != nil {
			return err
		}
		if slices.ContainsFunc(told, func(t watch.Heard) bool { return t.State == watch.Failed }) {
			continue // the next run tries again
		}
		if err := store.Shut(ctx, b.Escalation.ID); err != nil {
			return err
		}
	}
	return nil
}

// noteRun keeps how a run ended. A watch that begins to fail says so once, and is
// left alone for a while that grows.
func (w *Worker) noteRun(ctx context.Context, one watch.Watch, run watch.Round, failed error) error {
	store := w.jobs.record.Watches
	run.Ended = casefile.Time{Time: w.jobs.clock().UTC().Truncate(time.Second)}
	if failed != nil {
		run.State, run.Error = watch.RunFailed, casefile.Printable(failed.Error())
	}
	begins := false
	changed, err := store.Change(ctx, one.ID, func(c *watch.Watch) error {
		begins = failed != nil && c.Failures == 0
		*c = c.Noted(run)
		c.Failures, c.Error = 0, run.Error
		if failed == nil {
			return nil
		}
		c.Failures = one.Failures + 1
		next, err := c.Next(run.Ended.Time)
		if next.After(c.Due.Time) {
			c.Due = casefile.Time{Time: next}
		}
		return err
	})
	if errors.Is(err, watch.ErrNoWatch) {
		return nil // removed meanwhile
	}
	if err != nil {
		return err
	}
	if begins {
		b := changed.Trouble(run.Error)
		if told, err := w.core.TellNews(ctx, w.jobs.record, changed, b, changed.Bounds.TLP); err == nil {
			run.Told = append(run.Told, told...)
		}
	}
	return store.Keep(ctx, run)
}
