package fetch

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"clew/internal/source"
)

// An announcement is what one reply says about one limit.
type announcement struct {
	window source.Window // "" when only the end of it is known
	limit  int
	left   int       // -1 when it does not say
	resets time.Time // zero when it does not say
}

// announced reads the limits in the headers of a reply that came at now, in the
// manners of urlscan.io, GitHub (DNSDB, AbuseIPDB and many more), SecurityTrails
// and Kong, Hybrid Analysis, and both drafts of RateLimit. What it cannot read
// it leaves out: "n/a", "unlimited".
func announced(h http.Header, now time.Time) []announcement {
	clock := clockOf(h, now)
	var list []announcement
	for _, prefix := range []string{"X-Rate-Limit-", "X-Ratelimit-", "Ratelimit-"} {
		list = append(list, plain(h, prefix, clock)...)
		for window, suffix := range suffixes {
			limit, ok := count(h.Get(prefix + "Limit-" + suffix))
			if !ok {
				continue
			}
			a := announcement{window: window, limit: limit, left: -1}
			if left, ok := count(h.Get(prefix + "Remaining-" + suffix)); ok {
				a.left, a.resets = left, fullWindow(window, now)
			}
			list = append(list, a)
		}
	}
	list = append(list, byPolicy(h, clock)...)
	list = append(list, inOne(h, clock)...)
	list = append(list, apiLimits(h.Get("Api-Limits"), now)...)
	slices.SortStableFunc(list, func(x, y announcement) int { return strings.Compare(string(x.window), string(y.window)) })
	return list
}

// suffixes are what headers call the windows.
var suffixes = map[source.Window]string{
	source.Second: "Second", source.Minute: "Minute", source.Hour: "Hour", source.Day: "Day", source.Month: "Month",
}

// plain reads Limit, Remaining and when the count begins again.
func plain(h http.Header, prefix string, clock clock) []announcement {
	// RateLimit-Limit may go on with a list of policies: "100, 100;w=60".
	first, policy, _ := strings.Cut(h.Get(prefix+"Limit"), ",")
	limit, ok := count(first)
	if !ok {
		return nil
	}
	a := announcement{window: named(h.Get(prefix + "Window")), limit: limit, left: -1}
	if left, ok := count(h.Get(prefix + "Remaining")); ok {
		a.left = left
	}
	if _, width, ok := quotaOf(policy); ok && a.window == "" {
		a.window = ofWidth(width)
	}
	for _, name := range []string{"Reset-After", "Reset", "Expires"} {
		if at, ok := clock.moment(h.Get(prefix + name)); ok {
			a.resets = at
			break
		}
	}
	if a.window == "" && (a.resets.IsZero() || a.left < 0) {
		return nil // a number that nobody can keep to
	}
	return []announcement{a}
}

// byPolicy reads RateLimit-Policy: "name";q=100;w=60 and RateLimit: "name";r=50;t=30.
func byPolicy(h http.Header, clock clock) []announcement {
	var list []announcement
	for policy := range strings.SplitSeq(h.Get("Ratelimit-Policy"), ",") {
		limit, width, ok := quotaOf(policy)
		if !ok {
			continue
		}
		a := announcement{window: ofWidth(width), limit: limit, left: -1}
		for now := range strings.SplitSeq(h.Get("Ratelimit"), ",") {
			if nameOf(now) != nameOf(policy) {
				continue
			}
			if left, ok := count(parameter(now, "r")); ok {
				a.left = left
			}
			if at, ok := clock.moment(parameter(now, "t")); ok {
				a.resets = at
			}
		}
		if a.window != "" || a.left >= 0 && !a.resets.IsZero() {
			list = append(list, a)
		}
	}
	return list
}

// inOne reads RateLimit: limit=100, remaining=50, reset=5.
func inOne(h http.Header, clock clock) []announcement {
	members := strings.ReplaceAll(h.Get("Ratelimit"), ",", ";")
	limit, limited := count(parameter(members, "limit"))
	left, counted := count(parameter(members, "remaining"))
	resets, timed := clock.moment(parameter(members, "reset"))
	if !limited || !counted || !timed {
		return nil
	}
	_, width, _ := quotaOf(h.Get("Ratelimit-Policy"))
	return []announcement{{window: ofWidth(width), limit: limit, left: left, resets: resets}}
}

// quotaOf reads "100;w=60" and `"name";q=100;w=60`.
func quotaOf(policy string) (limit int, width time.Duration, ok bool) {
	limit, ok = count(parameter(policy, "q"))
	if !ok {
		limit, ok = count(nameOf(policy))
	}
	seconds, timed := count(parameter(policy, "w"))
	return limit, time.Duration(seconds) * time.Second, ok && timed
}

func nameOf(item string) string {
	name, _, _ := strings.Cut(item, ";")
	return strings.TrimSpace(name)
}

func parameter(item, name string) string {
	for part := range strings.SplitSeq(item, ";") {
		if value, ok := strings.CutPrefix(strings.TrimSpace(part), name+"="); ok {
			return value
		}
	}
	return ""
}

// apiLimits reads {"limits":{"minute":200,"hour":2000},"used":{"minute":6,"hour":11}}.
func apiLimits(text string, now time.Time) []announcement {
	if text == "" || len(text) > 1<<12 {
		return nil
	}
	var said struct {
		Limits, Used map[string]source.Number
	}
	if json.Unmarshal([]byte(text), &said) != nil {
		return nil
	}
	var list []announcement
	for name, limit := range said.Limits {
		window := named(name)
		if window == "" || limit < 0 || limit > math.MaxInt32 {
			continue
		}
		a := announcement{window: window, limit: int(limit), left: -1}
		if used, ok := said.Used[name]; ok && used >= 0 && used <= math.MaxInt32 {
			a.left, a.resets = max(int(limit-used), 0), fullWindow(window, now)
		}
		list = append(list, a)
	}
	return list
}

// fullWindow is the latest end of a window that now lies in.
func fullWindow(w source.Window, now time.Time) time.Time {
	if d, rolling := w.Rolling(); rolling {
		return now.Add(d)
	}
	_, to := w.Around(now, nil)
	return to
}

func named(name string) source.Window {
	for window, suffix := range suffixes {
		if strings.EqualFold(name, suffix) {
			return window
		}
	}
	return ""
}

func ofWidth(d time.Duration) source.Window {
	switch {
	case d <= 0 || d > 31*24*time.Hour:
		return ""
	case d == 24*time.Hour:
		return source.Day
	case d > time.Hour:
		return "" // too long to remember requests one by one; its reset is enough
	case d == time.Second, d == time.Minute, d == time.Hour:
		return map[time.Duration]source.Window{time.Second: source.Second, time.Minute: source.Minute, time.Hour: source.Hour}[d]
	}
	return source.Window(d.String())
}

// count reads a number of requests.
func count(text string) (int, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	return int(n), err == nil
}

// A clock turns the provider's times into ours: its Date says how far it is off.
type clock struct {
	ours, theirs time.Time
}

func clockOf(h http.Header, now time.Time) clock {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return clock{now, date}
	}
	return clock{now, now}
}

// longestReset bounds what is believed about the end of a window.
const longestReset = 366 * 24 * time.Hour

// moment reads a time: RFC 3339, seconds since 1970, seconds from now, or as in Date.
func (c clock) moment(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	var after time.Duration
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		const oneYear = 366 * 24 * 3600
		switch {
		case math.IsNaN(seconds) || seconds < 0 || seconds > 1e11:
			return time.Time{}, false
		case seconds <= oneYear:
			after = time.Duration(seconds * float64(time.Second))
		default:
			after = time.Unix(int64(seconds), 0).Sub(c.theirs)
		}
	} else if at, err := time.Parse(time.RFC3339, text); err == nil {
		after = at.Sub(c.theirs)
	} else if at, err := http.ParseTime(text); err == nil {
		after = at.Sub(c.theirs)
	} else {
		return time.Time{}, false
	}
	if after < 0 || after > longestReset {
		return time.Time{}, false
	}
	return c.ours.Add(after), true
}
