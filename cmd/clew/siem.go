package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"clew/internal/casefile"
	"clew/internal/fetch"
	"clew/internal/investigation"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/telemetry"
	"clew/internal/telemetry/match"
	"clew/internal/telemetry/siem"
	searches "clew/internal/telemetry/siem/all"
	"clew/internal/words"
)

// searchPeriod is asked about where nobody says another: what most products keep
// ready, and answer about at once.
const searchPeriod = 30 * 24 * time.Hour

// siemRunner returns the search that the configuration calls name, and the client
// that is its one way out.
func (a *app) siemRunner(name string) (*siem.Runner, error) {
	settings, err := a.withSecrets()
	if err != nil {
		return nil, err
	}
	s, known := settings.SIEM[name]
	if !known {
		var names []string
		for n := range settings.SIEM {
			names = append(names, n)
		}
		slices.Sort(names)
		if len(names) == 0 {
			return nil, usagef("no search is configured\n  write into the configuration file:\n  siem:\n    %s: {type: elastic, url: https://…}", name)
		}
		return nil, usagef("no search %q: there are %s", name, strings.Join(names, ", "))
	}
	search, info, err := searches.New(name, s)
	if err != nil {
		return nil, usageError{err}
	}
	key := settings.Keys[info.Name]
	if fromEnv := a.getenv(info.KeyEnv); fromEnv != "" {
		key = fromEnv
	}
	timeout := s.Timeout
	if timeout <= 0 {
		timeout = siem.DefaultTimeout
	}
	client := fetch.New(fetch.Options{
		Sources: []source.Info{info}, Key: func(source.Info) string { return key }, UserAgent: "clew/" + release, Clock: a.clock,
		Named: []string{searches.Server(s)}, Timeout: timeout + 30*time.Second,
	})
	return &siem.Runner{Name: name, Search: search, Door: client, Header: s.Header, Now: a.clock(), Limits: siem.Limits{Values: s.MaxBatch, Rows: s.MaxRows}}, nil
}

// period fills in the period to ask about.
func (a *app) period(o *telemetry.Options) {
	if o.Until.IsZero() {
		o.Until = a.clock().UTC().Truncate(time.Second)
	}
	if o.Since.IsZero() {
		o.Since = o.Until.Add(-searchPeriod)
	}
}

// huntSIEM asks the team's own search for a list or for the findings of a case.
func (a *app) huntSIEM(ctx context.Context, f huntFlags) error {
	if f.caseID == "" {
		wanted, err := a.readIndicators(f)
		if err != nil {
			return err
		}
		found, inquiry, err := a.askSIEM(ctx, f, wanted, nil)
		if err != nil || f.printQuery {
			return err
		}
		return a.finishInquiry(found, inquiry)
	}
	return a.withCase(ctx, f.caseID, func(w *investigation.Workspace, id string) error {
		found, inquiry, err := a.validateSIEM(ctx, w, id, f)
		if err != nil || f.printQuery {
			return err
		}
		return a.finishInquiry(found, inquiry)
	})
}

// validateSIEM asks for the findings of a case and records the outcome.
func (a *app) validateSIEM(ctx context.Context, w *investigation.Workspace, id string, f huntFlags) (*telemetry.Findings, investigation.Inquiry, error) {
	wanted, err := w.Wanted(ctx, id)
	if err != nil {
		return nil, investigation.Inquiry{}, err
	}
	ledger, err := w.Ledger(ctx, id)
	if err != nil {
		return nil, investigation.Inquiry{}, err
	}
	found, inquiry, err := a.askSIEM(ctx, f, wanted, ledger)
	if err != nil || f.printQuery {
		return found, inquiry, err
	}
	return found, inquiry, w.RecordInquiry(ctx, id, inquiry, found)
}

// askSIEM asks, prints what was seen, and says what silence rests on.
func (a *app) askSIEM(ctx context.Context, f huntFlags, wanted []match.Indicator, ledger source.Ledger) (*telemetry.Findings, investigation.Inquiry, error) {
	inquiry := investigation.Inquiry{Where: siem.SourceName(f.siem)}
	if f.printQuery {
		return nil, inquiry, a.printQueries(f, wanted)
	}
	o, runner, err := a.siemSearch(f, wanted)
	if err != nil {
		return nil, inquiry, err
	}
	if ledger != nil {
		runner.Leave = func(ctx context.Context, values []observable.Value) error {
			for _, v := range values {
				if err := ledger.Disclose(ctx, source.Disclosure{Source: inquiry.Where, Value: v, Allowed: marking.Red, At: a.clock()}); err != nil {
					return err
				}
			}
			return nil
		}
	}
	found := telemetry.NewFindings(wanted)
	var answer siem.Answer
	err = a.printSightings(f, found, func(emit func(telemetry.Sighting) error) error {
		answer, err = runner.Ask(ctx, o, emit)
		return err
	})
	if err != nil {
		return found, inquiry, err
	}
	inquiry.From, inquiry.To, inquiry.Unanswered = answer.From, answer.To, answer.Unanswered
	inquiry.Note = fmt.Sprintf("%s asked about %s to %s in %s, all answered in full", f.siem, answer.From.Format(time.DateOnly), answer.To.Format(time.DateOnly), words.Count(answer.Queries, "query"))
	fmt.Fprintf(a.stderr, "asked %s about %s to %s UTC: %s, %s\n", oneLine(f.siem), minute(answer.From), minute(answer.To), words.Count(answer.Queries, "query"), words.Count(answer.Records, "record"))
	if answer.More > 0 {
		fmt.Fprintf(a.stderr, "  %s cut short: there are more hits than counted\n", words.Count(answer.More, "answer"))
	}
	return found, inquiry, nil
}

// siemSearch readies a search, and what is asked of it.
func (a *app) siemSearch(f huntFlags, wanted []match.Indicator) (telemetry.Options, *siem.Runner, error) {
	o, err := a.options(f, wanted)
	if err != nil {
		return o, nil, err
	}
	a.period(&o)
	runner, err := a.siemRunner(f.siem)
	return o, runner, err
}

// printQueries prints the queries in the product's own language, and beside them
// the period of each, which some languages cannot say.
func (a *app) printQueries(f huntFlags, wanted []match.Indicator) error {
	queries, err := a.siemQueries(f, wanted)
	if err != nil {
		return err
	}
	if len(queries) == 0 {
		return partial{fmt.Sprintf("there is nothing to ask %s: none of it is a value that logs hold, or the period lies before what it keeps", oneLine(f.siem))}
	}
	return a.printTo(func(w io.Writer) error {
		for i, q := range queries {
			fmt.Fprintf(a.stderr, "query %d of %d, about %s to %s UTC\n", i+1, len(queries), minute(q.From), minute(q.To))
			if _, err := fmt.Fprintln(w, terminalSafe(q.Text)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *app) siemQueries(f huntFlags, wanted []match.Indicator) ([]siem.Query, error) {
	o, runner, err := a.siemSearch(f, wanted)
	if err != nil {
		return nil, err
	}
	return runner.Queries(o), nil
}

// finishInquiry turns the outcome into the exit code.
func (a *app) finishInquiry(found *telemetry.Findings, q investigation.Inquiry) error {
	const most = 5
	reasons := map[string]int{}
	for i, why := range q.Unanswered {
		if found.Of(i) == nil {
			reasons[why]++
		}
	}
	var all []string
	for why, n := range reasons {
		all = append(all, oneLine(fmt.Sprintf("%s not answered: %s", words.Count(n, "indicator"), why)))
	}
	slices.Sort(all)
	for _, why := range all[:min(len(all), most)] {
		fmt.Fprintf(a.stderr, "clew: %s\n", why)
	}
	switch {
	case len(all) > 0:
		return partial{all[0]}
	case !found.Seen():
		return errNotSeen
	}
	return nil
}

// siemStep asks the team's own search for what a case found, and searches logs
// after it where some are named.
func (a *app) siemStep(f huntFlags, logs []string) step {
	inFiles := f
	inFiles.siem = ""
	files := a.searchStep(inFiles, logs)
	return func(ctx context.Context, w *investigation.Workspace, doc casefile.Document) (casefile.Document, string, error) {
		quiet := *a // the case is printed, not each hit
		quiet.output, quiet.stdout = "", io.Discard
		found, inquiry, err := quiet.validateSIEM(ctx, w, doc.Case.ID, f)
		if err != nil {
			return doc, "", err
		}
		unread := ""
		var short partial
		if errors.As(quiet.finishInquiry(found, inquiry), &short) {
			unread = inquiry.Where + ": " + short.reason
		}
		record, err := casefile.Load(ctx, w.Cases, doc.Case.ID)
		if err != nil {
			return doc, "", err
		}
		doc = record.Document()
		if files == nil {
			return doc, unread, nil
		}
		doc, more, err := files(ctx, w, doc)
		if unread == "" {
			unread = more
		}
		return doc, unread, err
	}
}
