package fetch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/source"
)

// untilReset is the window of a limit whose length the provider does not say,
// only how much is left and until when.
const untilReset source.Window = "reset"

// A limit is a quota with its origin.
type limit struct {
	source.Quota
	origin Origin
}

// Origin says who set a limit.
type Origin string

// The origins, by rising authority: a header corrects a default, and neither
// loosens what the configuration says.
const (
	Default       Origin = "default"
	Header        Origin = "header"
	Configuration Origin = "configuration"
)

func (l limit) key() string { return counterKey(l.Per, l.Endpoint) }

// limits returns what holds for a request under r at now: what the provider
// announced, and what is documented or configured beside it.
func (a *Account) limits(now time.Time, r rules) []limit {
	var list []limit
	announced := map[string]bool{} // keys, and windows alone
	for key, c := range a.Counters {
		w, endpoint, _ := strings.Cut(key, " ")
		per := source.Window(w)
		if !c.Learnt || endpoint != "" && endpoint != r.endpoint || per == untilReset && !now.Before(c.Resets) {
			continue
		}
		announced[key], announced[w] = true, true
		list = append(list, limit{source.Quota{Requests: c.Limit, Per: per, Endpoint: endpoint}, Header})
	}
	slices.SortFunc(list, func(x, y limit) int { return strings.Compare(x.key(), y.key()) })
	for _, q := range r.quotas {
		l := limit{q, Default}
		switch {
		case q.Endpoint != "" && q.Endpoint != r.endpoint:
		case r.configured:
			list = append(list, limit{q, Configuration})
		case !announced[l.key()]:
			list = append(list, l)
		}
	}
	return list
}

// slice cuts a rolling window into parts that need no more than [ringSize]
// requests to be remembered: whoever keeps to 31 in 11 seconds keeps to 10,000
// an hour. What is lost by rounding is below 6 %.
func (l limit) slice() (n int, d time.Duration, rolling bool) {
	d, rolling = l.Per.Rolling()
	if !rolling {
		return 0, 0, false
	}
	parts := max((l.Requests+ringSize-1)/ringSize, 1)
	return l.Requests / parts, d / time.Duration(parts), true
}

// opens returns when l lets one more request go.
func (l limit) opens(a *Account, now time.Time, r rules) time.Time {
	opens := l.rolls(a, now, r)
	if c, running := a.counter(now, l, r); running && c.Spent >= l.Requests {
		opens = later(opens, c.Resets)
	}
	return opens
}

// counts reports whether a request counts towards l.
func (l limit) counts(s Sent) bool { return l.Endpoint == "" || l.Endpoint == s.Endpoint }

// rolls returns when the request before the last n is so long ago that a window
// beginning anywhere holds n at most. A request counts from when its reply came:
// the provider cannot have counted it later.
func (l limit) rolls(a *Account, now time.Time, r rules) time.Time {
	n, d, rolling := l.slice()
	if !rolling || n <= 0 { // what a provider calls 0 has an end that its counter knows
		return now
	}
	var times []time.Time
	for _, s := range a.Sent {
		if l.counts(s) {
			times = append(times, s.latest(now, r))
		}
	}
	if len(times) < n {
		return now
	}
	slices.SortFunc(times, time.Time.Compare)
	return later(now, times[len(times)-n].Add(d))
}

// words writes a limit for people: "500 a day", "4 a minute for search".
func (l limit) words() string {
	per := string(l.Per)
	switch l.Per {
	case source.Second:
		per = "a second"
	case source.Minute:
		per = "a minute"
	case source.Hour:
		per = "an hour"
	case source.Day, source.Week, source.Month:
		per = "a " + per
	case untilReset:
		per = "until then"
	default:
		per = "in " + per
	}
	text := fmt.Sprintf("%d %s", l.Requests, per)
	if l.Endpoint != "" {
		text += " for " + l.Endpoint
	}
	return text
}
