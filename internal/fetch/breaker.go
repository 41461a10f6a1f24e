package fetch

import (
	"fmt"
	"time"

	"clew/internal/source"
)

// A Breaker leaves a provider alone that fails again and again: open, nothing is
// sent; after a while one request goes as a probe, and its end decides.
type Breaker struct {
	Failures int       `json:"failures,omitempty"` // in a row
	Opened   int       `json:"opened,omitempty"`   // times in a row without a success between
	Until    time.Time `json:"until,omitzero"`     // open until then
	Probe    time.Time `json:"probe,omitzero"`     // until when a probe under way is waited for
	Last     string    `json:"last,omitempty"`     // how the last one failed
}

// longestRest bounds how long a provider is left alone, however often it failed.
const longestRest = 30 * time.Minute

// open returns the error for a request that is not let through at now.
func (b *Breaker) open(now time.Time) error {
	until := later(b.Until, b.Probe)
	if b.Opened == 0 || !now.Before(until) {
		return nil
	}
	return &source.CircuitError{Until: until, Failures: b.Failures, Last: b.Last}
}

// probe notes that a request goes through: after an opening it is the probe, and
// others wait for its end.
func (b *Breaker) probe(now time.Time, r rules) {
	if b.Opened > 0 {
		b.Probe = now.Add(r.timeout)
	}
}

func (b *Breaker) succeeded() { *b = Breaker{} }

// failed counts a failure: enough of them open the circuit, and a failed probe
// opens it for twice as long.
func (b *Breaker) failed(now time.Time, r rules, how string) {
	b.Failures++
	b.Last, b.Probe = how, time.Time{}
	if r.failures <= 0 || b.Failures < r.failures && b.Opened == 0 {
		return
	}
	rest := r.rest
	for range b.Opened {
		rest = min(2*rest, longestRest)
	}
	b.Opened++
	b.Until = now.Add(rest)
}

// A deniedError means that a request was not sent, since the same endpoint
// turned this key down a short while ago.
type deniedError struct {
	why   string
	until time.Time
}

func (e *deniedError) Error() string {
	return fmt.Sprintf("%s: %s with this key, asked again after %s, or with another key at once",
		source.ErrDenied, e.why, e.until.UTC().Format("2006-01-02 15:04:05 UTC"))
}

func (e *deniedError) Unwrap() error { return source.ErrDenied }
