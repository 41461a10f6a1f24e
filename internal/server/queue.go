package server

import (
	"context"
	"errors"

	"clew/internal/investigation"
)

// enqueue takes up a run that waits for its turn: after those of the same case
// that came before it, and while no more run than may. prepare makes the request
// once it begins.
func (js *jobs) enqueue(run Run, prepare func(context.Context) (investigation.Request, func(), error)) (Run, error) {
	ctx, cancel := context.WithCancel(js.ctx)
	run.State = runQueued
	j, err := js.admit(run, cancel)
	if err != nil {
		cancel()
		return Run{}, err
	}
	now, _ := j.now()
	go func() {
		defer js.wait.Done()
		defer js.tellEnd()
		defer cancel()
		if err := js.turnComes(ctx, j); err != nil {
			js.end(j, err)
			return
		}
		js.end(j, js.prepared(ctx, j, prepare))
	}()
	return now, nil
}

// prepared runs a request that is made only now. It ends the run when it cannot
// be made.
func (js *jobs) prepared(ctx context.Context, j *job[Run], prepare func(context.Context) (investigation.Request, func(), error)) error {
	w, giveBack, err := js.shelf.lend()
	if err != nil {
		return err
	}
	defer giveBack()
	req, done, err := prepare(ctx)
	if done != nil {
		defer done()
	}
	if err != nil {
		return err
	}
	return js.follow(ctx, w, j, req)
}

// turnComes waits until the run may begin, and makes it a running one.
func (js *jobs) turnComes(ctx context.Context, j *job[Run]) error {
	for {
		ended, begun := js.begin(j)
		if begun {
			return nil
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return errors.Join(investigation.ErrInterrupted, ctx.Err())
		}
	}
}

// begin makes a queued run a running one when its turn has come, or returns what
// tells that another run has ended.
func (js *jobs) begin(j *job[Run]) (ended <-chan struct{}, begun bool) {
	js.mu.Lock()
	defer js.mu.Unlock()
	own, _ := j.now()
	running, first, before := 0, true, true
	for _, other := range js.list {
		now, _ := other.now()
		if now.State == runRunning {
			running++
		}
		if other == j {
			before = false
		}
		if other != j && now.Case == own.Case && (now.State == runRunning || before && now.State == runQueued) {
			first = false
		}
	}
	if !first || running >= mostRunning {
		return js.ended, false
	}
	j.change(func(r *Run) { r.State = runRunning })
	return nil, true
}

// tellEnd wakes the runs that wait for one to end.
func (js *jobs) tellEnd() {
	js.mu.Lock()
	defer js.mu.Unlock()
	close(js.ended)
	js.ended = make(chan struct{})
}
