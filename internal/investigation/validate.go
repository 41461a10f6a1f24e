package investigation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/telemetry"
	"clew/internal/telemetry/match"
	"clew/internal/words"
)

// Wanted returns what to look for in the team's own logs: the seeds of a case
// and its findings, but for those that are suppressed, rejected or coincidence.
// The window of a finding is the time in which the link held, that of a seed the
// incident's.
func (w *Workspace) Wanted(ctx context.Context, id string) ([]match.Indicator, error) {
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return nil, err
	}
	doc := record.Document()
	var wanted []match.Indicator
	given := map[casefile.Value]bool{}
	add := func(kind, text string, first, last time.Time, label string) error {
		k, ok := observable.KindNamed(kind)
		name := casefile.Value{Kind: kind, Value: text}
		if !ok || given[name] {
			return nil
		}
		v, err := observable.Stored(k, text)
		if err != nil {
			return fmt.Errorf("case %s: %w", id, err)
		}
		given[name] = true
		wanted = append(wanted, match.Indicator{Value: v, First: first, Last: last, Label: label})
		return nil
	}
	for _, s := range doc.Seeds {
		if err := add(s.Kind, s.Value, doc.Case.Window[0].Time, doc.Case.Window[1].Time, "seed"); err != nil {
			return nil, err
		}
	}
	for _, f := range doc.Findings {
		if f.Suppressed != "" || f.Verdict == string(casefile.TypeRejected) || f.Band == "coincidence" {
			continue
		}
		if err := add(f.Kind, f.Value, f.FirstSeen.Time, f.LastSeen.Time, f.Band); err != nil {
			return nil, err
		}
	}
	return wanted, nil
}

// RecordSightings writes what a search said about each value looked for into the
// case: hits with count, period and machines; "no hit" only where all of the logs
// was read, with what they covered; "not checked" for what could not be looked
// for.
func (w *Workspace) RecordSightings(ctx context.Context, id string, logs []string, refused []match.Refusal, found *telemetry.Findings, c telemetry.Coverage) error {
	where := strings.Join(logs, ", ")
	unsought := map[int]string{}
	for _, r := range refused {
		unsought[r.Indicator] = r.Reason
	}
	now := w.Clock()
	entries := []casefile.Entry{{Time: now, Type: casefile.TypeSearched, Actor: w.ActorOf(ctx), Data: SearchedIn(where, c)}}
	for i, ind := range found.Indicators {
		about := casefile.Value{Kind: ind.Value.Kind().String(), Value: ind.Value.Text()}
		s := sighted(found.Of(i), c)
		if why, yes := unsought[i]; yes {
			s = casefile.Sighted{State: casefile.NotChecked, Note: "not looked for: " + why}
		}
		s.About, s.Where = about, where
		entries = append(entries, casefile.Entry{Time: now, Type: casefile.TypeSighted, Actor: w.ActorOf(ctx), Data: s})
	}
	_, err := w.Cases.Append(ctx, id, entries...)
	return err
}

// Bounds of one event of the record.
const (
	maxRecorded = 50  // machines, and what was not read
	maxLogs     = 200 // named one by one
	maxDays     = 400 // counted apart; beyond, months are
)

// SearchedIn says in the record's words what a search of logs rests on.
func SearchedIn(where string, c telemetry.Coverage) casefile.Searched {
	t := c.Totals()
	s := casefile.Searched{
		Where: where, Complete: c.Complete(), From: casefile.Time{Time: t.First}, To: casefile.Time{Time: t.Last}, Lines: t.Lines, Bytes: t.Bytes,
		Parsed: t.Parsed, Unparsed: t.Unknown, Files: len(c.Files), Logs: []casefile.SearchedLog{}, Unread: c.Missing(),
	}
	s.Unread = append([]string{}, s.Unread[:min(len(s.Unread), maxRecorded)]...)
	for _, f := range c.Files {
		if len(s.Logs) < maxLogs || f.Missing != "" && len(s.Logs) < maxLogs+maxRecorded {
			s.Logs = append(s.Logs, casefile.SearchedLog{
				File: f.File, Lines: f.Lines, Bytes: f.Bytes, From: casefile.Time{Time: f.First}, To: casefile.Time{Time: f.Last},
				Formats: append([]string{}, f.Formats...), Missing: f.Missing,
			})
		}
	}
	return s
}

// sighted says in the record's words what was found of one value.
func sighted(f *telemetry.Finding, c telemetry.Coverage) casefile.Sighted {
	if f == nil {
		if !c.Complete() {
			return casefile.Sighted{State: casefile.NotChecked, Note: "nothing seen in what was read; " + c.Missing()[0]}
		}
		t := c.Totals()
		if t.Lines == 0 {
			return casefile.Sighted{State: casefile.NotChecked, Note: "the logs are empty"}
		}
		note := words.Count(t.Lines, "line") + " of " + words.Count(len(c.Files), "log") + " searched"
		if !t.First.IsZero() {
			note += fmt.Sprintf(", %s to %s", t.First.Format(time.DateOnly), t.Last.Format(time.DateOnly))
		}
		return casefile.Sighted{State: casefile.NoHit, First: casefile.Time{Time: t.First}, Last: casefile.Time{Time: t.Last}, Note: note}
	}
	s := casefile.Sighted{
		State: f.Verdict(), Count: f.Count, First: casefile.Time{Time: f.First}, Last: casefile.Time{Time: f.Last}, Contact: f.Contact(), Note: f.Why,
		Days: bucketsOf(f), Verdicts: f.Verdicts,
	}
	if f.Verdict() == telemetry.Worthless {
		s.State, s.Count = casefile.NotChecked, 0
		s.Note = fmt.Sprintf("seen %d times, which %s", f.Count, f.Why)
	}
	assets := f.Assets()
	for _, a := range assets[:min(len(assets), maxRecorded)] {
		s.Assets = append(s.Assets, a.Name)
		s.AssetCounts = append(s.AssetCounts, a.Count)
	}
	if len(assets) > maxRecorded {
		s.Note = strings.TrimPrefix(fmt.Sprintf("%s; %d machines in all", s.Note, len(assets)), "; ")
	}
	return s
}

// bucketsOf returns the timeline of a finding, by month where it has very many days.
func bucketsOf(f *telemetry.Finding) []casefile.Bucket {
	const month = len("2006-01")
	days := f.Timeline()
	var all []casefile.Bucket
	for _, day := range days {
		when := day.Name
		if len(days) > maxDays {
			when = when[:min(month, len(when))]
		}
		if last := len(all) - 1; last >= 0 && all[last].When == when {
			all[last].Count += day.Count
			continue
		}
		all = append(all, casefile.Bucket{When: when, Count: day.Count})
	}
	return all[:min(len(all), maxDays)]
}
