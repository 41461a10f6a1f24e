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

// turn waits until an errand may go, not before earliest by our clock, and returns
// its number.
func (c *Client) turn(ctx context.Context, e errand, earliest time.Time) (id uint64, err error) {
	r := e.rules
	leave, err := c.gates.enter(ctx, "turn "+r.account+" "+r.class, 1)
	if err != nil {
		return 0, err
	}
	defer leave()
	for {
		if looked := c.options.Clock(); looked.Sub(e.looked) > oneLook { // it waited for those before it
			if _, ok := c.kept(ctx, e); ok {
				return 0, errAnswered
			}
			e.looked = looked
		}
		var now, turn time.Time
		var refused error
		late := c.notes.take(r.account)
		err := c.state.Update(ctx, r.account, func(a *Account, skew time.Duration) error {
			// A wait ends when its sleep does, whatever the clock says by then.
			now = later(c.options.Clock(), earliest)
			for _, write := range late {
				write(a, now.Add(skew))
			}
			r.looked = e.looked.Add(skew)
			id, turn, refused = a.reserve(now.Add(skew), r)
			earliest = turn.Add(-skew)
			return nil
		})
		switch {
		case err != nil:
			c.notes.keep(r.account, late...)
			return 0, uncounted(err)
		case refused != nil:
			return 0, refused
		case id != 0:
			return id, nil
		}
		if err := c.options.Sleep(ctx, earliest.Sub(now)); err != nil {
			return 0, err
		}
	}
}

// uncounted explains why a request was not sent.
func uncounted(err error) error {
	return fmt.Errorf("not asked, since what was spent cannot be counted: %w", err)
}

// giveBack takes back a turn that was not used.
func (c *Client) giveBack(ctx context.Context, r rules, id uint64) {
	c.note(ctx, r, func(a *Account, now time.Time) { a.cancel(now, id, r) })
}

// settle notes how a request ended.
func (c *Client) settle(ctx context.Context, r rules, id uint64, e ending) {
	c.note(ctx, r, func(a *Account, now time.Time) { a.settle(now, id, r, e) })
}

// note writes something into an account. The reply counts more than the note: what
// ails the state will keep the next request from being sent, and the note is
// written with the next turn.
func (c *Client) note(ctx context.Context, r rules, write func(a *Account, now time.Time)) {
	err := c.state.Update(context.WithoutCancel(ctx), r.account, func(a *Account, skew time.Duration) error {
		write(a, c.options.Clock().Add(skew))
		return nil
	})
	if err != nil {
		c.notes.keep(r.account, write)
	}
}

// notes are those that could not be written when they were due.
type notes struct {
	mu sync.Mutex
	by map[string][]func(*Account, time.Time) // guarded by mu, by account
}

// mostNotes bounds what is kept for one account: no more requests are under way
// while nothing can be counted.
const mostNotes = 64

func (n *notes) keep(account string, writes ...func(*Account, time.Time)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.by == nil {
		n.by = map[string][]func(*Account, time.Time){}
	}
	list := append(n.by[account], writes...)
	n.by[account] = list[:min(len(list), mostNotes)]
}

// take returns the notes of an account, which are then the caller's to write.
func (n *notes) take(account string) []func(*Account, time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.by[account]
	delete(n.by, account)
	return list
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
