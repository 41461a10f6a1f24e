package fetch

import (
	"context"
	"sync"
	"time"
)

// A pace hands out turns: at most one request of a source in each interval,
// first come, first served.
type pace struct {
	clock func() time.Time
	sleep func(context.Context, time.Duration) error
	mu    sync.Mutex
	next  map[string]time.Time // guarded by mu: when a source's next turn is
}

func newPace(clock func() time.Time, sleep func(context.Context, time.Duration) error) *pace {
	return &pace{clock: clock, sleep: sleep, next: map[string]time.Time{}}
}

// wait returns when it is the caller's turn, or ctx ends.
func (p *pace) wait(ctx context.Context, source string, every time.Duration) error {
	p.mu.Lock()
	now := p.clock()
	turn := p.next[source]
	if turn.Before(now) {
		turn = now
	}
	p.next[source] = turn.Add(every)
	p.mu.Unlock()
	return p.sleep(ctx, turn.Sub(now))
}

// sleep waits, unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
