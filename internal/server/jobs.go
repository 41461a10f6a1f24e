package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/pivot"
)

// The states of a run.
const (
	runQueued      = "queued"
	runRunning     = "running"
	runComplete    = "complete"
	runInterrupted = "interrupted"
	runFailed      = "failed"
)

// A Run is one investigation of this server, under way or ended. The record of
// its case outlives the server; the run does not.
type Run struct {
	ID         string           `json:"id"`
	State      string           `json:"state" doc:"queued, running, complete, interrupted or failed"`
	Case       string           `json:"case" doc:"empty until the case is in the record"`
	Seeds      []casefile.Value `json:"seeds"`
	Pivots     []Turn           `json:"pivots" doc:"that are followed by hand; empty for an investigation"`
	Started    casefile.Time    `json:"started"`
	Ended      casefile.Time    `json:"ended"`
	Hop        int              `json:"hop"`
	Expanded   int              `json:"expanded"`
	Waiting    int              `json:"waiting"`
	Candidates int              `json:"candidates"`
	Import     *Imported        `json:"import" doc:"how an import stands; null for an investigation"`
	Now        string           `json:"now" doc:"what is being done, in words"`
	Error      string           `json:"error"`
}

// Bounds of runs: each holds sources, memory and a share of two cores.
const (
	mostRunning = 4
	mostQueued  = 100
	mostKept    = 200 // ended runs that are remembered
)

// Errors of runs.
var (
	errNoRun   = errors.New("no such run: it ended before this server started, or long ago; the case has what it found")
	errQueue   = fmt.Errorf("%d runs are queued: wait for one, or cancel one", mostQueued)
	errTooMany = fmt.Errorf("%d investigations are running: wait for one, or cancel one", mostRunning)
	errBusy    = errors.New("the case is being investigated already")
	errClosing = errors.New("the server is shutting down")
)

// jobs are the runs of this server.
type jobs struct {
	core   Core
	shelf  *shelf
	clock  func() time.Time
	random io.Reader

	ctx    context.Context //nolint:containedctx // ends every run when the server does
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu     sync.Mutex
	list   []*job[Run]   // guarded by mu, oldest first
	closed bool          // guarded by mu
	ended  chan struct{} // guarded by mu; closed when the next run ends
}

func newJobs(core Core, s *shelf, clock func() time.Time) *jobs {
	ctx, cancel := context.WithCancel(context.Background())
	return &jobs{core: core, shelf: s, clock: clock, random: rand.Reader, ctx: ctx, cancel: cancel, ended: make(chan struct{})}
}

// start begins a run. What is wrong with the request is said before it returns.
func (js *jobs) start(ctx context.Context, ask Ask) (Run, error) {
	w, giveBack, err := js.shelf.lend()
	if err != nil {
		return Run{}, err
	}
	if ask.Case != "" {
		if ask.Case, err = casefile.Resolve(ctx, w.Cases, ask.Case); err != nil {
			giveBack()
			return Run{}, err
		}
	}
	runContext, cancel := context.WithCancel(js.ctx)
	req, done, err := js.core.Request(runContext, ask)
	release := func() {
		cancel()
		if done != nil {
			done()
		}
		giveBack()
	}
	if err != nil {
		release()
		return Run{}, err
	}
	j, err := js.admit(Run{Case: req.CaseID, Seeds: seedsOf(req), State: runRunning}, cancel)
	if err != nil {
		release()
		return Run{}, err
	}
	run, _ := j.now()
	go func() {
		defer js.wait.Done()
		defer js.tellEnd()
		defer release()
		js.end(j, js.follow(runContext, w, j, req))
	}()
	return run, nil
}

func seedsOf(req investigation.Request) []casefile.Value {
	var seeds []casefile.Value
	for _, s := range req.Seeds {
		seeds = append(seeds, casefile.ValueOf(s.Value))
	}
	return seeds
}

// admit takes up a run, unless there are too many. One that is not to be queued
// is refused when the same case has another.
func (js *jobs) admit(run Run, cancel context.CancelFunc) (*job[Run], error) {
	id := make([]byte, 8)
	if _, err := io.ReadFull(js.random, id); err != nil {
		return nil, err
	}
	run.ID, run.Started, run.Now = hex.EncodeToString(id), instant(js.clock()), "starting"
	run.Seeds, run.Pivots = append([]casefile.Value{}, run.Seeds...), append([]Turn{}, run.Pivots...)
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.closed {
		return nil, errClosing
	}
	running, queued := 0, 0
	for _, other := range js.list {
		now, _ := other.now()
		if now.State == runQueued {
			queued++
		}
		if now.State == runRunning {
			running++
		}
		if run.State != runQueued && !now.over() && now.Case == run.Case && run.Case != "" {
			return nil, errBusy
		}
	}
	switch {
	case run.State == runQueued && queued >= mostQueued:
		return nil, errQueue
	case run.State == runRunning && running >= mostRunning:
		return nil, errTooMany
	}
	j := &job[Run]{cancel: cancel, run: run, changed: make(chan struct{})}
	js.list = append(js.list, j)
	js.forget()
	js.wait.Add(1)
	return j, nil
}

// forget drops the oldest ended run beyond those kept.
func (js *jobs) forget() {
	if len(js.list) <= mostKept {
		return
	}
	oldest := slices.IndexFunc(js.list, func(j *job[Run]) bool { now, _ := j.now(); return now.over() })
	if oldest >= 0 {
		js.list = slices.Delete(js.list, oldest, oldest+1)
	}
}

// follow investigates, and shows how far it is.
func (js *jobs) follow(ctx context.Context, w *investigation.Workspace, j *job[Run], req investigation.Request) error {
	req.Opened = func(id string) { j.change(func(r *Run) { r.Case = id }) }
	req.Progress = func(p pivot.Progress) {
		j.change(func(r *Run) {
			r.Hop, r.Expanded, r.Waiting, r.Candidates, r.Now = p.Hop, p.Expanded, p.Waiting, p.Candidates, p.Now
		})
	}
	_, err := w.Investigate(ctx, req)
	return err
}

// over reports whether a run has ended.
func (r Run) over() bool { return r.State != runRunning && r.State != runQueued }

// end says how a run ended.
func (js *jobs) end(j *job[Run], err error) {
	j.change(func(r *Run) {
		r.Ended, r.Now, r.State = instant(js.clock()), "", runComplete
		switch {
		case errors.Is(err, investigation.ErrInterrupted), errors.Is(err, context.Canceled):
			r.State = runInterrupted
		case err != nil:
			r.State, r.Error = runFailed, err.Error()
		}
	})
}

func (js *jobs) find(id string) (*job[Run], error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, j := range js.list {
		if now, _ := j.now(); now.ID == id {
			return j, nil
		}
	}
	return nil, errNoRun
}

// underWay reports whether a run of a case is under way that will weigh what is
// decided meanwhile.
func (js *jobs) underWay(id string) bool {
	js.mu.Lock()
	defer js.mu.Unlock()
	return slices.ContainsFunc(js.list, func(j *job[Run]) bool {
		now, _ := j.now()
		return now.Case == id && now.State == runRunning
	})
}

// runs lists the runs, newest first.
func (js *jobs) runs() []Run {
	js.mu.Lock()
	defer js.mu.Unlock()
	list := make([]Run, len(js.list))
	for i, j := range js.list {
		list[i], _ = j.now()
	}
	slices.SortStableFunc(list, func(a, b Run) int {
		return cmp.Or(b.Started.Compare(a.Started.Time), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// stop ends every run and waits until each has written what it found.
func (js *jobs) stop() {
	js.mu.Lock()
	js.closed = true
	js.mu.Unlock()
	js.cancel()
	js.wait.Wait()
}
