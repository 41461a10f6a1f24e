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
	runRunning     = "running"
	runComplete    = "complete"
	runInterrupted = "interrupted"
	runFailed      = "failed"
)

// A Run is one investigation of this server, under way or ended. The record of
// its case outlives the server; the run does not.
type Run struct {
	ID         string           `json:"id"`
	State      string           `json:"state" doc:"running, complete, interrupted or failed"`
	Case       string           `json:"case" doc:"empty until the case is in the record"`
	Seeds      []casefile.Value `json:"seeds"`
	Started    casefile.Time    `json:"started"`
	Ended      casefile.Time    `json:"ended"`
	Hop        int              `json:"hop"`
	Expanded   int              `json:"expanded"`
	Waiting    int              `json:"waiting"`
	Candidates int              `json:"candidates"`
	Now        string           `json:"now" doc:"what is being done, in words"`
	Error      string           `json:"error"`
}

// Bounds of runs: each holds sources, memory and a share of two cores.
const (
	mostRunning = 4
	mostKept    = 200 // ended runs that are remembered
)

// Errors of runs.
var (
	errNoRun   = errors.New("no such run: it ended before this server started, or long ago; the case has what it found")
	errTooMany = fmt.Errorf("%d investigations are running: wait for one, or cancel one", mostRunning)
	errBusy    = errors.New("the case is being investigated already")
	errClosing = errors.New("the server is shutting down")
)

type job struct {
	cancel context.CancelFunc

	mu      sync.Mutex
	run     Run           // guarded by mu
	changed chan struct{} // guarded by mu; closed with the next change
}

// now returns how the run stands and a channel that is closed when it no longer does.
func (j *job) now() (Run, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.run, j.changed
}

func (j *job) change(edit func(*Run)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	edit(&j.run)
	close(j.changed)
	j.changed = make(chan struct{})
}

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
	list   []*job // guarded by mu, oldest first
	closed bool   // guarded by mu
}

func newJobs(core Core, s *shelf, clock func() time.Time) *jobs {
	ctx, cancel := context.WithCancel(context.Background())
	return &jobs{core: core, shelf: s, clock: clock, random: rand.Reader, ctx: ctx, cancel: cancel}
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
	j, err := js.admit(req, cancel)
	if err != nil {
		release()
		return Run{}, err
	}
	run, _ := j.now()
	go func() {
		defer js.wait.Done()
		defer release()
		js.investigate(runContext, w, j, req)
	}()
	return run, nil
}

// admit takes up a run, unless there are too many or one of the same case.
func (js *jobs) admit(req investigation.Request, cancel context.CancelFunc) (*job, error) {
	id := make([]byte, 8)
	if _, err := io.ReadFull(js.random, id); err != nil {
		return nil, err
	}
	run := Run{
		ID: hex.EncodeToString(id), State: runRunning, Case: req.CaseID, Seeds: []casefile.Value{}, Started: instant(js.clock()), Now: "starting",
	}
	for _, s := range req.Seeds {
		run.Seeds = append(run.Seeds, casefile.ValueOf(s.Value))
	}
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.closed {
		return nil, errClosing
	}
	running := 0
	for _, other := range js.list {
		now, _ := other.now()
		if now.State != runRunning {
			continue
		}
		if running++; now.Case == run.Case && run.Case != "" {
			return nil, errBusy
		}
	}
	if running >= mostRunning {
		return nil, errTooMany
	}
	j := &job{cancel: cancel, run: run, changed: make(chan struct{})}
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
	oldest := slices.IndexFunc(js.list, func(j *job) bool { now, _ := j.now(); return now.State != runRunning })
	if oldest >= 0 {
		js.list = slices.Delete(js.list, oldest, oldest+1)
	}
}

func (js *jobs) investigate(ctx context.Context, w *investigation.Workspace, j *job, req investigation.Request) {
	req.Opened = func(id string) { j.change(func(r *Run) { r.Case = id }) }
	req.Progress = func(p pivot.Progress) {
		j.change(func(r *Run) {
			r.Hop, r.Expanded, r.Waiting, r.Candidates, r.Now = p.Hop, p.Expanded, p.Waiting, p.Candidates, p.Now
		})
	}
	_, err := w.Investigate(ctx, req)
	j.change(func(r *Run) {
		r.Ended, r.Now, r.State = instant(js.clock()), "", runComplete
		switch {
		case errors.Is(err, investigation.ErrInterrupted):
			r.State = runInterrupted
		case err != nil:
			r.State, r.Error = runFailed, err.Error()
		}
	})
}

func (js *jobs) find(id string) (*job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, j := range js.list {
		if now, _ := j.now(); now.ID == id {
			return j, nil
		}
	}
	return nil, errNoRun
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
