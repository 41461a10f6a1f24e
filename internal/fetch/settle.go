package fetch

import (
	"net/http"
	"slices"
	"time"

	"clew/internal/source"
)

// An ending is how one request ended.
type ending struct {
	reply     source.Reply // without Status when there is none
	how       string       // for people: "HTTP 503", "timeout"
	trouble   bool         // the provider is not well
	wait      time.Duration
	again     bool // it is asked again, so this is not the end of it
	cancelled bool // by us
}

// settle notes how the request with that ID ended.
func (a *Account) settle(now time.Time, id uint64, r rules, e ending) {
	now = a.tick(now)
	for i := range a.Sent {
		if a.Sent[i].ID == id {
			a.Sent[i].At, a.Sent[i].Done = now, true
		}
	}
	reopen(a.Blocked, now)
	reopen(a.Denied, now)
	if e.cancelled {
		a.Breaker.Probe = time.Time{}
		return
	}
	a.Outcome, a.At = e.how, now
	spent := false
	for _, said := range announced(e.reply.Header, now) {
		a.learn(now, r, said)
		spent = spent || said.left == 0
	}
	if e.wait > 0 && asksToWait(e.reply) {
		shut(&a.Blocked, r.class, Closed{Until: now.Add(min(e.wait, longestReset)), Why: "rate limited (" + e.how + ")"})
	}
	switch status := e.reply.Status; {
	case e.again && a.Breaker.Opened == 0:
	case e.trouble:
		a.Breaker.failed(now, r, e.how)
	case status == http.StatusTooManyRequests:
		a.Breaker.Probe = time.Time{} // it says no, so it is well
	default:
		a.Breaker.succeeded()
		if !spent { // some say 403 when nothing is left
			a.deny(now, r, e)
		}
	}
}

// asksToWait reports whether a reply is a "later" to whoever asks.
func asksToWait(reply source.Reply) bool {
	switch reply.Status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusServiceUnavailable, http.StatusForbidden:
		return reply.Header.Get("Retry-After") != ""
	}
	return false
}

// deny remembers that this key has no access: 401 to the provider, 402 and 403
// to the endpoint. Asking the same again is no use and counts as hammering.
func (a *Account) deny(now time.Time, r rules, e ending) {
	c := Closed{Until: now.Add(r.denied), Why: e.how}
	switch e.reply.Status {
	case http.StatusUnauthorized:
		shut(&a.Denied, "", c)
	case http.StatusPaymentRequired, http.StatusForbidden:
		if r.endpoint != "" && !asksToWait(e.reply) {
			shut(&a.Denied, r.endpoint, c)
		}
	}
}

// sameReset is how far two replies of one window may differ about its end.
const sameReset = 2 * time.Second

// learn corrects the counter of one limit by what a reply said about it. Replies
// do not come in the order of requests: of one window the most that was ever
// said to be used counts, and what is under way is added.
func (a *Account) learn(now time.Time, r rules, said announcement) {
	per := said.window
	if per == "" {
		per = a.guess(now, r, said.resets)
	}
	l := limit{source.Quota{Requests: said.limit, Per: per, Endpoint: r.class}, Header}
	c, _ := a.counter(now, l, r)
	c.Limit, c.Learnt = said.limit, true
	if said.left >= 0 && !said.resets.IsZero() {
		used := max(said.limit-said.left, 0)
		_, rolling := per.Rolling()
		if same := c.Resets.Sub(said.resets).Abs() <= sameReset; same && !rolling {
			used = max(used, c.Used)
		}
		c.Used, c.Resets = used, said.resets
		c.Spent = used + a.underWay(now, r)
	}
	a.keep(l.key(), c)
}

// guess finds the window that ends at resets among those that are documented.
func (a *Account) guess(now time.Time, r rules, resets time.Time) source.Window {
	i := slices.IndexFunc(r.quotas, func(q source.Quota) bool {
		_, to := q.Per.Around(now, q.Zone)
		return !to.IsZero() && to.Sub(resets).Abs() <= time.Minute
	})
	if i < 0 {
		return untilReset
	}
	return r.quotas[i].Per
}
