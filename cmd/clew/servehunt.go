package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/server"
	"clew/internal/telemetry"
	"clew/internal/telemetry/indicators"
	"clew/internal/telemetry/match"
)

// mostLeftOut is how many entries of a list are named that are not looked for.
const mostLeftOut = 20

// asHunter returns the app and the flags as if clew hunt had been started with
// what a request asks for.
func (c core) asHunter(ask server.HuntAsk) (*app, huntFlags, error) {
	run := *c.app
	run.output, run.stdout, run.stderr, run.json = "", io.Discard, io.Discard, false
	run.since, run.until = ask.Since, ask.Until
	f := huntFlags{caseID: ask.Case, networks: ask.Internal, slack: telemetry.DefaultSlack}
	if ask.Slack != "" {
		var err error
		if f.slack, err = time.ParseDuration(ask.Slack); err != nil || f.slack < 0 {
			return nil, f, usagef("slack %q: write 24h", ask.Slack)
		}
	}
	listed := ask.List != "" || len(ask.Indicators) > 0
	switch {
	case listed == (ask.Case != ""):
		return nil, f, usagef("name what to look for: either indicators, or a case")
	case len(ask.Logs)+len(ask.SIEM) == 0 && !ask.Index:
		return nil, f, usagef("name where to look: logs, siem, or index")
	}
	return &run, f, nil
}

// listOf reads the indicators of a request and says what of them is left out.
func listOf(ask server.HuntAsk) (wanted []match.Indicator, leftOut []string, err error) {
	for _, text := range ask.Indicators {
		v, err := indicator(text)
		if err != nil {
			return nil, nil, err
		}
		wanted = append(wanted, match.Indicator{Value: v})
	}
	if ask.List == "" {
		return wanted, nil, nil
	}
	read := indicators.Read
	if ask.Report {
		read = indicators.Prose
	}
	list, err := read(strings.NewReader(ask.List))
	if err != nil {
		return nil, nil, usagef("list: %w", err)
	}
	if list.Skipped > len(list.Why) {
		list.Why = append(list.Why, fmt.Sprintf("and %d more", list.Skipped-len(list.Why)))
	}
	return append(wanted, list.Indicators...), list.Why, nil
}

// Hunt implements [server.Core].
func (c core) Hunt(ctx context.Context, ask server.HuntAsk) (func(context.Context, server.HuntWatch) error, error) {
	run, f, err := c.asHunter(ask)
	if err != nil {
		return nil, refused(err)
	}
	h := hunt{app: run, flags: f, ask: ask}
	if h.wanted, h.leftOut, err = listOf(ask); err == nil {
		err = h.check(ctx)
	}
	return h.run, refused(err)
}

// A hunt is one that the server runs.
type hunt struct {
	*app
	flags   huntFlags
	ask     server.HuntAsk
	wanted  []match.Indicator // of the list; a case's are read when it is searched
	leftOut []string
	watch   server.HuntWatch
}

// check finds what is wrong with a request before anything is searched.
func (h *hunt) check(ctx context.Context) error {
	o, err := h.options(h.flags, h.wanted)
	if err != nil {
		return err
	}
	if h.ask.Case != "" {
		err := h.withCase(ctx, h.ask.Case, func(w *investigation.Workspace, id string) (err error) {
			o.Indicators, err = w.Wanted(ctx, id)
			return err
		})
		if err != nil {
			return err
		}
	}
	hunter, err := telemetry.New(o)
	if err != nil {
		return usagef("%s: %w", h.flags.what(), err)
	}
	for _, r := range hunter.Refused[:min(len(hunter.Refused), mostLeftOut)] {
		h.leftOut = append(h.leftOut, o.Indicators[r.Indicator].Value.Text()+": "+r.Reason)
	}
	if more := len(hunter.Refused) - mostLeftOut; more > 0 {
		h.leftOut = append(h.leftOut, fmt.Sprintf("and %d more", more))
	}
	h.wanted = o.Indicators
	for _, path := range h.ask.Logs {
		if !filepath.IsAbs(path) {
			return usagef("logs: %q: write the whole path: the server has a folder of its own", path)
		}
	}
	if len(h.ask.Logs) > 0 {
		if _, _, err := h.logs(h.ask.Logs); err != nil {
			return err
		}
	}
	if h.offline && len(h.ask.SIEM) > 0 {
		return usagef("siem: the server was started with --offline and asks nobody")
	}
	for _, name := range h.ask.SIEM {
		if _, err := h.siemRunner(name); err != nil {
			return err
		}
	}
	if h.ask.Index {
		store, err := h.openIndex(false)
		if err != nil {
			return err
		}
		return store.Close()
	}
	return nil
}

// run searches one place after the other. A place that fails does not keep the
// others from being searched.
func (h hunt) run(ctx context.Context, watch server.HuntWatch) error {
	h.watch = watch
	watch.Wanted(len(h.wanted), h.leftOut)
	h.flags.read = watch.Read
	h.flags.sighted = func(ind match.Indicator, s telemetry.Sighting) { watch.Hit(server.HitOf(ind, s)) }
	in := func(search func(*investigation.Workspace, string) error) error { return search(nil, "") }
	if h.ask.Case != "" {
		in = func(search func(*investigation.Workspace, string) error) error {
			return h.withCase(ctx, h.ask.Case, search)
		}
	}
	return in(func(w *investigation.Workspace, id string) error {
		var failed error
		if h.ask.Index {
			failed = errors.Join(failed, h.index(ctx, w, id))
		}
		if len(h.ask.Logs) > 0 {
			failed = errors.Join(failed, h.inLogs(ctx, w, id))
		}
		for _, name := range h.ask.SIEM {
			failed = errors.Join(failed, h.siem(ctx, w, id, name))
		}
		return failed
	})
}

func (h hunt) inLogs(ctx context.Context, w *investigation.Workspace, id string) error {
	where := strings.Join(h.ask.Logs, ", ")
	h.watch.Now(where)
	var found *telemetry.Findings
	var coverage telemetry.Coverage
	var err error
	if w != nil {
		found, coverage, err = h.validate(ctx, w, id, h.flags, h.ask.Logs)
	} else {
		found, coverage, _, err = h.searchLogs(ctx, h.flags, h.wanted, h.ask.Logs)
	}
	return h.said(found, investigation.SearchedIn(where, coverage), err)
}

func (h hunt) siem(ctx context.Context, w *investigation.Workspace, id, name string) error {
	h.flags.siem = name
	h.watch.Now(name)
	var found *telemetry.Findings
	var inquiry investigation.Inquiry
	var err error
	if w != nil {
		found, inquiry, err = h.validateSIEM(ctx, w, id, h.flags)
	} else {
		found, inquiry, err = h.askSIEM(ctx, h.flags, h.wanted, nil)
	}
	return h.said(found, inquiry.Searched(), err)
}

func (h hunt) index(ctx context.Context, w *investigation.Workspace, id string) error {
	h.watch.Now("telemetry index")
	store, err := h.openIndex(false)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // nothing was written
	found, inquiry, err := h.askIndex(ctx, h.flags, store, h.wanted)
	if err == nil && w != nil {
		err = w.RecordInquiry(ctx, id, inquiry, found)
	}
	return h.said(found, inquiry.Searched(), err)
}

// said hands on what a place said. One that failed before it was searched said nothing.
func (h hunt) said(found *telemetry.Findings, searched casefile.Searched, err error) error {
	if found == nil {
		return cmp.Or(err, errNotSeen)
	}
	place := server.HuntPlace{Where: searched.Where, Searched: searched, Seen: []server.HuntFinding{}}
	if err != nil {
		place.Searched.Complete, place.Searched.Unread = false, append(place.Searched.Unread, err.Error())
	}
	for _, f := range found.All() {
		place.Seen = append(place.Seen, server.HuntFindingOf(f))
	}
	h.watch.Searched(place)
	return err
}

// Telemetry implements [server.Core].
func (c core) Telemetry(context.Context) (server.TelemetryIndex, error) {
	store, err := c.openIndex(false)
	if err != nil {
		return server.TelemetryIndex{}, refused(err)
	}
	defer store.Close() //nolint:errcheck // nothing was written
	return telemetryIndexOf(store), nil
}

// Queries implements [server.Core].
func (c core) Queries(ctx context.Context, ask server.HuntAsk) ([]server.SIEMQuery, error) {
	run, f, err := c.asHunter(ask)
	if err != nil {
		return nil, refused(err)
	}
	wanted, _, err := listOf(ask)
	if err != nil {
		return nil, refused(err)
	}
	if ask.Case != "" {
		err := run.withCase(ctx, ask.Case, func(w *investigation.Workspace, id string) (err error) {
			wanted, err = w.Wanted(ctx, id)
			return err
		})
		if err != nil {
			return nil, refused(err)
		}
	}
	var all []server.SIEMQuery
	for _, name := range ask.SIEM {
		f.siem = name
		queries, err := run.siemQueries(f, wanted)
		if err != nil {
			return nil, refused(err)
		}
		for _, q := range queries {
			all = append(all, server.SIEMQuery{SIEM: name, Text: q.Text, From: q.From, To: q.To})
		}
	}
	return all, nil
}
