// Package jobtest holds every engine of [job.Store] to the same behaviour.
package jobtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clew/internal/job"
)

// A kit is an engine under test.
type kit struct {
	*testing.T
	open func(t *testing.T) *job.Store // another store on the same database
}

// within bounds what a test waits for. It is generous: the machine may be busy.
const within = 30 * time.Second

// Leases of tests are short, so that a dead worker is missed soon.
const (
	lease = 400 * time.Millisecond
	beat  = 50 * time.Millisecond
)

// Run runs the suite. fresh makes an empty database and returns how to open a
// store on it; each is closed when its test ends.
func Run(t *testing.T, fresh func(t *testing.T) (open func(t *testing.T) *job.Store)) {
	for name, test := range map[string]func(kit){
		"a_job_is_done_and_shown":                 shown,
		"one_job_of_a_case_runs_in_order":         inOrder,
		"at_most_so_many_at_once":                 slots,
		"what_is_asked_twice_or_too_much":         refused,
		"cancel_reaches_a_worker_elsewhere":       cancel,
		"a_dead_workers_job_is_taken_over":        takenOver,
		"a_job_that_kills_workers_is_given_up":    givenUp,
		"a_worker_that_stops_hands_back":          handedBack,
		"what_passes_is_tried_again":              later,
		"a_job_waits_for_the_next_start":          restart,
		"a_pinned_job_waits_for_its_machine":      pinned,
		"a_call_that_was_lost_is_left_anew":       lostCall,
		"a_worker_that_panics_fails_the_job_only": panics,
		"standing":             standing,
		"hostile_names":        hostile,
		"a_job_begins_at_once": soon,
	} {
		t.Run(name, func(t *testing.T) { test(kit{t, fresh(t)}) })
	}
}

func (k kit) store() *job.Store { return k.open(k.T) }

func (k kit) add(s *job.Store, id, caseID string) job.Job {
	k.Helper()
	j, err := s.Add(k.Context(), job.New{ID: id, Kind: "test", Case: caseID, Actor: "ana", Work: map[string]string{"ask": id}, Doc: "new"})
	if err != nil {
		k.Fatal(err)
	}
	return j
}

// worker starts a worker, which stops with the test.
func (k kit) worker(s *job.Store, name string, do func(context.Context, *job.Task) error, queues ...string) *job.Worker {
	k.Helper()
	return k.leased(lease, s, name, do, queues...)
}

// leased is worker with a lease of its own: where none is to run out, one that does not
// on a busy machine either.
func (k kit) leased(lease time.Duration, s *job.Store, name string, do func(context.Context, *job.Task) error, queues ...string) *job.Worker {
	k.Helper()
	w := &job.Worker{Store: s, Name: name, Queues: map[string]int{job.Shared: 2}, Do: do, Lease: lease, Beat: beat, Report: beat}
	for _, q := range queues {
		w.Queues[q] = 1
	}
	if err := w.Start(k.Context()); err != nil {
		k.Fatal(err)
	}
	stop := sync.OnceFunc(func() { w.Stop(0) })
	k.Cleanup(stop)
	return w
}

// until waits until a job is as wanted.
func (k kit) until(s *job.Store, id, want string, is func(job.Job) bool) job.Job {
	k.Helper()
	for end := time.Now().Add(within); ; time.Sleep(5 * time.Millisecond) {
		j, err := s.Get(k.Context(), id)
		if err != nil {
			k.Fatal(err)
		}
		if is(j) {
			return j
		}
		if time.Now().After(end) {
			k.Fatalf("job %s is %+v; want %s", id, j, want)
		}
	}
}

func (k kit) state(s *job.Store, id string, want job.State) job.Job {
	k.Helper()
	return k.until(s, id, string(want), func(j job.Job) bool { return j.State == want })
}

func done(context.Context, *job.Task) error { return nil }

// waits works until it is told to end.
func waits(ctx context.Context, _ *job.Task) error {
	<-ctx.Done()
	return ctx.Err()
}

func shown(k kit) {
	s := k.store()
	if j := k.add(s, "a", "case"); j.State != job.Queued || j.Created.IsZero() || string(j.Doc) != `"new"` || j.Actor != "ana" {
		k.Errorf("added as %+v", j)
	}
	goOn := make(chan struct{})
	k.worker(s, "w", func(_ context.Context, t *job.Task) error {
		if string(t.Job.Work) != `{"ask":"a"}` {
			k.Errorf("given %s to do", t.Job.Work)
		}
		t.Report("half")
		t.Keep("one")
		<-goOn
		t.Keep("two")
		t.Report("done")
		return nil
	})
	other := k.store() // as another machine sees it
	j := k.until(other, "a", "half", func(j job.Job) bool { return string(j.Doc) == `"half"` })
	if j.State != job.Running || j.Worker != "w" || j.Attempt != 1 || j.Started.IsZero() {
		k.Errorf("while it runs: %+v", j)
	}
	close(goOn)
	j = k.state(other, "a", job.Complete)
	if string(j.Doc) != `"done"` || j.Ended.IsZero() || j.Error != "" {
		k.Errorf("in the end: %+v", j)
	}
	lines, err := other.Lines(k.Context(), "a")
	if err != nil || fmt.Sprintf("%s", lines) != `["one" "two"]` {
		k.Errorf("lines %s, %v", lines, err)
	}
}

func inOrder(k kit) {
	s := k.store()
	var mu sync.Mutex
	var order []string
	running := map[string]int{}
	for i := range 5 {
		for _, c := range []string{"x", "y"} {
			k.add(s, fmt.Sprint(c, i), c)
		}
	}
	do := func(_ context.Context, t *job.Task) error {
		mu.Lock()
		defer mu.Unlock()
		if running[t.Job.Case]++; running[t.Job.Case] > 1 {
			k.Errorf("two jobs of case %s at once", t.Job.Case)
		}
		order = append(order, t.Job.ID)
		mu.Unlock()
		time.Sleep(2 * time.Millisecond) // long enough for another to meet it
		mu.Lock()
		running[t.Job.Case]--
		return nil
	}
	k.leased(time.Minute, s, "w1", do)
	k.leased(time.Minute, k.store(), "w2", do)
	k.state(s, "x4", job.Complete)
	k.state(s, "y4", job.Complete)
	last := map[string]string{}
	for _, id := range order {
		if c := id[:1]; id < last[c] {
			k.Errorf("order %v", order)
		} else {
			last[c] = id
		}
	}
	if len(order) != 10 {
		k.Errorf("done %d times: %v", len(order), order)
	}
}

func slots(k kit) {
	s := k.store()
	for i := range 4 {
		k.add(s, fmt.Sprint("j", i), "")
	}
	began := make(chan string, 4)
	end := make(chan struct{})
	k.worker(s, "w", func(_ context.Context, t *job.Task) error {
		began <- t.Job.ID
		<-end
		return nil
	})
	<-began
	<-began
	st, err := s.Standing(k.Context())
	if err != nil || st.Running["test"] != 2 || st.Queued["test"] != 2 {
		k.Errorf("standing %+v, %v; want 2 and 2", st, err)
	}
	close(end)
	for i := range 4 {
		k.state(s, fmt.Sprint("j", i), job.Complete)
	}
}

func refused(k kit) {
	s := k.store()
	ctx := k.Context()
	k.add(s, "a", "case")
	if _, err := s.Add(ctx, job.New{ID: "b", Kind: "test", Case: "case", Alone: true}); !errors.Is(err, job.ErrBusy) {
		k.Errorf("a second job alone: %v", err)
	}
	for i := 1; i < job.MostQueued; i++ {
		k.add(s, fmt.Sprint("j", i), "")
	}
	if _, err := s.Add(ctx, job.New{ID: "b", Kind: "test"}); !errors.Is(err, job.ErrFull) {
		k.Errorf("one too many: %v", err)
	}
	if _, err := s.Get(ctx, "b"); !errors.Is(err, job.ErrNoJob) {
		k.Errorf("what was refused: %v", err)
	}
	if _, err := s.Retry(ctx, "a"); !errors.Is(err, job.ErrActive) {
		k.Errorf("retry of one that waits: %v", err)
	}
	list, err := s.List(ctx, job.Filter{Case: "case", States: []job.State{job.Queued}, Kinds: []string{"test", "other"}})
	if err != nil || len(list) != 1 || list[0].ID != "a" {
		k.Errorf("list %v, %v", list, err)
	}
	all, err := s.List(ctx, job.Filter{})
	if err != nil || len(all) != job.MostQueued || all[0].ID != fmt.Sprint("j", job.MostQueued-1) {
		k.Errorf("%d jobs, %v; want the newest first", len(all), err)
	}
}

func cancel(k kit) {
	s, there := k.store(), k.store()
	k.add(s, "a", "case")
	k.add(s, "b", "case")
	k.add(s, "c", "case")
	k.worker(there, "w", waits)
	k.state(s, "a", job.Running)
	if j, err := s.Cancel(k.Context(), "b"); err != nil || j.State != job.Interrupted {
		k.Errorf("cancel of one that waits: %+v, %v", j, err)
	}
	if j, err := s.Cancel(k.Context(), "a"); err != nil || !j.Cancelling {
		k.Errorf("cancel: %+v, %v", j, err)
	}
	if j := k.state(s, "a", job.Interrupted); j.Error != "" {
		k.Errorf("cancelled: %+v", j)
	}
	k.state(s, "c", job.Running) // its turn has come
	if j, err := s.Retry(k.Context(), "a"); err != nil || j.State != job.Queued {
		k.Errorf("retry: %+v, %v", j, err)
	}
	if _, err := s.Cancel(k.Context(), "c"); err != nil {
		k.Error(err)
	}
	k.state(s, "a", job.Running)
}

// dies takes jobs and is never heard of again, as a process that is killed.
func (k kit) dies(s *job.Store, name string, took chan<- *job.Task) {
	w := &job.Worker{Store: s, Name: name, Queues: map[string]int{job.Shared: 1}, Lease: lease, Beat: time.Hour, Do: func(ctx context.Context, t *job.Task) error {
		took <- t
		<-ctx.Done()
		return nil // it believes to have done it
	}}
	if err := w.Start(k.Context()); err != nil {
		k.Fatal(err)
	}
	k.Cleanup(func() { w.Stop(0) })
}

func takenOver(k kit) {
	s := k.store()
	took := make(chan *job.Task, 10)
	k.dies(s, "dead", took)
	k.add(s, "a", "case")
	<-took
	k.worker(k.store(), "alive", func(context.Context, *job.Task) error { return nil })
	j := k.state(s, "a", job.Complete)
	if j.Worker != "alive" || j.Attempt != 2 || j.Deaths != 1 {
		k.Errorf("taken over as %+v", j)
	}
}

func givenUp(k kit) {
	s := k.store()
	took := make(chan *job.Task, 20)
	for i := range 5 {
		k.dies(k.store(), fmt.Sprint("dead", i), took)
	}
	k.add(s, "a", "case")
	k.add(s, "b", "case")
	for range 5 {
		<-took
		for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if err := s.Sweep(k.Context(), lease); err != nil {
				k.Fatal(err)
			}
			if j, err := s.Get(k.Context(), "a"); err != nil || j.State != job.Running || len(took) > 0 {
				break
			}
		}
	}
	j := k.state(s, "a", job.Interrupted)
	if j.Deaths != 5 || !strings.Contains(j.Error, "clew job retry a") {
		k.Errorf("given up as %+v", j)
	}
	k.worker(k.store(), "alive", done)
	k.state(s, "b", job.Complete)
	if _, err := s.Retry(k.Context(), "a"); err != nil {
		k.Error(err)
	}
	k.state(s, "a", job.Complete)
}

func handedBack(k kit) {
	s := k.store()
	w := &job.Worker{Store: k.store(), Name: "stops", Queues: map[string]int{job.Shared: 1}, Lease: lease, Beat: beat, Do: func(ctx context.Context, t *job.Task) error {
		<-ctx.Done()
		t.Report("as far as it came")
		return ctx.Err()
	}}
	if err := w.Start(k.Context()); err != nil {
		k.Fatal(err)
	}
	k.add(s, "a", "case")
	k.state(s, "a", job.Running)
	w.Stop(0)
	j, err := s.Get(k.Context(), "a")
	if err != nil || j.State != job.Queued || string(j.Doc) != `"as far as it came"` || j.Deaths != 0 {
		k.Errorf("handed back as %+v, %v", j, err)
	}
	k.worker(s, "goes on", done)
	if j := k.state(s, "a", job.Complete); j.Attempt != 2 || j.Worker != "goes on" {
		k.Errorf("gone on with as %+v", j)
	}
}

func later(k kit) {
	s := k.store()
	k.add(s, "a", "")
	k.worker(s, "w", func(_ context.Context, t *job.Task) error {
		if t.Job.Attempt == 1 {
			return fmt.Errorf("corpus: %w", job.Later{Err: errors.New("in use elsewhere")})
		}
		if t.Job.Attempt == 2 {
			return errors.New("broken \x00 for \xff good")
		}
		return nil
	})
	waiting := k.until(s, "a", "to wait with a reason", func(j job.Job) bool { return j.State == job.Queued && j.Error != "" })
	if !strings.Contains(waiting.Error, "in use elsewhere") {
		k.Errorf("waits as %+v", waiting)
	}
	if j := k.state(s, "a", job.Failed); !strings.HasPrefix(j.Error, "broken") || j.Attempt != 2 {
		k.Errorf("failed as %+v", j)
	}
	if _, err := s.Retry(k.Context(), "a"); err != nil {
		k.Error(err)
	}
	k.state(s, "a", job.Complete)
}

func restart(k kit) {
	s := k.store()
	k.add(s, "a", "case")
	k.add(s, "b", "case")
	if err := s.Close(); err != nil {
		k.Fatal(err)
	}
	s = k.store()
	k.worker(s, "w", done)
	k.state(s, "a", job.Complete)
	k.state(s, "b", job.Complete)
}

func pinned(k kit) {
	s := k.store()
	if _, err := s.Add(k.Context(), job.New{ID: "a", Kind: "test", Queue: job.QueueOf("m1"), Doc: 1}); err != nil {
		k.Fatal(err)
	}
	k.add(s, "b", "")
	k.worker(s, "elsewhere", done, job.QueueOf("m2"))
	k.state(s, "b", job.Complete)
	st, err := s.Standing(k.Context())
	if err != nil || len(st.Stuck) != 1 || st.Stuck[0].ID != "a" || !strings.Contains(st.Stuck[0].Why, "machine") {
		k.Errorf("standing %+v, %v", st, err)
	}
	k.worker(k.store(), "there", done, job.QueueOf("m1"))
	if j := k.state(s, "a", job.Complete); j.Worker != "there" {
		k.Errorf("done by %s", j.Worker)
	}
}

func lostCall(k kit) {
	s := k.store()
	took := make(chan *job.Task, 10)
	k.dies(s, "dead", took) // has one slot
	k.add(s, "a", "case")
	<-took
	// b's call goes to nobody in time; a's call is answered and its job taken over.
	k.add(s, "b", "")
	k.worker(k.store(), "alive", done)
	k.state(s, "a", job.Complete)
	k.state(s, "b", job.Complete)
}

func panics(k kit) {
	s := k.store()
	k.add(s, "a", "")
	k.add(s, "b", "")
	k.worker(s, "w", func(_ context.Context, t *job.Task) error {
		if t.Job.ID == "a" {
			panic("at the worst moment")
		}
		return nil
	})
	k.state(s, "b", job.Complete)
	if j := k.state(s, "a", job.Failed); !strings.Contains(j.Error, "worst moment") {
		k.Errorf("failed as %+v", j)
	}
}

func standing(k kit) {
	s := k.store()
	k.add(s, "a", "")
	st, err := s.Standing(k.Context())
	if err != nil || len(st.Stuck) != 1 || !strings.Contains(st.Stuck[0].Why, "no worker") || st.Queued["test"] != 1 || len(st.Workers) != 0 {
		k.Errorf("without a worker: %+v, %v", st, err)
	}
	w := k.worker(k.store(), "w", waits)
	k.state(s, "a", job.Running)
	st, err = s.Standing(k.Context())
	if err != nil || len(st.Stuck) != 0 || len(st.Workers) != 1 || st.Workers[0].Name != "w" || st.Workers[0].Slots != 2 || st.Running["test"] != 1 {
		k.Errorf("with a worker: %+v, %v", st, err)
	}
	w.Stop(0)
	if st, err = s.Standing(k.Context()); err != nil || len(st.Workers) != 0 {
		k.Errorf("after it: %+v, %v", st, err)
	}
}

func hostile(k kit) {
	s := k.store()
	text := "x\x00'\"; DROP TABLE jobs; --\xff\u202e"
	if _, err := s.Get(k.Context(), text); !errors.Is(err, job.ErrNoJob) {
		k.Errorf("a hostile ID: %v", err)
	}
	if _, err := s.Add(k.Context(), job.New{ID: "a", Kind: "test", Work: text, Doc: text}); err != nil {
		k.Fatal(err)
	}
	work, err := s.Work(k.Context(), "a")
	if err != nil {
		k.Fatal(err)
	}
	var back string
	if err := json.Unmarshal(work, &back); err != nil || back != strings.ToValidUTF8(text, "\uFFFD") {
		k.Errorf("came back as %q, %v", back, err)
	}
}

// soon: whoever looks at the page sees the job begin. What the queue tells of one
// job must not be held back because of the one before.
func soon(k kit) {
	s := k.store()
	began := make(chan time.Time, 1)
	k.worker(s, "w", func(context.Context, *job.Task) error {
		began <- time.Now()
		return nil
	})
	var took []time.Duration
	for i := range 10 {
		at := time.Now()
		k.add(s, fmt.Sprint("j", i), "")
		took = append(took, (<-began).Sub(at))
		k.state(s, fmt.Sprint("j", i), job.Complete)
	}
	slices.Sort(took)
	k.Logf("from asked to begun: %v", took)
	if median := took[len(took)/2]; median > 500*time.Millisecond {
		k.Errorf("it takes %s until a job begins", median)
	}
}
