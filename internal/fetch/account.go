package fetch

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"clew/internal/source"
)

// An Account is what is known about one provider between requests, runs and
// processes: what it was sent, what it allows, and how it fares. [State] keeps
// it; all times are UTC.
//
// A request is counted when its turn is given, before it is sent: what a crash
// cuts off between the two was counted for nothing, and never forgotten.
type Account struct {
	Seq      uint64             `json:"seq"`                // of the last turn given
	Last     time.Time          `json:"last,omitzero"`      // latest reading of the clock
	Next     time.Time          `json:"next,omitzero"`      // when the courtesy pace lets the next one go
	Sent     []Sent             `json:"sent,omitempty"`     // what a rolling window still counts, or is under way
	Counters map[string]Counter `json:"counters,omitempty"` // by window and endpoint
	Blocked  map[string]Closed  `json:"blocked,omitempty"`  // told to come later, by endpoint
	Denied   map[string]Closed  `json:"denied,omitempty"`   // no access with this key, by endpoint
	Breaker  Breaker            `json:"breaker,omitzero"`
	Outcome  string             `json:"outcome,omitempty"` // of the last request: "HTTP 200"
	At       time.Time          `json:"at,omitzero"`       // when it came
}

// Sent is one request.
type Sent struct {
	ID       uint64    `json:"id"`
	Endpoint string    `json:"endpoint,omitempty"`
	At       time.Time `json:"at"` // when its turn came; once Done, when the reply came
	Done     bool      `json:"done,omitempty"`
	// Question is a digest of what is asked, so that nobody asks the same meanwhile;
	// "" where that does not matter.
	Question string `json:"question,omitempty"`
}

// A Counter counts the requests of one window that has a beginning and an end.
type Counter struct {
	Start  time.Time `json:"start,omitzero"`
	Resets time.Time `json:"resets,omitzero"` // zero while the provider has not said when
	Spent  int       `json:"spent"`
	Limit  int       `json:"limit,omitempty"` // as the provider announces it; counts only when Learnt
	Used   int       `json:"used,omitempty"`  // most that the provider said was used
	Learnt bool      `json:"learnt,omitempty"`
}

// Closed is a door that stays shut for a while.
type Closed struct {
	Until time.Time `json:"until"`
	Why   string    `json:"why"`
}

// Bounds of an account.
const (
	smallStep   = 5 * time.Second       // by which clocks are set back without anybody noticing
	underWay    = 5 * time.Minute       // after which a request without a reply is no longer counted as under way
	oneLook     = 50 * time.Millisecond // between looks for the end of a request of another process
	longestLook = time.Second           // the same, after a while
	ringSize    = 32                    // requests remembered for one rolling window
)

// tick reads the clock. Set back a little, it stands still until it has caught
// up; set back further, whatever was measured by it is set back too, so that
// nobody waits longer than they would have.
func (a *Account) tick(now time.Time) time.Time {
	now = now.UTC()
	switch back := a.Last.Sub(now); {
	case back <= 0:
		a.Last = now
	case back <= smallStep:
		now = a.Last
	default:
		a.setBack(back)
		a.Last = now
	}
	return now
}

func (a *Account) setBack(d time.Duration) {
	a.Next = back(a.Next, d)
	for i := range a.Sent {
		a.Sent[i].At = back(a.Sent[i].At, d)
	}
	for _, doors := range []map[string]Closed{a.Blocked, a.Denied} {
		for name, c := range doors {
			c.Until = back(c.Until, d)
			doors[name] = c
		}
	}
	a.Breaker.Until, a.Breaker.Probe = back(a.Breaker.Until, d), back(a.Breaker.Probe, d)
	for key, c := range a.Counters {
		if from, _ := windowOf(key).Around(a.Last, nil); from.IsZero() { // the calendar stays where it is
			c.Resets = back(c.Resets, d)
			a.Counters[key] = c
		}
	}
}

// back sets a time back, unless it is none.
func back(t time.Time, d time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(-d)
}

// reserve gives the request that rules r are for its turn, at now, and counts
// it. A turn that is still to come is returned as the time to try again. An
// error says why it will not come: see [source.QuotaError], [source.CircuitError]
// and [source.ErrDenied].
func (a *Account) reserve(now time.Time, r rules) (id uint64, turn time.Time, err error) {
	now = a.tick(now)
	for _, endpoint := range []string{"", r.endpoint} {
		if c := a.Denied[endpoint]; now.Before(c.Until) {
			return 0, time.Time{}, &deniedError{why: c.Why, until: c.Until}
		}
	}
	if err := a.Breaker.open(now); err != nil {
		return 0, time.Time{}, err
	}
	if err := a.asked(now, r); err != nil {
		return 0, time.Time{}, err
	}
	limits := a.limits(now, r)
	a.count(now, r, limits, 0) // begins the windows that begin now
	a.forget(now, r, limits)
	turn, err = a.turn(now, r, limits)
	if err != nil || turn.After(now) {
		return 0, turn, err
	}
	a.Seq++
	a.Sent = append(a.Sent, Sent{ID: a.Seq, Endpoint: r.endpoint, At: now, Question: r.question})
	a.Next = now.Add(r.every)
	a.count(now, r, limits, 1)
	a.Breaker.probe(now, r)
	return a.Seq, now, nil
}

// What keeps a turn from being taken, since there may be no need for it. One that is
// taken and given back holds up whoever looks in between.
var (
	errUnderWay = errors.New("another is asking the same")
	errAnswered = errors.New("another was answered the same")
)

// asked says whether what r is for is being asked, or was answered since r.looked.
func (a *Account) asked(now time.Time, r rules) (err error) {
	for _, s := range a.Sent {
		switch {
		case r.question == "" || s.Question != r.question:
		case s.underWay(now, r):
			return errUnderWay
		case s.Done && s.At.After(r.looked):
			err = errAnswered
		}
	}
	return err
}

// turn returns when the next request may go. One that would have to wait longer
// than is worth it for a limit to open again gets an error; the courtesy pace is
// waited for however long it is.
func (a *Account) turn(now time.Time, r rules, limits []limit) (time.Time, error) {
	turn := now
	waitFor := func(opens time.Time, why, endpoint string) error {
		if opens.Sub(now) > r.patience {
			return &source.QuotaError{Why: why, Endpoint: endpoint, Resets: opens}
		}
		turn = later(turn, opens)
		return nil
	}
	for _, class := range []string{"", r.class} {
		if c, shut := a.Blocked[class]; shut {
			if err := waitFor(c.Until, c.Why, class); err != nil {
				return turn, err
			}
		}
	}
	for _, l := range limits {
		if l.Requests <= 0 && l.origin != Header {
			return turn, &source.QuotaError{Why: l.words(), Endpoint: l.Endpoint}
		}
		if err := waitFor(l.opens(a, now, r), l.words()+" used up", l.Endpoint); err != nil {
			return turn, err
		}
	}
	if r.atOnce > 0 && a.underWay(now, r) >= r.atOnce {
		turn = later(turn, now.Add(oneLook))
	}
	return later(turn, a.Next), nil
}

// cancel takes back a turn that was not used.
func (a *Account) cancel(now time.Time, id uint64, r rules) {
	now = a.tick(now)
	i := slices.IndexFunc(a.Sent, func(s Sent) bool { return s.ID == id })
	if i < 0 {
		return
	}
	a.Sent = slices.Delete(a.Sent, i, i+1)
	a.count(now, r, a.limits(now, r), -1)
	if id == a.Seq {
		a.Next = now // nobody came after it
	}
	a.Breaker.Probe = time.Time{}
}

// count adds n to every counter of limits that is running.
func (a *Account) count(now time.Time, r rules, limits []limit, n int) {
	counted := map[string]bool{}
	for _, l := range limits {
		if c, running := a.counter(now, l, r); running && !counted[l.key()] {
			counted[l.key()] = true
			c.Spent = max(c.Spent+n, 0)
			a.keep(l.key(), c)
		}
	}
}

// forget drops requests that no limit counts any more.
func (a *Account) forget(now time.Time, r rules, limits []limit) {
	longest := time.Duration(0)
	for _, l := range limits {
		if _, d, rolling := l.slice(); rolling {
			longest = max(longest, d)
		}
	}
	a.Sent = slices.DeleteFunc(a.Sent, func(s Sent) bool {
		return !s.underWay(now, r) && now.Sub(s.At) >= longest
	})
}

// underWay counts the requests that have no reply yet.
func (a *Account) underWay(now time.Time, r rules) int {
	n := 0
	for _, s := range a.Sent {
		if s.underWay(now, r) {
			n++
		}
	}
	return n
}

// underWay reports whether the reply may still come. That of a process that was
// killed will not, which shows when its time is out.
func (s Sent) underWay(now time.Time, r rules) bool { return !s.Done && now.Sub(s.At) < r.timeout }

// latest is the latest that the provider can have counted s: while it is under
// way it may only be about to arrive.
func (s Sent) latest(now time.Time, r rules) time.Time {
	if s.underWay(now, r) {
		return now
	}
	return s.At
}

// counter returns the counter of a limit as it stands at now, and whether it is
// running. A new window of the calendar begins with what may have arrived in it;
// one whose end only the provider knows waits for the next reply.
func (a *Account) counter(now time.Time, l limit, r rules) (Counter, bool) {
	c := a.Counters[l.key()]
	from, to := l.Per.Around(now, l.Zone)
	switch {
	case from.IsZero():
		return c, now.Before(c.Resets)
	case !now.Before(c.Resets):
		fresh := Counter{Start: from, Resets: to, Limit: c.Limit, Learnt: c.Learnt}
		for _, s := range a.Sent {
			if l.counts(s) && !s.latest(now, r).Before(from) {
				fresh.Spent++
			}
		}
		return fresh, true
	case c.Start.Sub(now) > to.Sub(from): // counted under a clock that was far ahead
		c.Start, c.Resets = from, to
	}
	return c, true
}

func (a *Account) keep(key string, c Counter) {
	if a.Counters == nil {
		a.Counters = map[string]Counter{}
	}
	a.Counters[key] = c
}

// shut closes a door in one of the two maps of them.
func shut(doors *map[string]Closed, name string, c Closed) {
	if *doors == nil {
		*doors = map[string]Closed{}
	}
	(*doors)[name] = c
}

// reopen drops doors that are open again.
func reopen(doors map[string]Closed, now time.Time) {
	maps.DeleteFunc(doors, func(_ string, c Closed) bool { return !now.Before(c.Until) })
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// counterKey names a counter; windowOf is the other way about.
func counterKey(w source.Window, endpoint string) string {
	return strings.TrimSuffix(string(w)+" "+endpoint, " ")
}

func windowOf(key string) source.Window {
	w, _, _ := strings.Cut(key, " ")
	return source.Window(w)
}
