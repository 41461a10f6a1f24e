package main

import (
	"context"
	"encoding/json"
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
	"clew/internal/job"
	"clew/internal/job/sqlite"
	"clew/internal/words"
)

func (a *app) jobCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "job", Short: "Work that servers took up: what runs, what waits, what failed", Args: cobra.NoArgs,
		Long: `Jobs are the investigations, pivots, imports and searches of logs that were started
on the page or over the API. They lie in the data directory, or in the team's
database where one is set, and outlive servers and workers.`,
		Example: "  clew job list\n  clew job cancel 9f86d081884c7d65",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.jobList(), a.jobShow(),
		a.jobChange("cancel", "End a job: at once where it waits, when its worker hears of it where it runs", "What it found stays in its case, which can be continued.",
			func(ctx context.Context, s *job.Store, id string) (job.Job, error) { return s.Cancel(ctx, id) }),
		a.jobChange("retry", "Take up again a job that was interrupted or failed", "It goes on from the record of its case: nothing is asked twice.",
			func(ctx context.Context, s *job.Store, id string) (job.Job, error) { return s.Retry(ctx, id) }))
	return cmd
}

// jobLine is a job as clew job list --json prints it.
type jobLine struct {
	ID      string        `json:"id"`
	Kind    string        `json:"kind"`
	State   string        `json:"state"`
	Case    string        `json:"case"`
	Actor   string        `json:"actor"`
	Worker  string        `json:"worker"`
	Queue   string        `json:"queue"`
	Attempt int           `json:"attempt"`
	Deaths  int           `json:"deaths"`
	Created casefile.Time `json:"created"`
	Started casefile.Time `json:"started"`
	Ended   casefile.Time `json:"ended"`
	Error   string        `json:"error"`
}

func jobLineOf(j job.Job) jobLine {
	at := func(t time.Time) casefile.Time { return casefile.Time{Time: t.Truncate(time.Second)} }
	state := string(j.State)
	if j.Cancelling && !j.State.Over() {
		state = "cancelling"
	}
	return jobLine{
		ID: j.ID, Kind: j.Kind, State: state, Case: j.Case, Actor: j.Actor, Worker: j.Worker, Queue: j.Queue, Attempt: j.Attempt, Deaths: j.Deaths,
		Created: at(j.Created), Started: at(j.Started), Ended: at(j.Ended), Error: casefile.Printable(j.Error),
	}
}

func (a *app) jobList() *cobra.Command {
	var states []string
	var caseName string
	cmd := &cobra.Command{
		Use: "list", Short: "Jobs, newest first", Args: cobra.NoArgs,
		Example: "  clew job list\n  clew job list --state queued,running\n  clew job list --case 4f2a --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var f job.Filter
			for _, s := range states {
				state := job.State(s)
				if !slices.Contains([]job.State{job.Queued, job.Running, job.Complete, job.Interrupted, job.Failed}, state) {
					return usagef("--state %q: there are queued, running, complete, interrupted, failed", s)
				}
				f.States = append(f.States, state)
			}
			return a.withJobs(func(w *investigation.Workspace) error {
				if caseName != "" {
					id, err := casefile.Resolve(cmd.Context(), w.Cases, caseName)
					if err != nil {
						return err
					}
					f.Case = id
				}
				jobs, err := w.Jobs.List(cmd.Context(), f)
				if err != nil {
					return err
				}
				return a.printJobs(jobs)
			})
		},
	}
	cmd.Flags().StringSliceVar(&states, "state", nil, "only these: queued, running, complete, interrupted, failed")
	cmd.Flags().StringVar(&caseName, "case", "", "only those of this case")
	return cmd
}

func (a *app) printJobs(jobs []job.Job) error {
	lines := make([]jobLine, len(jobs))
	for i, j := range jobs {
		lines[i] = jobLineOf(j)
	}
	return a.printTo(func(out io.Writer) error {
		if a.json {
			return encodeLines(out, lines)
		}
		if len(lines) == 0 {
			fmt.Fprintln(out, "No such job. clew serve and clew worker take up what is asked for over the API and the page.")
			return nil
		}
		table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "JOB\tKIND\tSTATE\tCASE\tBY\tWORKER\tASKED FOR\t")
		for _, l := range lines {
			note := ""
			if l.Error != "" {
				note = strings.ReplaceAll(l.Error, "\n", " ")
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.ID, l.Kind, l.State, terminalSafe(l.Case), terminalSafe(l.Actor), terminalSafe(l.Worker), l.Created.UTC().Format("2006-01-02 15:04:05"), terminalSafe(note))
		}
		return table.Flush()
	})
}

// shownJob is a job as clew job show prints it.
type shownJob struct {
	jobLine
	// Doc is how it stands, as the API tells it; Work what it was asked to do. Neither
	// holds a key.
	Doc  json.RawMessage `json:"doc"`
	Work json.RawMessage `json:"work"`
}

func (a *app) jobShow() *cobra.Command {
	return &cobra.Command{
		Use: "show JOB", Short: "One job: how it stands, and what it was asked to do", Args: cobra.ExactArgs(1),
		Example: "  clew job show 9f86d081884c7d65",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withJobs(func(w *investigation.Workspace) error {
				j, err := w.Jobs.Get(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				shown := shownJob{jobLine: jobLineOf(j), Doc: j.Doc}
				if shown.Work, err = w.Jobs.Work(cmd.Context(), j.ID); err != nil {
					return err
				}
				if len(shown.Work) == 0 {
					shown.Work = json.RawMessage("null") // large, and no longer kept
				}
				return a.printTo(func(out io.Writer) error {
					encode := json.NewEncoder(out)
					if !a.json {
						encode.SetIndent("", "  ")
					}
					return encode.Encode(shown)
				})
			})
		},
	}
}

func (a *app) jobChange(verb, short, long string, change func(context.Context, *job.Store, string) (job.Job, error)) *cobra.Command {
	return &cobra.Command{
		Use: verb + " JOB...", Short: short, Long: long, Args: cobra.MinimumNArgs(1),
		Example: "  clew job " + verb + " 9f86d081884c7d65",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withJobs(func(w *investigation.Workspace) error {
				var failed []error
				var changed []job.Job
				for _, id := range args {
					j, err := change(cmd.Context(), w.Jobs, id)
					if err != nil {
						failed = append(failed, err) // the others can be changed all the same
						continue
					}
					changed = append(changed, j)
				}
				return errors.Join(append(failed, a.printJobs(changed))...)
			})
		},
	}
}

func (a *app) withJobs(do func(*investigation.Workspace) error) error {
	w, err := a.workspace(investigation.Needs{Cases: true, Jobs: true})
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // what matters was acknowledged before
	return do(w)
}

// checkJobs names jobs that do not get on by themselves.
func (a *app) checkJobs(ctx context.Context) []check {
	const what = "jobs"
	switch never, err := a.neverKept(sqlite.FileName); {
	case err != nil:
		return []check{{what, "bad", err.Error()}}
	case never:
		return []check{{what, "ok", "none was taken up yet"}}
	}
	w, err := a.workspace(investigation.Needs{Jobs: true})
	if err != nil {
		return []check{{what, "bad", err.Error()}}
	}
	defer w.Close() //nolint:errcheck // nothing was written
	standing, err := w.Jobs.Standing(ctx)
	if err != nil {
		return []check{{what, "bad", err.Error()}}
	}
	running, queued := 0, 0
	for _, n := range standing.Running {
		running += n
	}
	for _, n := range standing.Queued {
		queued += n
	}
	detail := fmt.Sprintf("%d running, %d waiting, %s", running, queued, workersSeen(standing.Workers))
	if queued > 0 {
		detail += fmt.Sprintf("; the oldest waits for %s", standing.Oldest.Round(time.Second))
	}
	checks := []check{{what, "ok", detail}}
	for _, s := range standing.Stuck {
		state := "note"
		if s.State == job.Running {
			state = "bad" // nobody works at it, and somebody waits for it
		}
		checks = append(checks, check{what, state, fmt.Sprintf("%s (%s, by %s) does not get on: %s", s.ID, s.Kind, s.Actor, s.Why)})
	}
	return checks
}

// workersSeen names the workers that were heard of.
func workersSeen(workers []job.Seen) string {
	names := make([]string, len(workers))
	for i, w := range workers {
		names[i] = fmt.Sprintf("%s %s ago", w.Name, w.Ago.Round(time.Second))
	}
	if len(names) == 0 {
		return "no worker heard of in the last minute"
	}
	return words.Count(len(workers), "worker") + " (" + strings.Join(names, ", ") + ")"
}
