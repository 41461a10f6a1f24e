package fetch

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"clew/internal/source"
)

// Usage is how one source stands: what was spent of what, and whether it may be
// asked. A source whose limits hold for each server has one for each server
// that was asked.
type Usage struct {
	Source  string
	Host    string        // where limits hold for each server, "" for all others
	Every   time.Duration // courtesy pace
	Limits  []LimitUse
	Closed  []ClosedUse
	Breaker Breaker   // open until Breaker.Until
	Next    time.Time // when the next request may go, as far as pace and Retry-After are concerned
	Outcome string    // of the last request, "" when there was none
	At      time.Time // when it came
}

// LimitUse is one limit and what was spent of it.
type LimitUse struct {
	Window   source.Window
	Endpoint string // "" for all
	Limit    int
	Spent    int
	Resets   time.Time // zero for a window that may begin at any moment
	Origin   Origin
}

// ClosedUse is an endpoint that is not asked for a while.
type ClosedUse struct {
	Endpoint string // "" for all
	Until    time.Time
	Why      string
	Denied   bool // no access with this key, else the provider asked to come later
}

// Usage returns how every source stands, by name. It asks nobody. Accounts of
// keys that are no longer configured are left out.
func (c *Client) Usage(ctx context.Context) ([]Usage, error) {
	accounts, err := c.state.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	skew, err := c.state.Skew(ctx)
	if err != nil {
		return nil, err
	}
	now := c.options.Clock().Add(skew)
	var list []Usage
	for name, info := range c.sources {
		r := c.rules(&url.URL{}, source.Request{Source: name})
		mark := identity(c.keyFor(info))
		found := false
		for account, a := range accounts {
			who, suffix, _ := strings.Cut(account, "#")
			who, host, _ := strings.Cut(who, "@")
			if who != name || suffix != strings.TrimPrefix(mark, "#") || info.PerHost != (host != "") {
				continue
			}
			found = true
			list = append(list, a.usage(now, name, host, r))
		}
		if !found {
			list = append(list, (&Account{}).usage(now, name, "", r))
		}
	}
	slices.SortFunc(list, func(x, y Usage) int {
		return cmp.Or(strings.Compare(x.Source, y.Source), strings.Compare(x.Host, y.Host))
	})
	return list, nil
}

func (a *Account) usage(now time.Time, name, host string, r rules) Usage {
	now = a.tick(now)
	u := Usage{Source: name, Host: host, Every: r.every, Next: later(a.Next, now), Outcome: a.Outcome, At: a.At}
	if now.Before(later(a.Breaker.Until, a.Breaker.Probe)) {
		u.Breaker = a.Breaker
	}
	endpoints := map[string]bool{"": true}
	for _, q := range r.quotas {
		endpoints[q.Endpoint] = true
	}
	for key := range a.Counters {
		_, endpoint, _ := strings.Cut(key, " ")
		endpoints[endpoint] = true
	}
	seen := map[limit]bool{}
	for _, endpoint := range slices.Sorted(maps.Keys(endpoints)) {
		r.endpoint = endpoint
		for _, l := range a.limits(now, r) {
			if !seen[l] && l.Endpoint == endpoint {
				seen[l] = true
				u.Limits = append(u.Limits, a.useOf(now, l, r))
			}
		}
	}
	for i, doors := range []map[string]Closed{a.Blocked, a.Denied} {
		for _, endpoint := range slices.Sorted(maps.Keys(doors)) {
			if d := doors[endpoint]; now.Before(d.Until) {
				u.Closed = append(u.Closed, ClosedUse{Endpoint: endpoint, Until: d.Until, Why: d.Why, Denied: i == 1})
			}
		}
	}
	return u
}

// useOf counts what was spent of one limit.
func (a *Account) useOf(now time.Time, l limit, r rules) LimitUse {
	use := LimitUse{Window: l.Per, Endpoint: l.Endpoint, Limit: l.Requests, Origin: l.origin}
	if c, running := a.counter(now, l, r); running {
		use.Spent, use.Resets = c.Spent, c.Resets
		return use
	}
	if _, d, rolling := l.slice(); rolling {
		for _, s := range a.Sent {
			if now.Sub(s.At) < d && l.counts(s) {
				use.Spent++
			}
		}
	}
	return use
}
