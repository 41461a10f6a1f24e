package embedded

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// idleCursors is how many cursors wait for the next question at most.
const idleCursors = 4

// cursors keeps iterators from question to question: opening and closing one is
// a third of a warm lookup. An iterator shows the store as it was when it was
// opened, and holds on to table files that were replaced since. So whatever
// changes the tables makes all cursors stale, and a stale one is closed when
// somebody comes across it.
type cursors struct {
	db    *pebble.DB
	epoch atomic.Uint64 // goes up after each change, before it is acknowledged

	mu   sync.Mutex
	idle []*cursor // guarded by mu
}

// cursor is an iterator over everything.
type cursor struct {
	*pebble.Iterator
	epoch uint64 // as it was before the iterator was opened
}

// changed makes all cursors stale.
func (c *cursors) changed() { c.epoch.Add(1) }

// get returns a cursor that shows every change acknowledged before.
func (c *cursors) get() (*cursor, error) {
	epoch := c.epoch.Load()
	fresh, stale := c.pick(epoch)
	var err error
	for _, old := range stale {
		err = errors.Join(err, old.Close())
	}
	if fresh != nil || err != nil {
		return fresh, err
	}
	it, err := c.db.NewIter(nil)
	return &cursor{it, epoch}, err
}

// pick takes one cursor of that epoch out, and all that are older.
func (c *cursors) pick(epoch uint64) (fresh *cursor, stale []*cursor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.idle) > 0 && fresh == nil {
		last := len(c.idle) - 1
		if it := c.idle[last]; it.epoch == epoch {
			fresh = it
		} else {
			stale = append(stale, it)
		}
		c.idle = c.idle[:last]
	}
	return fresh, stale
}

// put takes a cursor back and returns the error it met.
func (c *cursors) put(it *cursor) error {
	if err := it.Error(); err != nil {
		return errors.Join(err, it.Close())
	}
	if it.epoch == c.epoch.Load() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.idle) < idleCursors {
			c.idle = append(c.idle, it)
			return nil
		}
	}
	return it.Close()
}

// close closes what is idle.
func (c *cursors) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	for _, it := range c.idle {
		err = errors.Join(err, it.Close())
	}
	c.idle = nil
	return err
}
