package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/server"
	"clew/internal/watch"
)

func (a *app) watchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "watch", Short: "Investigations that are run again on a schedule, and tell only what is new", Args: cobra.NoArgs,
		Long: `A watch goes on with one case: it asks again what is no longer fresh, within its own
budget, and tells new members, new addresses of known names and new sightings to
recipients of the escalation section of config.yaml. clew serve and clew worker run
what is due; clew watch run does it here and now.`,
		Example: "  clew watch add operator-x evil.example --every 6h --to soc\n  clew watch list",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.watchAdd(), a.watchList(), a.watchShow(), a.watchRun(), a.watchChange(), a.watchPause(), a.watchRemove())
	return cmd
}

func (a *app) watchAdd() *cobra.Command {
	var ask server.WatchAsk
	cmd := &cobra.Command{
		Use: "add NAME [INDICATOR...]", Short: "Save an investigation that is run again",
		Long: `Saves a watch for indicators, whose first run opens a case, or for a case (--case).
The first run finds what is known at the beginning and tells nothing. Schedules are
"every 6h", "daily 07:00 ZONE" or "cron M H DOM MON DOW ZONE", with the zone named;
runs are spread over some minutes, and what was missed is run once.`,
		Example: `  clew watch add operator-x evil.example --every 6h --to soc
  clew watch add operator-x --case 4f2a --schedule 'daily 07:00 Europe/Berlin' --to soc,duty --budget 50
  clew watch add weekdays evil.example --schedule 'cron 0 7 * * 1-5 UTC' --band high`,
		Args: cobra.MinimumNArgs(1),
	}
	f := cmd.Flags()
	f.StringVar(&ask.Case, "case", "", "go on with this case")
	f.StringVar(&ask.Schedule, "schedule", "", "when it is run")
	every := f.Duration("every", 0, "the same as --schedule 'every …'")
	f.StringVar(&ask.Band, "band", "medium", "the least band of a finding that is news: high, medium, low")
	f.StringSliceVar(&ask.To, "to", nil, "recipients of config.yaml; without any, news go into the case record alone")
	f.StringVar(&ask.Scope, "scope", "hunt", "of a new case: live or hunt")
	a.askFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if ask.Schedule == "" && *every > 0 {
			ask.Schedule = "every " + every.String()
		}
		ask.Name, ask.Indicators, ask.Offline = args[0], args[1:], a.offline
		changed := cmd.Flags().Changed
		if changed("tlp") {
			ask.TLP = a.tlp
		}
		if changed("pap") {
			ask.PAP = a.pap
		}
		if changed("budget") {
			ask.Budget = a.budget
		}
		if changed("depth") {
			ask.Depth = a.depth
		}
		if changed("max-holders") {
			ask.MaxHolders = a.maxHolders
		}
		return a.withWatches(false, func(w *server.Worker) error {
			saved, err := w.SaveWatch(cmd.Context(), ask)
			if err != nil {
				return asUsage(err)
			}
			if a.json {
				return encode(a.stdout, saved)
			}
			fmt.Fprintf(a.stdout, "%s: saved; %s, first run at %s\n", terminalSafe(saved.Name), saved.Schedule, saved.Due)
			fmt.Fprintln(a.stderr, "clew serve or clew worker runs it when it is due; here and now: clew watch run", terminalSafe(saved.Name))
			return nil
		})
	}
	return cmd
}

// asUsage takes what a user can mend for a mistake in the command line.
func asUsage(err error) error {
	if errors.As(err, new(server.Refused)) || errors.Is(err, watch.ErrSchedule) || errors.Is(err, watch.ErrInvalid) {
		return usageError{err}
	}
	return err
}

// withWatches lends a worker, which takes jobs where working.
func (a *app) withWatches(working bool, do func(*server.Worker) error) error {
	own := *a
	work := server.Work{Slots: 1, NoSchedule: true, Log: a.logger}
	closeBook, err := own.withUsers(context.Background(), &work)
	if err != nil {
		return err
	}
	defer closeBook()
	own.connectors() // read once, before jobs run side by side
	w, err := server.NewWorker(server.Options{Core: core{&own}, Version: version(), Clock: a.clock, Work: work})
	if err != nil {
		return err
	}
	if working {
		if err := w.Start(context.Background()); err != nil {
			return errors.Join(err, w.Close())
		}
	}
	err = do(w)
	if working {
		w.Stop(0)
	}
	return errors.Join(err, w.Close())
}

func (a *app) watchList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "All watches, by name", Args: cobra.NoArgs, Example: "  clew watch list\n  clew watch list --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withSaved(func(s *watch.Store) error {
				list, err := s.List(cmd.Context())
				if err != nil {
					return err
				}
				return a.printTo(func(out io.Writer) error {
					if a.json {
						return encodeLines(out, list)
					}
					if len(list) == 0 {
						fmt.Fprintln(out, "No watch yet. Save one with: clew watch add NAME INDICATOR --every 6h")
						return nil
					}
					table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
					fmt.Fprintln(table, "NAME\tSTATE\tDUE\tSCHEDULE\tCASE\tTELLS\tLAST NEWS")
					for _, w := range list {
						fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", terminalSafe(w.Name), stateOf(w), w.Due, terminalSafe(w.Schedule), terminalSafe(w.Case),
							orDash(strings.Join(w.To, ", ")), newsOf(w))
					}
					return table.Flush()
				})
			})
		},
	}
}

func stateOf(w watch.Watch) string {
	switch {
	case w.Paused:
		return "paused"
	case w.Failures > 0:
		return fmt.Sprintf("failed %d times", w.Failures)
	case !w.Settled:
		return "new"
	}
	return "watching"
}

func newsOf(w watch.Watch) string {
	if w.LastNews == nil {
		return "-"
	}
	return fmt.Sprintf("%s: %s", w.LastNews.Ended, w.LastNews.Words())
}

// withSaved lends the store of watches.
func (a *app) withSaved(do func(*watch.Store) error) error {
	w, err := a.workspace(investigation.Needs{Watches: true})
	if err != nil {
		return err
	}
	return errors.Join(do(w.Watches), w.Close())
}

// withWatch lends the store, and the watch of that name.
func (a *app) withWatch(ctx context.Context, name string, do func(*watch.Store, watch.Watch) error) error {
	return a.withSaved(func(s *watch.Store) error {
		w, err := s.Get(ctx, name)
		if err != nil {
			return err
		}
		return do(s, w)
	})
}

func (a *app) watchShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "A watch, and what its runs found and told", Args: cobra.ExactArgs(1),
		Example: "  clew watch show operator-x\n  clew watch show operator-x --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withWatch(cmd.Context(), args[0], func(s *watch.Store, w watch.Watch) error {
				runs, err := s.Runs(cmd.Context(), w.ID)
				if err != nil {
					return err
				}
				return a.printTo(func(out io.Writer) error {
					if a.json {
						return encode(out, server.WatchHistory{Watch: w, Runs: append([]watch.Round{}, runs...)})
					}
					return printWatch(out, w, runs)
				})
			})
		},
	}
}

func printWatch(out io.Writer, w watch.Watch, runs []watch.Round) error {
	fmt.Fprintf(out, "%s  %s, %s\n  case %s, news from %s confidence up, to %s\n  next run %s\n", terminalSafe(w.Name), stateOf(w), terminalSafe(w.Schedule),
		terminalSafe(w.Case), w.Band, orDash(strings.Join(w.To, ", ")), w.Due)
	if w.Error != "" {
		word := "last failure"
		if w.LastRun != nil && w.LastRun.State == watch.RunWaiting {
			word = "waits"
		}
		fmt.Fprintf(out, "  %s: %s\n", word, casefile.Prose(w.Error))
	}
	for _, r := range runs {
		fmt.Fprintf(out, "%s  %s", r.Ended, r.State)
		if r.Error != "" {
			fmt.Fprintf(out, ": %s", casefile.Prose(r.Error))
		}
		fmt.Fprintln(out)
		for _, n := range r.News {
			fmt.Fprintf(out, "  new %s: %s\n", n.What, casefile.Prose(n.Says))
		}
		for _, t := range r.Told {
			fmt.Fprintf(out, "  %s: %s %s\n", terminalSafe(t.To), t.State, casefile.Prose(t.Said))
		}
	}
	return nil
}

func (a *app) watchRun() *cobra.Command {
	cmd := &cobra.Command{
		Use: "run NAME", Short: "Run a watch now", Args: cobra.ExactArgs(1),
		Long:    "Runs a watch beside its schedule, here or in a worker that takes it up first, and\nshows what came of it.",
		Example: "  clew watch run operator-x",
		RunE: func(cmd *cobra.Command, args []string) error {
			var run server.Run
			err := a.withWatches(true, func(w *server.Worker) (err error) {
				run, err = w.RunWatch(cmd.Context(), args[0])
				return err
			})
			if err != nil {
				return err
			}
			return a.withWatch(cmd.Context(), args[0], func(s *watch.Store, w watch.Watch) error {
				runs, err := s.Runs(cmd.Context(), w.ID)
				if err != nil {
					return err
				}
				for _, r := range runs {
					if r.Job != run.ID {
						continue
					}
					if a.json {
						err = encode(a.stdout, r)
					} else {
						err = printWatch(a.stdout, w, []watch.Round{r})
					}
				}
				if run.Error != "" {
					err = errors.Join(err, errors.New(run.Error))
				}
				return err
			})
		},
	}
	a.listsFlag(cmd.Flags())
	cmd.Flags().BoolVar(&a.offline, "offline", false, "ask nobody, whatever the watch says")
	cmd.Flags().StringVar(&a.replay, "replay", "", "answer from recorded replies: a folder with index.json, or a case bundle")
	a.model.add(cmd)
	return cmd
}

func (a *app) watchChange() *cobra.Command {
	var schedule, band string
	var every time.Duration
	var to []string
	cmd := &cobra.Command{
		Use: "change NAME", Short: "Change when a watch is run, within which bounds, and who hears of it", Args: cobra.ExactArgs(1),
		Long: "Changes what the flags name; the rest stays. A new schedule counts from now, new bounds\nfrom the next run on.",
		Example: `  clew watch change operator-x --every 12h
  clew watch change operator-x --to soc,duty --band high --budget 20`,
	}
	f := cmd.Flags()
	f.StringVar(&schedule, "schedule", "", "when it is run")
	f.DurationVar(&every, "every", 0, "the same as --schedule 'every …'")
	f.StringVar(&band, "band", "", "the least band of a finding that is news: high, medium, low")
	f.StringSliceVar(&to, "to", nil, "recipients of config.yaml; empty: the case record alone")
	f.StringSliceVar(&a.budget, "budget", nil, "requests at most in each run: 200,virustotal=20,shodan=5c; 0 means no limit")
	f.StringVar(&a.pap, "pap", "", "how visible a lookup may be: RED, AMBER, GREEN, CLEAR")
	f.IntVar(&a.depth, "depth", 0, "hops from the seed")
	f.IntVar(&a.maxHolders, "max-holders", 0, "follow no value that more indicators share")
	f.BoolVar(&a.offline, "offline", false, "ask nobody; --offline=false asks again")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if every > 0 {
			schedule = "every " + every.String()
		}
		var c server.WatchChange
		c.Schedule, c.Band, c.To = named(cmd, schedule, "schedule", "every"), named(cmd, band, "band"), named(cmd, to, "to")
		c.Budget, c.PAP, c.Offline = named(cmd, a.budget, "budget"), named(cmd, a.pap, "pap"), named(cmd, a.offline, "offline")
		c.Depth, c.MaxHolders = named(cmd, a.depth, "depth"), named(cmd, a.maxHolders, "max-holders")
		if c == (server.WatchChange{}) {
			return usagef("nothing to change: name it by a flag, such as --every 12h")
		}
		return a.withWatches(false, func(w *server.Worker) error {
			changed, err := w.ChangeWatch(cmd.Context(), args[0], c)
			if err != nil {
				return asUsage(err)
			}
			if a.json {
				return encode(a.stdout, changed)
			}
			return printWatch(a.stdout, changed, nil)
		})
	}
	return cmd
}

// named is what one of some flags says, nil where none was given.
func named[T any](cmd *cobra.Command, value T, flags ...string) *T {
	if slices.ContainsFunc(flags, cmd.Flags().Changed) {
		return &value
	}
	return nil
}

func (a *app) watchPause() *cobra.Command {
	var resume bool
	cmd := &cobra.Command{
		Use: "pause NAME", Short: "Leave a watch alone, or go on with it (--resume)", Args: cobra.ExactArgs(1),
		Example: "  clew watch pause operator-x\n  clew watch pause operator-x --resume",
		RunE: func(cmd *cobra.Command, args []string) error {
			paused := !resume
			return a.withWatches(false, func(w *server.Worker) error {
				changed, err := w.ChangeWatch(cmd.Context(), args[0], server.WatchChange{Paused: &paused})
				if err != nil {
					return asUsage(err)
				}
				fmt.Fprintf(a.stderr, "%s: %s\n", terminalSafe(changed.Name), stateOf(changed))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&resume, "resume", false, "go on with it, from now")
	return cmd
}

func (a *app) watchRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Forget a watch; its case, and what was told, stay in the record", Args: cobra.ExactArgs(1),
		Example: "  clew watch remove operator-x",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withWatch(cmd.Context(), args[0], func(s *watch.Store, w watch.Watch) error {
				return s.Remove(cmd.Context(), w.ID)
			})
		},
	}
}
