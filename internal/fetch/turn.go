package fetch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"clew/internal/source"
)

// gates let the requests of this process come one by one to the account of their
// provider, in the order of arrival, and bound how many are under way. Only the
// one in front waits for its turn; when the turn will not come, those behind it
// hear so at once.
type gates struct {
	mu     sync.Mutex
	queues map[string]chan struct{} // guarded by mu
}

func newGates() *gates { return &gates{queues: map[string]chan struct{}{}} }

// enter waits until fewer than size are inside, and returns how to leave.
func (g *gates) enter(ctx context.Context, name string, size int) (leave func(), err error) {
	g.mu.Lock()
	places, ok := g.queues[name]
	if !ok {
		places = make(chan struct{}, size)
		g.queues[name] = places
	}
	g.mu.Unlock()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// turn waits until r lets a request go, not before earliest, and returns its
// number. It reports whether it waited: meanwhile the reply may have come to
// somebody else.
func (c *Client) turn(ctx context.Context, r rules, earliest time.Time) (id uint64, waited bool, err error) {
	leave, err := c.gates.enter(ctx, "turn "+r.account+" "+r.class, 1)
	if err != nil {
		return 0, false, err
	}
	defer leave()
	for {
		var now time.Time
		var refused error
		err := c.state.Update(ctx, r.account, func(a *Account) error {
			// A wait ends when its sleep does, whatever the clock says by then.
			now = later(c.options.Clock(), earliest)
			id, earliest, refused = a.reserve(now, r)
			return nil
		})
		switch {
		case err != nil:
			return 0, waited, uncounted(err)
		case refused != nil:
			return 0, waited, refused
		case id != 0:
			return id, waited, nil
		}
		waited = true
		if err := c.options.Sleep(ctx, earliest.Sub(now)); err != nil {
			return 0, waited, err
		}
	}
}

// uncounted explains why a request was not sent.
func uncounted(err error) error {
	return fmt.Errorf("not asked, since what was spent cannot be counted: %w", err)
}

// giveBack takes back a turn that was not used.
func (c *Client) giveBack(ctx context.Context, r rules, id uint64) {
	// If it cannot be given back, one request was counted too many.
	_ = c.state.Update(context.WithoutCancel(ctx), r.account, func(a *Account) error {
		a.cancel(c.options.Clock(), id, r)
		return nil
	})
}

// settle notes how a request ended. The reply counts more than the note: what
// ails the state will keep the next request from being sent.
func (c *Client) settle(ctx context.Context, r rules, id uint64, e ending) {
	_ = c.state.Update(context.WithoutCancel(ctx), r.account, func(a *Account) error {
		a.settle(c.options.Clock(), id, r, e)
		return nil
	})
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

var _ source.Door = (*Client)(nil)
