package server

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"time"

	"clew/internal/account"
	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/job"
)

// The kinds of jobs.
const (
	kindInvestigation = "investigation"
	kindPivots        = "pivots"
	kindImport        = "import"
	kindHunt          = "hunt"
	kindLogs          = "telemetry"
	kindWatch         = "watch"
)

// runKinds are those that clients see as runs.
var runKinds = []string{kindInvestigation, kindPivots, kindImport, kindWatch}

// The states of a run.
const (
	runQueued      = string(job.Queued)
	runRunning     = string(job.Running)
	runComplete    = string(job.Complete)
	runInterrupted = string(job.Interrupted)
	runFailed      = string(job.Failed)
)

// A Run is one investigation, under way or ended. It outlives the server, and may
// be done by a worker on another machine.
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
	Error      string           `json:"error" doc:"why it failed, was interrupted, or waits to be tried again"`
	Actor      string           `json:"actor" doc:"who asked for it"`
	Worker     string           `json:"worker" doc:"who does it, or did last; empty before"`
	Attempt    int              `json:"attempt" doc:"how often a worker took it up: more than one where workers stopped or died"`
}

// An order is what a worker needs to do a job, on whichever machine it is. Keys are
// no part of it: each worker has its own.
type order struct {
	Ask Ask `json:"ask"`
	// Defaults are the bounds of the server that took the order, for what the ask
	// leaves open; Offline that it asks nobody.
	Defaults Defaults `json:"defaults"`
	Offline  bool     `json:"offline,omitempty"`
	// Account is the ID of the user who asked, "" where the server has no accounts;
	// Needs are the permissions that they were let in by. Both are looked up again
	// when the job is done.
	Account string               `json:"account,omitempty"`
	Needs   []account.Permission `json:"needs,omitempty"`
	NewCase string               `json:"new_case,omitempty"` // the ID of the case that is opened
	Pivots  []Turn               `json:"pivots,omitempty"`   // by hand
	Reason  string               `json:"reason,omitempty"`   // of those
	Import  *orderedImport       `json:"import,omitempty"`
	Hunt    *HuntAsk             `json:"hunt,omitempty"`
	Logs    *LogsAsk             `json:"logs,omitempty"`
	Watch   *orderedWatch        `json:"watch,omitempty"`
	// Assisted is an order of an assistant, for whom the job belongs to.
	Assisted bool `json:"assisted,omitempty"`
}

// jobs are the runs and hunts as this server sees them.
type jobs struct {
	core    Core
	store   *job.Store
	record  *investigation.Workspace
	clock   func() time.Time
	random  io.Reader
	machine string // whose files jobs may need
	watch   *watches[job.Job]
	book    *account.Book // of the users for whom jobs are done; nil where there are none
	// opens is told of a case that will be opened, and may refuse; nil alone.
	opens func(ctx context.Context, id, tlp string, restricted bool) error
	takes map[string]bool // queues that a worker of this process takes jobs from
}

func newJobs(core Core, record *investigation.Workspace, clock func() time.Time, random io.Reader) (*jobs, error) {
	machine, err := machineOf(record.Dir, random)
	if err != nil {
		return nil, err
	}
	js := &jobs{core: core, store: record.Jobs, record: record, clock: clock, random: random, machine: machine}
	js.watch = newWatches(record.Jobs.Get, func(a, b job.Job) bool { return a.Version == b.Version })
	record.Jobs.OnChange(js.watch.wrote)
	return js, nil
}

// add takes up a job under what this server was started with.
func (js *jobs) add(ctx context.Context, n job.New, o order) (job.Job, error) {
	if n.ID == "" {
		id := make([]byte, 8)
		if _, err := io.ReadFull(js.random, id); err != nil {
			return job.Job{}, err
		}
		n.ID = hex.EncodeToString(id)
	}
	status := js.core.Status()
	if o.Defaults, o.Offline = status.Defaults, status.Offline; o.Watch != nil {
		o.Defaults = o.Watch.Under
	}
	if caller, known := account.CallerOf(ctx); known && !caller.IsSystem() {
		o.Account, o.Needs = caller.User.ID, visitOf(ctx).needs
	}
	if status.Replay != "" {
		n.Queue = job.QueueOf(js.machine) // the recordings are here
	}
	o.Assisted = investigation.Assisted(ctx)
	n.Actor, n.Work = js.record.PersonOf(ctx), o
	j, err := js.store.Add(ctx, n)
	if err != nil || !js.takes[j.Queue] {
		return j, err
	}
	return js.begun(ctx, j), nil
}

// beginsWithin is how long an answer waits for a worker of this process to take up
// the job: with one free, clients are told at once that it runs.
const beginsWithin = 300 * time.Millisecond

func (js *jobs) begun(ctx context.Context, j job.Job) job.Job {
	watched, leave := js.watch.follow(j.ID)
	defer leave()
	end := time.NewTimer(beginsWithin)
	defer end.Stop()
	for {
		now, looked, changed, err := watched.now()
		if err == nil && looked && now.State != job.Queued {
			return now
		}
		select {
		case <-changed:
		case <-end.C:
			return j
		case <-ctx.Done():
			return j
		}
	}
}

// start begins a run. What is wrong with the request is said before it returns.
func (js *jobs) start(ctx context.Context, ask Ask) (Run, error) {
	if ask.Case != "" {
		id, err := casefile.Resolve(ctx, js.record.Cases, ask.Case)
		if err != nil {
			return Run{}, err
		}
		ask.Case = id
	}
	req, done, err := js.core.Request(ctx, ask)
	if done != nil {
		done()
	}
	if err != nil {
		return Run{}, err
	}
	o := order{Ask: ask}
	n := job.New{Kind: kindInvestigation, Case: req.CaseID, Alone: true, Doc: newRun(Run{Case: req.CaseID, Seeds: seedsOf(req)})}
	if n.Case == "" {
		if o.NewCase, err = js.newCase(ctx, req); err != nil {
			return Run{}, err
		}
		n.Case = o.NewCase
		if js.opens != nil && n.Case != "" {
			if err := js.opens(ctx, n.Case, string(req.TLP), ask.Restricted); err != nil {
				return Run{}, err
			}
		}
	}
	noteCase(ctx, n.Case)
	return asRun(js.add(ctx, n, o))
}

// newCase draws the ID under which a case will be opened, so that a worker that
// takes over from one that died finds what that one began.
func (js *jobs) newCase(ctx context.Context, req investigation.Request) (string, error) {
	if len(req.Seeds) == 0 {
		return "", nil
	}
	for {
		id, err := casefile.NewID(js.clock(), req.Seeds[0].Value, js.random)
		if err != nil {
			return "", err
		}
		if _, err := js.record.Cases.Head(ctx, id); errors.Is(err, casefile.ErrNoCase) {
			return id, nil
		} else if err != nil {
			return "", err
		}
	}
}

func seedsOf(req investigation.Request) []casefile.Value {
	var seeds []casefile.Value
	for _, s := range req.Seeds {
		seeds = append(seeds, casefile.ValueOf(s.Value))
	}
	return seeds
}

// newRun makes what is empty a list.
func newRun(run Run) Run {
	run.Seeds, run.Pivots = append([]casefile.Value{}, run.Seeds...), append([]Turn{}, run.Pivots...)
	return run
}

// runOf is a job as clients see it.
func runOf(j job.Job) Run {
	var run Run
	if err := json.Unmarshal(j.Doc, &run); err != nil {
		run = newRun(Run{}) // of a clew that is not this one
	}
	run.ID, run.State, run.Error, run.Actor, run.Worker, run.Attempt = j.ID, string(j.State), casefile.Printable(j.Error), j.Actor, j.Worker, j.Attempt
	run.Started, run.Ended = startOf(j), endOf(j)
	switch {
	case j.State.Over():
		run.Now = ""
	case j.State == job.Queued:
		run.Now = "waiting for its turn"
	case j.Cancelling:
		run.Now = "stopping"
	case run.Now == "":
		run.Now = "starting"
	}
	return run
}

func startOf(j job.Job) casefile.Time {
	if j.Started.IsZero() {
		return instant(j.Created)
	}
	return instant(j.Started)
}

func endOf(j job.Job) casefile.Time {
	if j.Ended.IsZero() {
		return casefile.Time{}
	}
	return instant(j.Ended)
}

func asRun(j job.Job, err error) (Run, error) {
	if err != nil {
		return Run{}, err
	}
	return runOf(j), nil
}

// find returns a job of one of the kinds.
func (js *jobs) find(ctx context.Context, id string, kinds ...string) (job.Job, error) {
	j, err := js.store.Get(ctx, id)
	if err != nil {
		return j, err
	}
	for _, kind := range kinds {
		if j.Kind == kind {
			return j, nil
		}
	}
	return j, job.ErrNoJob
}

// underWay reports whether a run of a case is under way that will weigh what is
// decided meanwhile, on whichever machine.
func (js *jobs) underWay(ctx context.Context, id string) (bool, error) {
	running, err := js.store.List(ctx, job.Filter{Kinds: runKinds, States: []job.State{job.Running}, Case: id})
	return len(running) > 0, err
}

// runs lists the runs, newest first, of a case where one is named.
func (js *jobs) runs(ctx context.Context, caseID string) ([]Run, error) {
	all, err := js.store.List(ctx, job.Filter{Kinds: runKinds, Case: caseID})
	list := make([]Run, len(all))
	for i, j := range all {
		list[i] = runOf(j)
	}
	return list, err
}
