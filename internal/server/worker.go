package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/database"
	"clew/internal/investigation"
	"clew/internal/job"
	"clew/internal/pivot"
)

// mostRunning is how many jobs a worker does at once where it is not told: each
// holds sources, memory and a share of two cores.
const mostRunning = 4

// reportEvery is how often at most the state of a running job is written.
const reportEvery = 200 * time.Millisecond

// A Work says which jobs a process does.
type Work struct {
	// Name is of the worker, drawn where it is empty.
	Name string
	// Slots is how many jobs run at once; [mostRunning] for 0.
	Slots int
	// PinnedOnly leaves the jobs that any machine can do to others.
	PinnedOnly bool
	// Lease and Beat are as [job.Worker] has them.
	Lease, Beat time.Duration
	Log         *slog.Logger
	// NoSchedule leaves watches that are due to others.
	NoSchedule bool
	// Users are those for whom jobs are done, within the rights that they have then;
	// nil where there are none. What Core opens must be guarded by them: [Guarded], or
	// [GuardedWork] where the process has no accounts of its own.
	Users *account.Book
}

// A Worker does the jobs that servers took up.
type Worker struct {
	core  Core
	shelf *shelf
	jobs  *jobs
	pool  *job.Worker
	owned *investigation.Workspace // closed with it; nil where a server has it open
	// stopSchedule ends the ordering of watches that are due, and waits for its end.
	stopSchedule func()
	unscheduled  bool
	log          *slog.Logger // nil for no lines
}

// NewWorker opens the record and readies a worker that is no part of a server.
func NewWorker(o Options) (*Worker, error) {
	record, err := o.Core.Open(investigation.Needs{Cases: true, Jobs: true, Watches: true})
	if err != nil {
		return nil, err
	}
	js, err := newJobs(o.Core, record, o.Clock, record.Random)
	if err != nil {
		return nil, errors.Join(err, record.Close())
	}
	w := newWorker(js, &shelf{core: o.Core}, o.Work)
	w.owned = record
	return w, nil
}

func newWorker(js *jobs, s *shelf, o Work) *Worker {
	w := &Worker{core: js.core, shelf: s, jobs: js, stopSchedule: func() {}, unscheduled: o.NoSchedule, log: o.Log}
	if o.Slots == 0 {
		o.Slots = mostRunning
	}
	if o.Name == "" {
		o.Name = workerName(js)
	}
	queues := map[string]int{job.QueueOf(js.machine): o.Slots}
	if !o.PinnedOnly {
		queues[job.Shared] = o.Slots
	}
	js.book, js.takes = o.Users, map[string]bool{}
	for queue := range queues {
		js.takes[queue] = true
	}
	w.pool = &job.Worker{Store: js.store, Name: o.Name, Queues: queues, Do: w.do, Lease: o.Lease, Beat: o.Beat, Report: reportEvery, Log: o.Log}
	return w
}

// Name is what jobs call the worker.
func (w *Worker) Name() string { return w.pool.Name }

// Start begins to take jobs.
func (w *Worker) Start(ctx context.Context) error {
	w.jobs.sweepUploads(ctx)
	if err := w.pool.Start(ctx); err != nil {
		return err
	}
	if !w.unscheduled {
		w.keepSchedule()
	}
	return nil
}

// Stop takes no further jobs, and hands back those that have not ended within grace.
func (w *Worker) Stop(grace time.Duration) {
	w.stopSchedule()
	w.pool.Stop(grace)
}

// Close closes the record of a worker that is no part of a server, after its Stop.
func (w *Worker) Close() error { return w.owned.Close() }

// do does a job as its order says.
func (w *Worker) do(ctx context.Context, t *job.Task) error {
	var o order
	if err := json.Unmarshal(t.Job.Work, &o); err != nil {
		return fmt.Errorf("what it needs cannot be read: it was taken up by another version of clew, or long ago: start it anew (%w)", err)
	}
	ctx = investigation.As(ctx, t.Job.Actor)
	if o.Assisted {
		ctx = investigation.ByAssistant(ctx)
	}
	err := w.jobs.within(ctx, t.Job, o, func(ctx context.Context) error { return w.perform(ctx, t, o) })
	var no *refusal
	if errors.As(err, &no) {
		ctx := account.System(context.WithoutCancel(ctx))
		err = errors.Join(err, w.jobs.noteRefusal(ctx, t.Job, o, w.Name(), no))
		if t.Job.Kind == kindWatch && o.Watch != nil {
			err = errors.Join(err, w.noteLost(ctx, t, o, no))
		}
	}
	return passing(err)
}

func (w *Worker) perform(ctx context.Context, t *job.Task, o order) error {
	switch t.Job.Kind {
	case kindInvestigation, kindPivots:
		return w.investigate(ctx, t, o)
	case kindImport:
		return w.runImport(ctx, t, *o.Import)
	case kindWatch:
		return w.runWatch(ctx, t, o)
	case kindHunt:
		return w.hunt(ctx, t, *o.Hunt)
	case kindLogs:
		return w.keepLogs(ctx, t, *o.Logs)
	}
	return fmt.Errorf("this clew does no jobs of kind %.40q: update it", t.Job.Kind)
}

// passing marks what passes by itself: the job is done later.
func passing(err error) error {
	for _, kind := range []error{corpus.ErrLocked, corpus.ErrUnreachable, casefile.ErrLocked, casefile.ErrUnreachable, casefile.ErrFull, database.ErrUnreachable, database.ErrLocked, database.ErrFull} {
		if errors.Is(err, kind) {
			return job.Later{Err: err}
		}
	}
	return err
}

// progress is how a job stands, changed by several goroutines.
type progress[T any] struct {
	task *job.Task
	mu   sync.Mutex
	doc  T // guarded by mu
}

func newProgress[T any](t *job.Task) *progress[T] {
	p := &progress[T]{task: t}
	_ = json.Unmarshal(t.Job.Doc, &p.doc) // begins anew where another clew wrote it
	return p
}

func (p *progress[T]) change(edit func(*T)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	edit(&p.doc)
	p.task.Report(p.doc)
}

// investigate investigates, or follows pivots by hand, and shows how far it is.
func (w *Worker) investigate(ctx context.Context, t *job.Task, o order) error {
	work, giveBack, err := w.shelf.lend()
	if err != nil {
		return err
	}
	defer giveBack()
	req, done, err := w.core.Under(o.Defaults, o.Offline).Request(ctx, o.Ask)
	if done != nil {
		defer done()
	}
	if err != nil {
		return err
	}
	for _, turn := range o.Pivots {
		x, err := turn.expansion()
		if err != nil {
			return err
		}
		req.Expand = append(req.Expand, x)
	}
	req.OpenAs, req.Again, req.Reason, req.Refresh = o.NewCase, t.Job.Attempt > 1, o.Reason, o.Watch != nil
	run := newProgress[Run](t)
	req.Opened = func(id string) {
		run.change(func(r *Run) { r.Case = id })
		t.Look() // clients go there
	}
	req.Progress = func(p pivot.Progress) {
		run.change(func(r *Run) {
			r.Hop, r.Expanded, r.Waiting, r.Candidates, r.Now = p.Hop, p.Expanded, p.Waiting, p.Candidates, p.Now
		})
	}
	_, err = work.Investigate(ctx, req)
	return err
}
