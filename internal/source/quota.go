package source

import (
	"errors"
	"fmt"
	"time"
)

// A Window is the time over which a provider counts requests: a word for one
// that begins with the clock (day, week, month), a length of time for one that
// may begin at any moment.
type Window string

// The windows that providers document. Others are written as durations: "10m".
const (
	Second Window = "1s"
	Minute Window = "1m"
	Hour   Window = "1h"
	Day    Window = "day"
	Week   Window = "week"
	Month  Window = "month"
)

// Rolling returns the length of a window that may begin at any moment, and
// whether w is one.
func (w Window) Rolling() (time.Duration, bool) {
	switch w {
	case Day, Week, Month:
		return 0, false
	}
	d, err := time.ParseDuration(string(w))
	return d, err == nil && d > 0
}

// Around returns the calendar window that t lies in, [from, to), counted in
// zone; weeks begin on Monday. Both are zero when w is not of the calendar.
func (w Window) Around(t time.Time, zone *time.Location) (from, to time.Time) {
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := t.In(zone).Date()
	midnight := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, zone) }
	switch w {
	case Day:
		return midnight(y, m, d), midnight(y, m, d+1)
	case Week:
		d -= (int(t.In(zone).Weekday()) + 6) % 7
		return midnight(y, m, d), midnight(y, m, d+7)
	case Month:
		return midnight(y, m, 1), midnight(y, m+1, 1)
	}
	return time.Time{}, time.Time{}
}

// A Quota is how many requests a provider allows in a window. What a connector
// declares is a default: the configuration overrides it, and the headers of a
// reply correct it.
type Quota struct {
	Requests int
	Per      Window
	Zone     *time.Location // where days, weeks and months begin; nil means UTC
	Endpoint string         // "" counts all requests together, else those of one [Endpoint]
	Access   Access         // whose requests it holds for
}

// Access says whether a quota differs with and without a key.
type Access int

// Whom a quota holds for.
const (
	Everyone   Access = iota
	WithKey           // for requests with a key
	WithoutKey        // for requests without, which providers count by address
)

// A QuotaError means that a request was not sent, since the provider would
// refuse it: its quota is spent, or it asked to be left alone for a while.
type QuotaError struct {
	Why      string    // "500 a day used up", "rate limited (HTTP 429)"
	Endpoint string    // what it holds for, "" for the whole provider
	Resets   time.Time // zero for never
}

func (e *QuotaError) Error() string {
	if e.Resets.IsZero() {
		return fmt.Sprintf("%s: %s", ErrQuota, e.Why)
	}
	return fmt.Sprintf("%s: %s; resets %s", ErrQuota, e.Why, moment(e.Resets))
}

func (e *QuotaError) Unwrap() error { return ErrQuota }

// A CircuitError means that a request was not sent, since the ones before it
// failed one after another.
type CircuitError struct {
	Until    time.Time // when one request is let through to see
	Failures int       // in a row
	Last     string    // how the last one failed
}

func (e *CircuitError) Error() string {
	return fmt.Sprintf("%s until %s: %d requests failed in a row, the last with: %s", ErrCircuit, moment(e.Until), e.Failures, e.Last)
}

func (e *CircuitError) Unwrap() error { return ErrCircuit }

// ErrCircuit means that a provider is left alone until it may be well again.
var ErrCircuit = errors.New("circuit open")

// moment writes a time for people, in UTC to the second.
func moment(t time.Time) string {
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
