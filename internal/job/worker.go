package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// A Worker takes jobs and does them.
type Worker struct {
	Store  *Store
	Name   string         // of this worker alone
	Queues map[string]int // that it takes from, and how many at once
	// Do does a job. Its context ends when somebody wants the job to end
	// ([ErrCancelled]), the worker stops ([ErrHandBack]) or another has the job
	// ([ErrLost]). An error then means that it was cut off; without one it is
	// complete. A [Later] puts it back into the queue, any other error is its end.
	Do func(ctx context.Context, t *Task) error
	// Lease is how long a silent worker keeps its jobs, Beat how often one is heard
	// of; zero for [DefaultLease] and [DefaultBeat].
	Lease, Beat time.Duration
	// Report is how often at most the state of a running job is written; zero for
	// with each beat.
	Report time.Duration
	Log    *slog.Logger

	stopListening func()
	stopSweeping  context.CancelFunc
	sweeping      sync.WaitGroup
	mu            sync.Mutex
	running       map[*Task]bool // guarded by mu
	stopping      bool           // guarded by mu
}

// A job whose worker died is taken over within the lease and a beat of another.
const (
	DefaultLease = 6 * time.Second
	DefaultBeat  = time.Second
)

// releaseWithin bounds how long the end of a job is tried to be written, while the
// database is away.
const releaseWithin = 5 * time.Minute

// Start begins to take jobs.
func (w *Worker) Start(ctx context.Context) error {
	if w.Lease == 0 {
		w.Lease = DefaultLease
	}
	if w.Beat == 0 {
		w.Beat = DefaultBeat
	}
	if w.Log == nil {
		w.Log = slog.New(slog.DiscardHandler)
	}
	w.running = map[*Task]bool{}
	if err := w.Store.seen(ctx, w.seen()); err != nil {
		return err
	}
	if err := w.Store.Sweep(ctx, w.Lease); err != nil {
		return err
	}
	stop, err := w.Store.db.Listen(w.Queues, w.take)
	if err != nil {
		return w.Store.db.Explain(err)
	}
	w.stopListening = stop
	sweeping, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w.stopSweeping = cancel
	w.sweeping.Go(func() { w.sweep(sweeping) })
	return nil
}

func (w *Worker) seen() Seen {
	seen := Seen{Name: w.Name}
	for queue, slots := range w.Queues {
		seen.Queues, seen.Slots = append(seen.Queues, queue), max(seen.Slots, slots)
	}
	return seen
}

// Stop takes no further jobs. Those that run may end within grace, and are then
// handed back: each writes what it has, and another worker goes on with it.
func (w *Worker) Stop(grace time.Duration) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.stopListening()
	}()
	select {
	case <-done:
	case <-time.After(grace):
	}
	w.mu.Lock()
	w.stopping = true
	for t := range w.running {
		t.end(ErrHandBack)
	}
	w.mu.Unlock()
	<-done
	w.stopSweeping()
	w.sweeping.Wait()
	within, cancel := context.WithTimeout(context.Background(), w.Lease)
	defer cancel()
	if err := w.Store.gone(within, w.Name); err != nil {
		w.Log.Warn("worker stops unnoted", "error", err) // it is missed within a minute
	}
}

// sweep looks after the jobs of workers that died, and tells of this one.
func (w *Worker) sweep(ctx context.Context) {
	tick := time.NewTicker(w.Beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		within, cancel := context.WithTimeout(ctx, w.Lease)
		err := errors.Join(w.Store.seen(within, w.seen()), w.Store.Sweep(within, w.Lease))
		cancel()
		if err != nil && ctx.Err() == nil {
			w.Log.Error("queue", "error", err) // tried again with the next beat
		}
	}
}

// take does one job, if it is there to be taken.
func (w *Worker) take(id string) {
	ctx := context.Background()
	within, cancel := context.WithTimeout(ctx, w.Lease)
	j, ok, err := w.Store.claim(within, id, w.Name, w.Lease)
	cancel()
	if err != nil && !errors.Is(err, ErrNoJob) {
		w.Log.Error("taking a job", "job", id, "error", err) // the sweep leaves another call
	}
	if !ok {
		return
	}
	w.Log.Info("job begins", "job", j.ID, "kind", j.Kind, "case", j.Case, "attempt", j.Attempt)
	held, end := context.WithCancelCause(ctx)
	t := &Task{Job: j, doc: j.Doc, end: end, nudge: make(chan struct{}, 1), renewed: time.Now()}
	w.hold(t)
	defer w.letGo(t)
	beating, stopBeating := context.WithCancel(ctx)
	var beats sync.WaitGroup
	beats.Go(func() { w.beat(beating, t) })
	err = w.do(held, t)
	stopBeating()
	beats.Wait()
	w.release(t, outcomeOf(err, context.Cause(held)))
	end(nil)
}

// do does a job; one that panics has failed.
func (w *Worker) do(ctx context.Context, t *Task) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.Log.Error("job panicked", "job", t.Job.ID, "panic", p)
			err = fmt.Errorf("a fault in clew: %v", p)
		}
	}()
	return w.Do(ctx, t)
}

func (w *Worker) hold(t *Task) {
	w.mu.Lock()
	w.running[t] = true
	if w.stopping {
		t.end(ErrHandBack)
	}
	w.mu.Unlock()
	w.Store.mu.Lock()
	w.Store.nudges[t.Job.ID] = t.Look
	w.Store.mu.Unlock()
}

func (w *Worker) letGo(t *Task) {
	w.mu.Lock()
	delete(w.running, t)
	w.mu.Unlock()
	w.Store.mu.Lock()
	delete(w.Store.nudges, t.Job.ID)
	w.Store.mu.Unlock()
}

// beat renews the lease until ctx ends. Where it cannot in time, the job is ended
// before the lease is: another worker will have it.
func (w *Worker) beat(ctx context.Context, t *Task) {
	pace := w.Beat
	if w.Report > 0 {
		pace = min(pace, w.Report)
	}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.nudge:
		case <-tick.C:
			if !t.due(w.Beat) {
				continue
			}
		}
		began := time.Now()
		doc, lines := t.taken()
		within, cancel := context.WithTimeout(context.Background(), w.Lease/2) // not cut off: what it wrote would be in doubt
		cancelling, err := w.Store.beat(within, t.Job, w.Lease, doc, lines)
		cancel()
		switch {
		case err == nil:
			t.beaten(began)
			if cancelling {
				t.end(ErrCancelled)
			}
		case errors.Is(err, ErrLost):
			w.Log.Warn("another worker has the job", "job", t.Job.ID)
			t.end(ErrLost)
			return
		default:
			w.Log.Warn("lease not renewed", "job", t.Job.ID, "error", err)
			if t.putBack(doc, lines) > w.Lease-w.Beat {
				t.end(ErrLost)
			}
		}
	}
}

func outcomeOf(err, cause error) outcome {
	var later Later
	switch {
	case err == nil:
		return outcome{state: Complete}
	case errors.Is(cause, ErrHandBack):
		return outcome{state: Queued}
	case errors.Is(cause, ErrLost):
		return outcome{state: Queued, tries: 1, said: "the database did not answer in time"}
	case errors.Is(cause, ErrCancelled):
		return outcome{state: Interrupted}
	case errors.As(err, &later):
		return outcome{state: Queued, tries: 1, said: bounded(err)}
	}
	return outcome{state: Failed, said: bounded(err)}
}

// mostSaid bounds what is kept of an error, in bytes.
const mostSaid = 4000

func bounded(err error) string {
	text := strings.ToValidUTF8(strings.ReplaceAll(err.Error(), "\x00", " "), "?")
	if len(text) > mostSaid {
		text = strings.ToValidUTF8(text[:mostSaid], "") + "…"
	}
	return text
}

// release writes how a job ended, as soon as the database is there.
func (w *Worker) release(t *Task, o outcome) {
	t.mu.Lock()
	o.doc, o.lines = t.doc, t.lines
	t.mu.Unlock()
	for wait, until := 50*time.Millisecond, time.Now().Add(releaseWithin); ; wait = min(2*wait, time.Second) {
		within, cancel := context.WithTimeout(context.Background(), w.Lease)
		err := w.Store.release(within, t.Job, o)
		cancel()
		switch {
		case err == nil:
			w.Log.Info("job ends", "job", t.Job.ID, "kind", t.Job.Kind, "case", t.Job.Case, "state", string(o.state), "error", o.said)
			return
		case errors.Is(err, ErrLost):
			w.Log.Warn("another worker has the job", "job", t.Job.ID)
			return
		case time.Now().After(until) || w.abandoned():
			w.Log.Error("how a job ended is not written: another worker does it again", "job", t.Job.ID, "state", string(o.state), "error", err)
			return
		}
		w.Log.Warn("how a job ended is not written yet", "job", t.Job.ID, "error", err)
		time.Sleep(wait)
	}
}

// abandoned reports whether the worker stops: then nobody waits for a database.
func (w *Worker) abandoned() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stopping
}

// A Task is a job in a worker's hands.
type Task struct {
	Job   Job // as it was when it was taken
	end   context.CancelCauseFunc
	nudge chan struct{}

	mu      sync.Mutex
	renewed time.Time       // guarded by mu; when the lease was last renewed, by this machine's clock
	doc     json.RawMessage // guarded by mu; how the job stands
	dirty   bool            // guarded by mu; doc is newer than the store's
	lines   []string        // guarded by mu; not yet in the store
	kept    int             // guarded by mu; lines in all
}

// Report says how the job stands. It is written with the next beat, the last one
// with the end.
func (t *Task) Report(doc any) {
	text, err := json.Marshal(doc)
	if err != nil {
		return // a value of ours that is no JSON is caught by its test
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.doc, t.dirty = text, true
}

// Keep adds a line to those that are kept of the job.
func (t *Task) Keep(line any) {
	text, err := json.Marshal(line)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil && t.kept < mostLines {
		t.lines = append(t.lines, string(text))
		t.kept++
	}
}

// Look has what was reported written now, and heard whether the job is to end.
func (t *Task) Look() {
	select {
	case t.nudge <- struct{}{}:
	default: // it will be
	}
}

// due reports whether there is anything to write, or the lease to renew.
func (t *Task) due(beat time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dirty || len(t.lines) > 0 || time.Since(t.renewed) >= beat-beat/10
}

func (t *Task) taken() (doc json.RawMessage, lines []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dirty {
		doc = t.doc
	}
	lines, t.lines, t.dirty = t.lines, nil, false
	return doc, lines
}

// putBack keeps for later what could not be written, and returns how old the lease is.
func (t *Task) putBack(doc json.RawMessage, lines []string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dirty = t.dirty || doc != nil
	t.lines = append(lines, t.lines...)
	return time.Since(t.renewed)
}

func (t *Task) beaten(began time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.renewed = began
}
