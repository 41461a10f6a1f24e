package fetch_test

import (
	"context"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	"clew/internal/source"
)

// leap is a clock that stands still while a request is under way or anything
// else happens, and leaps to the next sleeper's time when nothing does. Hours
// pass in seconds, in the order in which they would, however slow the machine.
type leap struct {
	mu       sync.Mutex
	now      time.Time  // guarded by mu
	sleepers []*sleeper // guarded by mu, the earliest last
	events   int        // guarded by mu: what happened so far
	underWay int        // guarded by mu
}

type sleeper struct {
	until time.Time
	woken chan struct{}
}

func (l *leap) Now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *leap) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	if t, ok := ctx.Value(trip{}).(*trip); ok {
		t.end() // one that waits for its next attempt
	}
	l.mu.Lock()
	s := &sleeper{until: l.now.Add(d), woken: make(chan struct{})}
	i, _ := slices.BinarySearchFunc(l.sleepers, s, func(a, b *sleeper) int { return b.until.Compare(a.until) })
	l.sleepers = slices.Insert(l.sleepers, i, s)
	l.events++
	l.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.woken:
		return nil
	}
}

// run leaps until ctx ends.
func (l *leap) run(ctx context.Context) {
	seen := -1
	for ctx.Err() == nil {
		time.Sleep(50 * time.Microsecond)
		idle := nobodyRuns()
		l.mu.Lock()
		if n := len(l.sleepers); idle && l.events == seen && l.underWay == 0 && n > 0 {
			l.now = l.sleepers[n-1].until
			for ; n > 0 && !l.sleepers[n-1].until.After(l.now); n-- {
				close(l.sleepers[n-1].woken)
				l.sleepers = l.sleepers[:n-1]
			}
			l.events++
		}
		seen = l.events
		l.mu.Unlock()
	}
}

// nobodyRuns reports whether all goroutines but the caller wait for something.
func nobodyRuns() bool {
	samples := []metrics.Sample{
		{Name: "/sched/goroutines/runnable:goroutines"},
		{Name: "/sched/goroutines/running:goroutines"},
		{Name: "/sched/goroutines/not-in-go:goroutines"},
	}
	metrics.Read(samples)
	return samples[0].Value.Uint64() == 0 && samples[1].Value.Uint64() <= 1 && samples[2].Value.Uint64() == 0
}

// trip is one request of a [watched] door, from when it leaves until its reply.
type trip struct {
	clock *leap
	out   bool // guarded by clock.mu
}

func (t *trip) begin() { t.set(true, 1) }
func (t *trip) end()   { t.set(false, -1) }

func (t *trip) set(out bool, by int) {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.out != out {
		t.out = out
		t.clock.underWay += by
	}
	t.clock.events++
}

// watched is a door that tells the clock what is under way.
type watched struct {
	source.Door
	clock *leap
}

// Pass implements [source.Door].
func (w watched) Pass(ctx context.Context, r source.Request, leave func(context.Context) error) (source.Reply, error) {
	t := &trip{clock: w.clock}
	defer t.end()
	return w.Door.Pass(context.WithValue(ctx, trip{}, t), r, func(ctx context.Context) error {
		t.begin()
		return leave(ctx)
	})
}
