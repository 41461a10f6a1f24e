package postgres

import (
	"context"
	"sync"
	"time"
)

// A clock knows how far the database's is ahead of this machine's. Between two
// readings of the database's it goes by the time that passed here, which is right
// whether or not somebody sets this machine's clock meanwhile.
type clock struct {
	own func() time.Time

	mu   sync.Mutex
	said time.Time // guarded by mu: the latest reading of the database's clock
	at   time.Time // guarded by mu: when it came, with the monotonic clock's reading
}

// believed is how long a reading is gone by. Two good clocks drift apart by a
// few milliseconds in a minute.
const believed = time.Minute

// learn notes what the database's clock says and returns how far it is ahead.
func (c *clock) learn(now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said, c.at = now, time.Now()
	return now.Sub(c.own())
}

// skew returns how far the database's clock is ahead, if it was read lately.
func (c *clock) skew() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	since := time.Since(c.at)
	if c.at.IsZero() || since > believed {
		return 0, false
	}
	return c.said.Add(since).Sub(c.own()), true
}

// Skew implements [fetch.State].
func (s *Store) Skew(ctx context.Context) (time.Duration, error) {
	if skew, known := s.clock.skew(); known {
		return skew, nil
	}
	var now time.Time
	if err := s.db.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
		return 0, s.explained(ctx, err)
	}
	return s.clock.learn(now), nil
}
