// Package watch keeps investigations that are run again on a schedule, and tells
// only what is new. What was told is in the store before anybody hears of it, so
// that a crash in between tells nothing twice.
package watch

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/casefile"
	"clew/internal/words"
)

// A Watch is a saved investigation: the case it goes on with, its bounds, when it
// is run, and who hears of it.
type Watch struct {
	ID       string `json:"id"`
	Name     string `json:"name" doc:"short, unique"`
	Case     string `json:"case" doc:"the case it goes on with; its first run opens it where it was made of indicators"`
	Bounds   Bounds `json:"bounds"`
	Schedule string `json:"schedule" doc:"every 6h, daily 07:00 Europe/Berlin, or cron 0 7 * * 1-5 UTC"`
	// Band is the least a finding must reach to be news.
	Band string   `json:"band" enum:"high,medium,low" doc:"the least band of a finding that is news"`
	To   []string `json:"to" doc:"recipients of the configuration's escalation section; empty: the case record alone"`
	By   string   `json:"by" doc:"who saved it"`
	// Under is what the bounds leave open, as the server had it that saved the watch.
	Under json.RawMessage `json:"under" doc:"bounds of the server that saved it, for what its own leave open"`
	Saved casefile.Time   `json:"saved"`

	Paused bool `json:"paused"`
	// Failures are those in a row since the last run that ended well.
	Failures int           `json:"failures" doc:"runs in a row that failed"`
	Error    string        `json:"error" doc:"why the last run failed; empty when it did not"`
	Settled  bool          `json:"settled" doc:"whether a run has found what was known at first, which is no news"`
	Last     casefile.Time `json:"last" doc:"when the last run ended"`
	Due      casefile.Time `json:"due" doc:"when the next run is due"`
	LastRun  *Tally        `json:"last_run" doc:"how the last run ended; null before the first"`
	LastNews *Tally        `json:"last_news" doc:"the last run that found something new; null before one did"`
}

// Bounds are what holds for every run, as the flags of clew investigate say it.
// What is empty is as the server was started.
type Bounds struct {
	Indicators []string `json:"indicators,omitempty" maxItems:"64" doc:"seeds, defanged or not"`
	Scope      string   `json:"scope,omitempty" enum:"live,hunt"`
	TLP        string   `json:"tlp,omitempty" enum:"RED,AMBER+STRICT,AMBER,GREEN,CLEAR"`
	PAP        string   `json:"pap,omitempty" enum:"RED,AMBER,GREEN,CLEAR"`
	Depth      int      `json:"depth,omitempty" minimum:"1" maximum:"6"`
	MaxHolders int      `json:"max_holders,omitempty" minimum:"2" maximum:"1000000"`
	Budget     []string `json:"budget,omitempty" maxItems:"64" doc:"of each run: 200, virustotal=20, shodan=5c"`
	Offline    bool     `json:"offline,omitempty" doc:"ask nobody: news come from imports and searches of logs alone"`
}

// A Round is one run of a watch.
type Round struct {
	Watch string `json:"watch"`
	Job   string `json:"job"`
	// Due is when it was to be; the time somebody asked, for a run by hand.
	Due    casefile.Time `json:"due"`
	Ended  casefile.Time `json:"ended"`
	State  string        `json:"state" doc:"told, nothing new, settled (what it found is the beginning), waiting (a source failed, so it is not yet), or failed"`
	Error  string        `json:"error"`
	News   []News        `json:"news"`
	Told   []Heard       `json:"told"`
	Digest string        `json:"digest" doc:"names what was told in the case record; empty where nothing was"`
}

// A Tally is a run in a few numbers.
type Tally struct {
	Job         string        `json:"job"`
	Ended       casefile.Time `json:"ended"`
	State       string        `json:"state" doc:"told, nothing new, settled (what it found is the beginning), waiting (a source failed, so it is not yet), or failed"`
	Members     int           `json:"members" doc:"findings that are new"`
	Resolutions int           `json:"resolutions" doc:"addresses of known names that are new"`
	Sightings   int           `json:"sightings" doc:"of them inside that are new"`
	Unheard     int           `json:"unheard" doc:"recipients that did not take what was new"`
}

// Tally returns a run in a few numbers.
func (r Round) Tally() Tally {
	b := Tally{Job: r.Job, Ended: r.Ended, State: r.State}
	for _, n := range r.News {
		switch n.What {
		case Member:
			b.Members++
		case Resolution:
			b.Resolutions++
		case Sighting:
			b.Sightings++
		}
	}
	for _, told := range r.Told {
		if told.State != casefile.Sent {
			b.Unheard++
		}
	}
	return b
}

// Words says what was new.
func (b Tally) Words() string {
	var parts []string
	for _, kind := range []struct {
		n    int
		what string
	}{{b.Members, Member}, {b.Resolutions, Resolution}, {b.Sightings, Sighting}} {
		if kind.n > 0 {
			parts = append(parts, words.Count(kind.n, kind.what))
		}
	}
	return strings.Join(parts, ", ")
}

// Noted is the watch after a run.
func (w Watch) Noted(r Round) Watch {
	b := r.Tally()
	w.Last, w.LastRun = r.Ended, &b
	if len(r.News) > 0 {
		w.LastNews = &b
	}
	return w
}

// The states of a run.
const (
	RunTold    = "told"
	RunNothing = "nothing new"
	RunSettled = "settled"
	RunFailed  = "failed"
	RunWaiting = "waiting" // for sources that failed, to settle
)

// mostWaiting is how often a watch waits for sources before it settles without them:
// one that never answers must not keep it silent.
const mostWaiting = 3

// Waits says why what a first run found is not yet all that is known: sources that
// were asked failed or refused, and what they know would be told as news when they
// answer. It is "" where it need not wait, or has waited often enough.
func Waits(d casefile.Document, runs []Round) string {
	waited := 0
	for _, r := range runs {
		if r.State == RunWaiting {
			waited++
		}
	}
	var silent []string
	for _, g := range d.Gaps {
		if (g.State == "failed" || g.State == "refused") && !slices.Contains(silent, g.Source) {
			silent = append(silent, g.Source)
		}
	}
	if waited >= mostWaiting || len(silent) == 0 {
		return ""
	}
	return "did not answer: " + strings.Join(silent, ", ") + "; what is known is settled by a later run"
}

// Heard is what became of handing news to one recipient.
type Heard struct {
	To    string `json:"to"`
	State string `json:"state" doc:"sent, failed, withheld, or unknown: interrupted in the middle, and not sent a second time"`
	Said  string `json:"said"`
}

// Errors of watches.
var (
	ErrNoWatch  = errors.New("no such watch")
	ErrExists   = errors.New("a watch has that name")
	ErrInvalid  = errors.New("watch")
	ErrSchedule = errors.New("schedule")
)

const mostName = 64

// Bands are those a watch may be set to, the strictest first.
func Bands() []string { return []string{"high", "medium", "low"} }

// Check says what is wrong with a watch that is to be saved.
func (w Watch) Check() error {
	clean := strings.TrimSpace(w.Name)
	if clean == "" || clean != w.Name || len(w.Name) > mostName || casefile.Printable(w.Name) != w.Name {
		return fmt.Errorf("%w: name it in up to %d printable characters", ErrInvalid, mostName)
	}
	if !slices.Contains(Bands(), w.Band) {
		return fmt.Errorf("%w: band %q is none of %s", ErrInvalid, casefile.Printable(w.Band), strings.Join(Bands(), ", "))
	}
	_, err := ParseSchedule(w.Schedule)
	return err
}

// reaches reports whether a finding of that band is news for the watch.
func (w Watch) reaches(band string) bool {
	at := slices.Index(Bands(), band)
	return at >= 0 && at <= slices.Index(Bands(), w.Band)
}

// Bounds of backing off: an hour after the first failure, twice as long after each
// further one, a day at most.
const (
	firstBackOff   = time.Hour
	longestBackOff = 24 * time.Hour
)

// Next is when the next run is due, after a run that ended at now. What was missed
// meanwhile is not made up for.
func (w Watch) Next(now time.Time) (time.Time, error) {
	s, err := ParseSchedule(w.Schedule)
	if err != nil {
		return time.Time{}, err
	}
	due := s.Next(now, w.ID)
	if w.Failures > 0 {
		wait := firstBackOff << min(w.Failures-1, 5)
		if least := now.Add(min(wait, longestBackOff)); due.Before(least) {
			due = least
		}
	}
	return due, nil
}
