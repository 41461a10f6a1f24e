package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/server"
	"clew/internal/telemetry"
	"clew/internal/telemetry/index"
	"clew/internal/telemetry/logfile"
	"clew/internal/telemetry/match"
	"clew/internal/words"
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
	Expired   int           `json:"expired"` // parts of logs
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
	cmd.Flags().IntVar(&keep, "keep", 0, "forget what was written to logs more than this many days ago (0: keep all)")
	cmd.Flags().IntVar(&workers, "workers", 2, "logs read at once")
	return cmd
}

// updateIndex indexes what is new below paths, merges, and forgets what is old.
func (a *app) updateIndex(ctx context.Context, store *index.Store, paths []string, keep, workers int, before func(*index.Fresh) error) (indexLine, error) {
	line := indexLine{Failed: []string{}, At: instant(a.clock())}
	inputs, skipped := logfile.Find(paths)
	oldest := time.Time{}
	if keep > 0 {
		oldest = a.clock().UTC().Truncate(24*time.Hour).AddDate(0, 0, -keep) // whole days: what is forgotten is written anew once a day
	}
	var logs []index.Log
	for _, in := range inputs {
		if !in.ModTime.Before(oldest) {
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
		if line.Expired, err = store.Expire(ctx, oldest); err != nil {
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
		words.Count(line.Files, "log"), megabytes(line.Bytes), line.Unchanged, megabytes(line.Index), megabytes(line.Text), share)
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
	var inquiry investigation.Inquiry
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
	inquiry = indexInquiry(wanted, found, answer)
	fmt.Fprintf(a.stderr, "%s; %s read\n", inquiry.Note, megabytes(answer.Read))
	return found, inquiry, nil
}

// indexInquiry says what silence of the index rests on, and for which indicators
// it means nothing.
func indexInquiry(wanted []match.Indicator, found *telemetry.Findings, answer index.Answer) investigation.Inquiry {
	inquiry := investigation.Inquiry{Where: "telemetry index", Unanswered: map[int]string{}}
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
	inquiry.Note = fmt.Sprintf("%s of text in %s, last written %s to %s, looked up in the index", megabytes(answer.Bytes), words.Count(answer.Files, "log"), minute(answer.First), minute(answer.Last))
	return inquiry
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
