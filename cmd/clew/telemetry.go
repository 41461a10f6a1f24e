package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/observable"
	"clew/internal/server"
	"clew/internal/telemetry"
	"clew/internal/telemetry/index"
	"clew/internal/telemetry/logfile"
	"clew/internal/telemetry/match"
)

func (a *app) telemetryCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "telemetry", Short: "An index over months of your logs: index, lookup, watch",
		Long: `Keeps an index of which blocks of your logs hold which names, addresses and
hashes, about one thirtieth of their size, in the data directory. An indicator
that becomes known today is looked up in months of logs in milliseconds; only the
blocks that the index names are read again, by the same readers as clew hunt.`,
		Example: `  clew telemetry index /var/log/zeek --keep 90
  clew telemetry lookup evil.example 203.0.113.0/28
  clew telemetry watch /var/log/zeek     index as logs grow, and say what open cases are in them`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.telemetryIndex(), a.telemetryLookup(), a.telemetryWatch())
	return cmd
}

// openIndex opens the index of the data directory.
func (a *app) openIndex(write bool) (*index.Store, error) {
	dir, err := a.dataDir()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "telemetry")
	if _, err := os.Stat(path); err != nil && !write {
		return nil, usagef("there is no index yet\n  make one with: clew telemetry index DIR")
	}
	store, err := index.Open(path, write)
	if err != nil {
		return nil, err
	}
	for _, err := range store.Damaged {
		fmt.Fprintf(a.stderr, "clew: left out: %s\n", oneLine(err.Error()))
	}
	return store, nil
}

// indexLine is the summary of an update, one JSON object.
type indexLine struct {
	Files     int           `json:"files"` // read: new or grown
	Unchanged int           `json:"unchanged"`
	Bytes     int64         `json:"bytes"` // of text read
	Failed    []string      `json:"failed"`
	Expired   int           `json:"expired"` // segments
	Index     int64         `json:"index_bytes"`
	Text      int64         `json:"text_bytes"` // covered in all
	At        casefile.Time `json:"at"`
}

func (a *app) telemetryIndex() *cobra.Command {
	var keep, workers int
	cmd := &cobra.Command{
		Use: "index DIR...", Short: "Bring the index up to date with logs", Args: cobra.MinimumNArgs(1),
		Long: `Reads new logs, and grown ones from where they were left. May be interrupted and
killed at any moment: what is there is whole, and the next run goes on.`,
		Example: "  clew telemetry index /var/log/zeek /var/log/squid --keep 90",
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := a.openIndex(true)
			if err != nil {
				return err
			}
			defer store.Close() //nolint:errcheck // segments are synced when written
			line, err := a.updateIndex(cmd.Context(), store, args, keep, workers, nil)
			if err != nil {
				return err
			}
			if err := a.printTo(func(w io.Writer) error { return a.printIndexLine(w, line) }); err != nil {
				return err
			}
			if len(line.Failed) > 0 {
				return partial{"not indexed: " + line.Failed[0]}
			}
			return nil
		},
	}
	cmd.Flags().IntVar(&keep, "keep", 0, "forget logs last written more than this many days ago (0: keep all)")
	cmd.Flags().IntVar(&workers, "workers", 2, "logs read at once")
	return cmd
}

// updateIndex indexes what is new below paths, merges, and forgets what is old.
func (a *app) updateIndex(ctx context.Context, store *index.Store, paths []string, keep, workers int, before func(*index.Fresh) error) (indexLine, error) {
	line := indexLine{Failed: []string{}, At: instant(a.clock())}
	inputs, skipped := logfile.Find(paths)
	oldest := time.Time{}
	if keep > 0 {
		oldest = a.clock().AddDate(0, 0, -keep)
	}
	var logs []index.Log
	for _, in := range inputs {
		if in.ModTime.After(oldest) {
			logs = append(logs, index.Log{Path: in.Path, Size: in.Size, ModTime: in.ModTime})
		}
	}
	sum, err := store.Update(ctx, logs, index.Options{Reader: telemetry.Reader{}, Workers: workers, Before: before})
	line.Files, line.Unchanged, line.Bytes = sum.Files, sum.Unchanged, sum.Bytes
	for _, err := range append(skipped, sum.Failed...) {
		line.Failed = append(line.Failed, err.Error())
	}
	if err != nil {
		return line, err
	}
	if _, err := store.Merge(ctx); err != nil {
		return line, err
	}
	if keep > 0 {
		if line.Expired, err = store.Expire(oldest); err != nil {
			return line, err
		}
	}
	line.Index, line.Text = store.Size()
	return line, nil
}

func (a *app) printIndexLine(w io.Writer, line indexLine) error {
	if a.json {
		return encodeLines(w, []indexLine{line})
	}
	share := 0.0
	if line.Text > 0 {
		share = 100 * float64(line.Index) / float64(line.Text)
	}
	_, err := fmt.Fprintf(w, "%s read (%s), %d unchanged; the index is %s over %s of logs, %.1f %%\n",
		plural(uint64(line.Files), "log"), megabytes(line.Bytes), line.Unchanged, megabytes(line.Index), megabytes(line.Text), share)
	return err
}

func (a *app) telemetryLookup() *cobra.Command {
	var f huntFlags
	cmd := &cobra.Command{
		Use: "lookup [INDICATOR...]", Short: "Which indexed logs hold these indicators, and where",
		Long: `Looks indicators up in the index, reads the blocks that it names, and says what
clew hunt would say of them. Packed logs are read again as a whole. Exit codes are
those of clew hunt.`,
		Example: `  clew telemetry lookup evil.example --lines
  clew telemetry lookup --indicators iocs.txt --json
  clew telemetry lookup --case 2026-11-23-evil-example-4f2a`,
		Args: func(_ *cobra.Command, args []string) error {
			if named := btoi(len(args) > 0) + btoi(f.indicators != "") + btoi(f.caseID != ""); named != 1 {
				return usagef("name what to look up: indicators, --indicators FILE, or --case ID")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.lookup(cmd.Context(), f, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.caseID, "case", "", "look up the findings of this case, and write what was seen into its record")
	flags.StringVar(&f.indicators, "indicators", "", "look up these: a STIX bundle, a MISP event, CSV, JSON Lines, or one a line")
	flags.BoolVar(&f.lines, "lines", false, "print every hit, with its record")
	flags.StringSliceVar(&f.networks, "internal", nil, "addresses that are ours, beside the private ones")
	flags.DurationVar(&f.slack, "slack", telemetry.DefaultSlack, "how long before and after its window a hit still counts as inside")
	flags.StringVar(&a.since, "since", "", "leave out records before this day")
	flags.StringVar(&a.until, "until", "", "leave out records after this day")
	return cmd
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (a *app) lookup(ctx context.Context, f huntFlags, args []string) error {
	store, err := a.openIndex(false)
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // nothing was written
	if f.caseID == "" {
		var wanted []match.Indicator
		for _, arg := range args {
			v, err := indicator(arg)
			if err != nil {
				return err
			}
			wanted = append(wanted, match.Indicator{Value: v})
		}
		if f.indicators != "" {
			if wanted, err = a.readIndicators(f); err != nil {
				return err
			}
		}
		found, inquiry, err := a.askIndex(ctx, f, store, wanted)
		if err != nil {
			return err
		}
		return a.finishInquiry(found, inquiry)
	}
	return a.withCase(ctx, f.caseID, func(w *investigation.Workspace, id string) error {
		wanted, err := w.Wanted(ctx, id)
		if err != nil {
			return err
		}
		found, inquiry, err := a.askIndex(ctx, f, store, wanted)
		if err != nil {
			return err
		}
		if err := w.RecordInquiry(ctx, id, inquiry, found); err != nil {
			return err
		}
		return a.finishInquiry(found, inquiry)
	})
}

// askIndex looks up, prints what was seen, and says what silence rests on.
func (a *app) askIndex(ctx context.Context, f huntFlags, store *index.Store, wanted []match.Indicator) (*telemetry.Findings, investigation.Inquiry, error) {
	inquiry := investigation.Inquiry{Where: "telemetry index", Unanswered: map[int]string{}}
	o, err := a.options(f, wanted)
	if err != nil {
		return nil, inquiry, err
	}
	found := telemetry.NewFindings(wanted)
	var answer index.Answer
	err = a.printSightings(f, found, func(emit func(telemetry.Sighting) error) error {
		answer, err = store.Search(ctx, o, emit)
		return err
	})
	if err != nil {
		return found, inquiry, err
	}
	for _, r := range answer.Refused {
		inquiry.Unanswered[r.Indicator] = "not looked for: " + r.Reason
	}
	for _, i := range answer.Unanswered {
		inquiry.Unanswered[i] = fmt.Sprintf("%s cannot be asked of an index (ranges of more than %d addresses, and what is no name, address or hash): search the logs with clew hunt", forPeople(wanted[i].Value), match.MaxRange)
	}
	for _, why := range append(answer.Missing, gone(answer.Gone)...) {
		for i := range wanted {
			if found.Of(i) == nil && inquiry.Unanswered[i] == "" {
				inquiry.Unanswered[i] = why
			}
		}
	}
	if answer.Files == 0 {
		for i := range wanted {
			inquiry.Unanswered[i] = "the index covers no log"
		}
	}
	inquiry.From, inquiry.To = answer.First, answer.Last
	inquiry.Note = fmt.Sprintf("%s of text in %s, last written %s to %s, looked up in the index", megabytes(answer.Bytes), plural(uint64(answer.Files), "log"), minute(answer.First), minute(answer.Last))
	fmt.Fprintf(a.stderr, "%s; %s read\n", inquiry.Note, megabytes(answer.Read))
	return found, inquiry, nil
}

func gone(paths []string) (all []string) {
	for _, path := range paths {
		all = append(all, path+": named by the index, and no longer there")
	}
	return all
}

// telemetryIndexOf says what an index covers.
func telemetryIndexOf(store *index.Store) server.TelemetryIndex {
	covered := store.Coverage()
	out := server.TelemetryIndex{Logs: covered.Files, Segments: store.Segments(), First: instant(covered.First), Last: instant(covered.Last), Missing: append([]string{}, covered.Missing...)}
	out.Index, out.Text = store.Size()
	return out
}

func (a *app) telemetryWatch() *cobra.Command {
	var keep, workers int
	var every time.Duration
	var once bool
	var f huntFlags
	cmd := &cobra.Command{
		Use: "watch DIR...", Short: "Index logs as they grow, and say what findings of cases are in them", Args: cobra.MinimumNArgs(1),
		Long: `Indexes new and growing logs as they come, until interrupted. What is new in the
logs is matched with the findings of every case, and what is new among the findings
is looked up in all that is indexed: either way each hit is printed once, as clew
hunt --lines or --json prints it. A hit is told before its log counts as indexed,
so a crash repeats an alert rather than losing one. With -o hits are added to the
end of the file.`,
		Example: "  clew telemetry watch /var/log/zeek --keep 90 --json | logger -t clew",
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := a.openIndex(true)
			if err != nil {
				return err
			}
			defer store.Close() //nolint:errcheck // segments are synced when written
			w, err := a.workspace(investigation.Needs{Cases: true})
			if err != nil {
				return err
			}
			defer w.Close() //nolint:errcheck // nothing was written
			f.lines = true
			toFile := *a
			if a.output != "" && a.output != "-" { // a hit is kept at once, and beside those of other rounds
				file, err := os.OpenFile(a.output, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
				if err != nil {
					return usageError{err}
				}
				defer file.Close() //nolint:errcheck // each hit was written, or said not to be
				toFile.output, toFile.stdout = "", file
			}
			watch := watcher{app: &toFile, store: store, cases: w, flags: f, keep: keep, workers: workers, paths: args}
			for {
				if err := watch.round(cmd.Context()); err != nil {
					return err
				}
				if once {
					return nil
				}
				timer := time.NewTimer(every)
				select {
				case <-cmd.Context().Done():
					timer.Stop()
					return nil
				case <-timer.C:
				}
			}
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&keep, "keep", 0, "forget logs last written more than this many days ago (0: keep all)")
	flags.IntVar(&workers, "workers", 1, "logs read at once")
	flags.DurationVar(&every, "every", 5*time.Second, "how long to wait between looks")
	flags.BoolVar(&once, "once", false, "look once and end: for a timer of your own")
	flags.StringSliceVar(&f.networks, "internal", nil, "addresses that are ours, beside the private ones")
	flags.DurationVar(&f.slack, "slack", telemetry.DefaultSlack, "how long before and after its window a hit still counts as inside")
	return cmd
}

// A watcher looks at logs and cases, one round after the other.
type watcher struct {
	*app
	store         *index.Store
	cases         *investigation.Workspace
	flags         huntFlags
	keep, workers int
	paths         []string

	printing sync.Mutex // one segment's hits at a time: workers finish them as they come
}

// round looks up new findings in what is indexed, then indexes what is new and
// matches it with all findings.
func (w *watcher) round(ctx context.Context) error {
	wanted, err := w.wanted(ctx)
	if err != nil {
		return err
	}
	known, err := w.known()
	if err != nil {
		return err
	}
	var fresh []match.Indicator
	for _, i := range wanted {
		if !known[i.Value.String()] {
			fresh = append(fresh, i)
		}
	}
	if len(fresh) > 0 {
		if err := w.alert(ctx, fresh, w.store.Search); err != nil {
			return err
		}
		if err := w.remember(fresh); err != nil {
			return err
		}
	}
	line, err := w.updateIndex(ctx, w.store, w.paths, w.keep, w.workers, func(segment *index.Fresh) error {
		return w.alert(ctx, wanted, segment.Search)
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	for _, failed := range line.Failed {
		fmt.Fprintf(w.stderr, "clew: not indexed: %s\n", oneLine(failed))
	}
	return nil
}

// wanted returns the findings of every case, each value once.
func (w *watcher) wanted(ctx context.Context) ([]match.Indicator, error) {
	list, err := casefile.List(ctx, w.cases.Cases)
	if err != nil {
		return nil, err
	}
	seen := map[observable.Value]bool{}
	var all []match.Indicator
	for _, c := range list {
		wanted, err := w.cases.Wanted(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		for _, i := range wanted {
			if !seen[i.Value] {
				seen[i.Value] = true
				i.Label = c.ID + " " + i.Label
				all = append(all, i)
			}
		}
	}
	return all, nil
}

func (w *watcher) alert(ctx context.Context, wanted []match.Indicator, search func(context.Context, telemetry.Options, func(telemetry.Sighting) error) (index.Answer, error)) error {
	if len(wanted) == 0 {
		return nil
	}
	o, err := w.options(w.flags, wanted)
	if err != nil {
		return err
	}
	w.printing.Lock()
	defer w.printing.Unlock()
	return w.printTo(func(out io.Writer) error {
		answer, err := search(ctx, o, func(s telemetry.Sighting) error {
			if w.json {
				return encodeLines(out, []server.Hit{server.HitOf(wanted[s.Indicator], s)})
			}
			return printHit(out, wanted[s.Indicator], s)
		})
		for _, missing := range append(answer.Missing, gone(answer.Gone)...) {
			fmt.Fprintf(w.stderr, "clew: not checked: %s\n", oneLine(missing))
		}
		return err
	})
}
