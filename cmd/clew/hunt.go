package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/investigation"
	"clew/internal/server"
	"clew/internal/telemetry"
	"clew/internal/telemetry/indicators"
	"clew/internal/telemetry/logfile"
	"clew/internal/telemetry/match"
	"clew/internal/words"
)

// errNotSeen ends a search that read everything and found nothing.
var errNotSeen = errors.New("nothing was seen")

// huntFlags are what a search in logs takes, alone or as a step of a case.
type huntFlags struct {
	caseID, indicators string
	prose              bool
	networks           []string
	slack              time.Duration
	follow             bool
	lines              bool
	workers            int
	siem               string // name of the team's own search
	printQuery         bool

	// Who runs the search from elsewhere is told of it; nil for no one.
	sighted func(match.Indicator, telemetry.Sighting)
	read    func(done, total int64) // bytes of text, and of the logs on disk
}

func (a *app) huntCommand() *cobra.Command {
	var f huntFlags
	cmd := &cobra.Command{
		Use:   "hunt (--case ID|--indicators FILE) LOG...",
		Short: "Search logs for indicators, and say what a hit means",
		Long: `Searches logs (files, folders, - for standard input; packed or not) for the
indicators of a list or the findings of a case, and says for each hit when it was,
in which field, on which machine of yours, whether it was let through, and whether
the indicator was bad at that time. Formats are recognised by content; any text is
searched. With --case the result goes into the record of the case.

Names match themselves and what is below them, addresses every way of writing
them, ranges what is in them; never part of another word.

Exit codes: 0 something was seen, 4 everything was read and nothing was seen,
3 parts could not be read, 1 failed, 2 usage.`,
		Example: `  clew hunt --indicators iocs.txt /var/log/zeek
  clew hunt --indicators bundle.json --json logs.tar.gz | jq .asset
  zcat access.log.gz | clew hunt --indicators list.csv -
  clew hunt --case 2026-11-23-evil-example-4f2a /var/log
  clew hunt --indicators iocs.txt --siem elk --since 2026-10-01
  clew hunt --indicators iocs.txt --follow /var/log/squid/access.log`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case (f.caseID == "") == (f.indicators == ""):
				return usagef("name what to look for: either --indicators FILE or --case ID")
			case f.siem != "" && len(args) > 0:
				return usagef("--siem asks your search, not files: leave the logs out, or search them in a second run")
			case f.printQuery && f.siem == "":
				return usagef("--print-query needs --siem NAME: each product has its own language")
			case f.siem != "":
				return nil
			case len(args) == 0:
				return usagef("name the logs to search: files, folders, or - for standard input")
			case f.follow && (len(args) != 1 || args[0] == "-" || f.caseID != ""):
				return usagef("--follow follows one file, for a list of indicators")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.siem != "" {
				return a.huntSIEM(cmd.Context(), f)
			}
			if f.caseID != "" {
				return a.huntCase(cmd.Context(), f, args)
			}
			return a.huntList(cmd.Context(), f, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.caseID, "case", "", "look for the findings of this case, and write what was seen into its record")
	flags.StringVar(&f.indicators, "indicators", "", "look for these: a STIX bundle, a MISP event, CSV, JSON Lines, or one a line")
	flags.BoolVar(&f.prose, "report", false, "the file of --indicators is a report: take the indicators out of its text")
	flags.BoolVar(&f.printQuery, "print-query", false, "with --siem: print the queries to paste, and ask nothing")
	flags.BoolVar(&f.follow, "follow", false, "go on as the file grows and rotates, until interrupted")
	flags.BoolVar(&f.lines, "lines", false, "print every hit, with its record")
	a.huntShared(cmd, &f)
	flags.StringVar(&a.since, "since", "", "leave out records before this day")
	flags.StringVar(&a.until, "until", "", "leave out records after this day")
	a.listsFlag(flags)
	return cmd
}

// huntShared are the flags that a search inside an investigation has as well.
func (a *app) huntShared(cmd *cobra.Command, f *huntFlags) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.networks, "internal", nil, "addresses that are ours, beside the private ones: 203.0.113.0/24,...")
	flags.DurationVar(&f.slack, "slack", telemetry.DefaultSlack, "how long before and after its window a hit still counts as inside")
	flags.StringVar(&f.siem, "siem", "", "ask this search of yours, as the configuration names it")
	flags.IntVar(&f.workers, "workers", 0, "processors to use (default: all)")
}

// options fills in what flags say of a search.
func (a *app) options(f huntFlags, wanted []match.Indicator) (telemetry.Options, error) {
	o := telemetry.Options{Indicators: wanted, Slack: f.slack, Workers: f.workers, Eager: f.follow}
	for _, text := range f.networks {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			addr, addrErr := netip.ParseAddr(text)
			if addrErr != nil {
				return o, usagef("--internal %q: write a network such as 203.0.113.0/24", text)
			}
			p = netip.PrefixFrom(addr, addr.BitLen())
		}
		o.Ours = append(o.Ours, p)
	}
	window, err := a.window()
	if err != nil {
		return o, err
	}
	o.Since, o.Until = window.First, window.Last
	lists, err := a.references()
	if err != nil {
		return o, err
	}
	o.Lists = telemetry.ByReference(lists)
	return o, nil
}

// logs returns the inputs that the arguments name.
func (a *app) logs(args []string) ([]logfile.Input, []string, error) {
	var paths []string
	var inputs []logfile.Input
	for _, arg := range args {
		if arg == "-" {
			inputs = append(inputs, logfile.Stdin(a.stdin, a.clock()))
			continue
		}
		paths = append(paths, arg)
	}
	found, errs := logfile.Find(paths)
	var skipped []string
	for _, err := range errs {
		skipped = append(skipped, err.Error())
	}
	inputs = append(inputs, found...)
	if len(inputs) == 0 {
		if len(skipped) > 0 {
			return nil, nil, usagef("no log to search: %s", skipped[0])
		}
		return nil, nil, usagef("no log to search: there is no file in %v", args)
	}
	return inputs, skipped, nil
}

// readIndicators reads the list of --indicators and says what of it is left out.
func (a *app) readIndicators(f huntFlags) ([]match.Indicator, error) {
	file, err := os.Open(f.indicators)
	if err != nil {
		return nil, usageError{err}
	}
	defer file.Close() //nolint:errcheck // read only
	read := indicators.Read
	if f.prose {
		read = indicators.Prose
	}
	list, err := read(file)
	if err != nil {
		return nil, usagef("%s: %w", f.indicators, err)
	}
	if list.Skipped > 0 {
		fmt.Fprintf(a.stderr, "clew: %s: left out, for they are no indicators: %s\n", oneLine(f.indicators), words.Count(list.Skipped, "line"))
		for _, why := range list.Why {
			fmt.Fprintf(a.stderr, "  %s\n", oneLine(why))
		}
	}
	return list.Indicators, nil
}

func (a *app) huntList(ctx context.Context, f huntFlags, args []string) error {
	wanted, err := a.readIndicators(f)
	if err != nil {
		return err
	}
	found, coverage, _, err := a.searchLogs(ctx, f, wanted, args)
	if err != nil {
		return err
	}
	return a.finishHunt(found, coverage)
}

// searchLogs searches the logs that args name, and prints the hits.
func (a *app) searchLogs(ctx context.Context, f huntFlags, wanted []match.Indicator, args []string) (found *telemetry.Findings, coverage telemetry.Coverage, refused []match.Refusal, err error) {
	o, err := a.options(f, wanted)
	if err != nil {
		return nil, coverage, nil, err
	}
	inputs, skipped, err := a.logs(args)
	if err != nil {
		return nil, coverage, nil, err
	}
	if f.follow {
		follower, err := logfile.Follow(ctx, args[0], time.Second)
		if err != nil {
			return nil, coverage, nil, usageError{err}
		}
		defer follower.Close() //nolint:errcheck // read only
		inputs = []logfile.Input{logfile.Named(args[0], follower, a.clock())}
	}
	progress := a.scanProgress(f, &o, inputs)
	hunter, err := telemetry.New(o)
	if err != nil {
		return nil, coverage, hunter.Refused, usagef("%s: %w", f.what(), err)
	}
	if f.caseID == "" {
		a.sayRefused(hunter.Refused, wanted)
	}
	found = telemetry.NewFindings(wanted)
	coverage, err = a.search(ctx, hunter, inputs, found, f)
	progress()
	coverage.Skipped = append(coverage.Skipped, skipped...)
	return found, coverage, hunter.Refused, err
}

// what names what is looked for.
func (f huntFlags) what() string {
	switch {
	case f.caseID != "":
		return "case " + f.caseID
	case f.indicators != "":
		return f.indicators
	}
	return "the list"
}

// search runs a hunt. One that is interrupted keeps what arrived; the coverage
// says what did not.
func (a *app) search(ctx context.Context, hunter *telemetry.Hunter, inputs []logfile.Input, found *telemetry.Findings, f huntFlags) (telemetry.Coverage, error) {
	var coverage telemetry.Coverage
	err := a.printSightings(f, found, func(emit func(telemetry.Sighting) error) (err error) {
		if coverage, err = hunter.Run(ctx, inputs, emit); errors.Is(err, context.Canceled) {
			err = nil
		}
		return err
	})
	return coverage, err
}

// printSightings prints what a search hands over: each hit as it comes, where lines
// are asked for, and otherwise what they come to.
func (a *app) printSightings(f huntFlags, found *telemetry.Findings, search func(emit func(telemetry.Sighting) error) error) error {
	return a.printTo(func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		err := search(func(s telemetry.Sighting) (err error) {
			found.Add(s)
			if f.sighted != nil {
				f.sighted(found.Indicators[s.Indicator], s)
			}
			switch {
			case a.json:
				err = encoder.Encode(server.HitOf(found.Indicators[s.Indicator], s))
			case f.lines || f.follow:
				err = printHit(w, found.Indicators[s.Indicator], s)
			}
			if flusher, ok := w.(interface{ Flush() error }); ok && f.follow && err == nil {
				err = flusher.Flush()
			}
			return err
		})
		if err == nil && !a.json {
			printFindings(w, found)
		}
		return err
	})
}

// sayRefused names what is not looked for.
func (a *app) sayRefused(refused []match.Refusal, wanted []match.Indicator) {
	const most = 5
	for i, r := range refused {
		if i == most {
			fmt.Fprintf(a.stderr, "  and %d more\n", len(refused)-most)
			break
		}
		fmt.Fprintf(a.stderr, "clew: not looked for: %s: %s\n", forPeople(wanted[r.Indicator].Value), oneLine(r.Reason))
	}
}

// finishHunt says what was searched, and turns the outcome into the exit code.
func (a *app) finishHunt(found *telemetry.Findings, coverage telemetry.Coverage) error {
	printCoverage(a.stderr, coverage)
	switch {
	case !coverage.Complete():
		missing := coverage.Missing()
		for _, m := range missing[1:] {
			fmt.Fprintf(a.stderr, "clew: not read: %s\n", oneLine(m))
		}
		return partial{"not read to the end: " + missing[0]}
	case !found.Seen():
		return errNotSeen
	}
	return nil
}

// scanProgress shows how far a search is, on a terminal only: a search of logs
// is over soon or prints hits on its way.
func (a *app) scanProgress(f huntFlags, o *telemetry.Options, inputs []logfile.Input) (done func()) {
	var total int64
	for _, in := range inputs {
		total += in.Size
	}
	var read, shown atomic.Int64
	switch {
	case f.read != nil:
		o.Progress = func(n int64) { f.read(read.Add(n), total) }
		return func() {}
	case !isTerminal(a.stderr):
		return func() {}
	}
	o.Progress = func(n int64) {
		now := read.Add(n)
		if last := shown.Load(); now-last > 64<<20 && shown.CompareAndSwap(last, now) {
			fmt.Fprintf(a.stderr, "\r%d MB read of %d MB on disk", now>>20, total>>20)
		}
	}
	return func() {
		if shown.Load() > 0 {
			fmt.Fprintf(a.stderr, "\r%60s\r", "")
		}
	}
}

// huntCase searches for the findings of a case and writes what was seen into its
// record.
func (a *app) huntCase(ctx context.Context, f huntFlags, args []string) error {
	return a.withCase(ctx, f.caseID, func(w *investigation.Workspace, id string) error {
		found, coverage, err := a.validate(ctx, w, id, f, args)
		if err != nil {
			return err
		}
		return a.finishHunt(found, coverage)
	})
}

// validate searches logs for the findings of a case, prints the hits, and records
// the outcome for each finding.
func (a *app) validate(ctx context.Context, w *investigation.Workspace, id string, f huntFlags, args []string) (*telemetry.Findings, telemetry.Coverage, error) {
	wanted, err := w.Wanted(ctx, id)
	if err != nil {
		return nil, telemetry.Coverage{}, err
	}
	f.caseID = id
	found, coverage, refused, err := a.searchLogs(ctx, f, wanted, args)
	if err != nil {
		return found, coverage, err
	}
	return found, coverage, w.RecordSightings(ctx, id, args, refused, found, coverage)
}
