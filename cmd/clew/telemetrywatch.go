package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/investigation"
	"clew/internal/server"
	"clew/internal/telemetry"
	"clew/internal/telemetry/index"
)

func (a *app) telemetryWatch() *cobra.Command {
	var keep, workers int
	var every time.Duration
	var once, silent bool
	var f huntFlags
	cmd := &cobra.Command{
		Use: "watch DIR...", Short: "Index logs as they grow, and say what findings of cases are in them", Args: cobra.MinimumNArgs(1),
		Long: `Indexes new and growing logs as they come, until interrupted. What is new in the
logs is matched with the findings of every case, and what is new among the findings
is looked up in all that is indexed. Either way each hit is printed once a case, as
clew hunt --lines or --json prints it, the sightings go into the record of the case,
and what the escalation rules say of it goes to the recipients of config.yaml, as
clew escalate does it. A hit is told before its log counts as indexed, so a crash
repeats an alert rather than losing one; a delivery that failed is tried again,
after a minute at first, then less and less often. With -o hits are added to the
end of the file.`,
		Example: "  clew telemetry watch /var/log/zeek --keep 90 --json | logger -t clew",
		RunE: func(cmd *cobra.Command, args []string) error {
			if !silent {
				if err := a.canTell(); err != nil {
					return err
				}
			}
			store, err := a.openIndex(true)
			if err != nil {
				return err
			}
			defer store.Close() //nolint:errcheck // segments are synced when written
			w, err := a.workspace(investigation.Needs{Cases: true})
			if err != nil {
				return err
			}
			defer w.Close() //nolint:errcheck // what matters was acknowledged before
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
			watch := newWatcher(&toFile, store, w, args)
			watch.flags, watch.keep, watch.workers, watch.silent = f, keep, workers, silent
			return watch.run(cmd.Context(), every, once)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&keep, "keep", 0, "forget what was written to logs more than this many days ago (0: keep all)")
	flags.IntVar(&workers, "workers", 1, "logs read at once")
	flags.DurationVar(&every, "every", 5*time.Second, "how long to wait between looks")
	flags.BoolVar(&once, "once", false, "look once and end: for a timer of your own")
	flags.BoolVar(&silent, "print-only", false, "only print: write into no record, and tell no recipient")
	flags.StringSliceVar(&f.networks, "internal", nil, "addresses that are ours, beside the private ones")
	flags.DurationVar(&f.slack, "slack", telemetry.DefaultSlack, "how long before and after its window a hit still counts as inside")
	return cmd
}

// canTell says before anything is watched what is wrong with rules and recipients.
func (a *app) canTell() error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	if _, err := a.escalationRules(s); err != nil {
		return err
	}
	_, err = a.recipients(s, nil)
	return err
}

// A watcher looks at logs and cases, one round after the other.
type watcher struct {
	*app
	store         *index.Store
	cases         *investigation.Workspace
	flags         huntFlags
	keep, workers int
	paths         []string
	silent        bool
	each          func(line indexLine, untold string) // what each round came to; may be nil

	sought map[string]soughtCase // by case: what is looked for of it
	again  map[string]attempt    // by case: when to tell again whom it could not be told
	due    watchDue

	alerting sync.Mutex // guards printing and due: workers finish segments as they come
}

func newWatcher(a *app, store *index.Store, cases *investigation.Workspace, paths []string) *watcher {
	return &watcher{app: a, store: store, cases: cases, paths: paths, sought: map[string]soughtCase{}, again: map[string]attempt{}}
}

func (w *watcher) run(ctx context.Context, every time.Duration, once bool) error {
	if err := w.loadDue(); err != nil {
		return err
	}
	for {
		untold, err := w.round(ctx)
		switch {
		case err != nil:
			return err
		case once && untold != "":
			return partial{"not delivered: " + untold + "; the record has it, and the next run tries again"}
		case once:
			return nil
		}
		timer := time.NewTimer(every)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// round indexes what is new in the logs and matches it with the findings that
// were looked up before, then looks up those that are new; so each hit is told
// once. untold says what a recipient did not take.
func (w *watcher) round(ctx context.Context) (untold string, err error) {
	all, err := w.wanted(ctx)
	if err != nil {
		return "", err
	}
	looked, err := w.looked()
	if err != nil {
		return "", err
	}
	var known, fresh wantedOf
	for _, one := range all {
		if looked[one.key()] {
			known = append(known, one)
		} else {
			fresh = append(fresh, one)
		}
	}
	line, err := w.updateIndex(ctx, w.store, w.paths, w.keep, w.workers, func(segment *index.Fresh) error {
		_, _, err := w.search(ctx, known, segment.Search, func(sought) bool { return true })
		return err
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		return "", err
	}
	for _, failed := range line.Failed {
		fmt.Fprintf(w.stderr, "clew: not indexed: %s\n", oneLine(failed))
	}
	if ctx.Err() != nil {
		return "", nil
	}
	if err := w.record(ctx, fresh, known); err != nil {
		return "", err
	}
	untold, err = w.tellDue(ctx)
	if w.each != nil && err == nil {
		w.each(line, untold)
	}
	return untold, err
}

// record looks up what is new among the findings, and again what was met in new
// logs, in all that is indexed; and writes what that comes to into the cases.
func (w *watcher) record(ctx context.Context, fresh, known wantedOf) error {
	isNew := map[string]bool{}
	for _, one := range fresh {
		isNew[one.key()] = true
	}
	list := fresh
	for _, one := range known {
		if w.due.met(one) {
			list = append(list, one)
		}
	}
	if len(list) == 0 {
		return w.forgetMet()
	}
	found, answer, err := w.search(ctx, list, w.store.Search, func(one sought) bool { return isNew[one.key()] })
	if err != nil {
		return err
	}
	if err := w.remember(fresh); err != nil || w.silent {
		return err
	}
	inquiry := indexInquiry(list.indicators(), found, answer)
	for _, id := range list.cases() {
		part := list.of(id)
		seen := found.Only(part)
		if answer.Files > 0 {
			if err := w.cases.RecordInquiry(ctx, id, inquiry.Only(part), seen); err != nil {
				return err
			}
		}
		if err := w.recorded(id, seen.Seen()); err != nil {
			return err
		}
	}
	return w.forgetMet()
}

// search prints the hits that show wants, notes which findings were met, and
// returns what all of them come to.
func (w *watcher) search(ctx context.Context, list wantedOf, search func(context.Context, telemetry.Options, func(telemetry.Sighting) error) (index.Answer, error), show func(sought) bool) (*telemetry.Findings, index.Answer, error) {
	wanted := list.indicators()
	found := telemetry.NewFindings(wanted)
	if len(wanted) == 0 {
		return found, index.Answer{}, nil
	}
	o, err := w.options(w.flags, wanted)
	if err != nil {
		return nil, index.Answer{}, err
	}
	w.alerting.Lock()
	defer w.alerting.Unlock()
	var answer index.Answer
	err = w.printTo(func(out io.Writer) (err error) {
		answer, err = search(ctx, o, func(s telemetry.Sighting) error {
			found.Add(s)
			one := list[s.Indicator]
			if !show(one) {
				return nil
			}
			if s.Verdict != telemetry.Worthless {
				if err := w.meet(one); err != nil {
					return err
				}
			}
			if w.json {
				return encodeLines(out, []server.Hit{server.HitOf(one.Indicator, s)})
			}
			if _, err := fmt.Fprintf(out, "%s: ", one.Label); err != nil {
				return err
			}
			return printHit(out, one.Indicator, s)
		})
		for _, missing := range append(answer.Missing, gone(answer.Gone)...) {
			fmt.Fprintf(w.stderr, "clew: not checked: %s\n", oneLine(missing))
		}
		return err
	})
	return found, answer, err
}
