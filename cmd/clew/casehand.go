package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/observable"
	"clew/internal/pivot"
	"clew/internal/server"
	"clew/internal/words"
)

// withWeighed opens a case together with the corpus, for what weighs it again.
func (a *app) withWeighed(ctx context.Context, name string, do func(*investigation.Workspace, string) error) error {
	return a.withCaseAnd(ctx, investigation.Needs{Corpus: true, Cases: true}, name, do)
}

func (a *app) caseExpand() *cobra.Command {
	var turn pivotFlags
	var explain, dryRun bool
	cmd := &cobra.Command{
		Use: "expand CASE INDICATOR --by METHOD", Short: "Follow one pivot by hand, one hop", Args: cobra.ExactArgs(2),
		Long: `Follows a pivot from a seed or finding of the case, whatever its rank, asks the
sources about what it leads over, and weighs the case again. The bounds are those
of the last run. With --dry-run it counts how many share each value and how many
of them are new, and asks nobody. Take it back with: clew case rollback`,
		Example: `  clew case expand 4f2a c2.example --by tracker --dry-run
  clew case expand 4f2a c2.example --by tracker --reason 'the tag looks private'
  clew case expand 4f2a evil.example --by nameserver --value ns1.evil.example --offline`,
		RunE: func(cmd *cobra.Command, args []string) error {
			x, err := turn.expansion(args[1])
			if err != nil {
				return err
			}
			if dryRun {
				return a.countBefore(cmd.Context(), args[0], x)
			}
			req := investigation.Request{CaseID: args[0], Expand: []pivot.Expansion{x}, Reason: turn.reason, Scope: "hunt"}
			if !cmd.Flags().Changed("pap") {
				a.pap = "CLEAR" // what the case allows counts
			}
			err = a.investigate(cmd.Context(), req, true, explain, nil)
			if errors.Is(err, investigation.ErrByHand) || errors.Is(err, investigation.ErrNotRun) || errors.Is(err, casefile.ErrNoCase) {
				return usageError{err}
			}
			return err
		},
	}
	turn.add(cmd, "by", "pivot method")
	cmd.Flags().StringVar(&turn.reason, "reason", "", "why, for the record")
	cmd.Flags().BoolVar(&explain, "explain", false, "print the waterfall of every finding")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "count what it would bring, and ask nothing")
	a.askFlags(cmd)
	return cmd
}

// pivotFlags name a pivot point.
type pivotFlags struct{ method, value, kind, reason string }

func (p *pivotFlags) add(cmd *cobra.Command, method, usage string) {
	cmd.Flags().StringVar(&p.method, method, "", usage)
	cmd.Flags().StringVar(&p.value, "value", "", "only the pivot point on this shared value")
	cmd.Flags().StringVar(&p.kind, "kind", "", "of the value, where the method leaves it open")
	_ = cmd.RegisterFlagCompletionFunc(method, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return methodNames(), cobra.ShellCompDirectiveNoFileComp
	}) // fails only for a flag that does not exist
}

func (p *pivotFlags) expansion(from string) (x pivot.Expansion, err error) {
	var start, on observable.Value
	if from != "" {
		if start, err = indicator(from); err != nil {
			return x, err
		}
	}
	if p.value != "" {
		if on, err = investigation.PivotValue(p.method, p.kind, p.value); err != nil {
			return x, usageError{err}
		}
	}
	if x, err = investigation.NewExpansion(start, p.method, on); err != nil {
		return x, usageError{err}
	}
	return x, nil
}

// countBefore prints what following a pivot would bring.
func (a *app) countBefore(ctx context.Context, name string, x pivot.Expansion) error {
	return a.withWeighed(ctx, name, func(w *investigation.Workspace, id string) error {
		counts, err := server.CountsOf(ctx, core{a}, w, id, x)
		if errors.Is(err, investigation.ErrByHand) {
			return usageError{err}
		}
		if err != nil {
			return err
		}
		return a.printTo(func(out io.Writer) error {
			if a.json {
				return encode(out, counts)
			}
			table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
			fmt.Fprintln(table, "METHOD\tVALUE\tSTATE\tBITS\tCOUNTED\tBECAUSE")
			for _, p := range counts.Points {
				fmt.Fprintf(table, "%s\t%s\t%s\t%.1f\t%s\t%s\n", p.Method, shortened(defanged(p.Kind, p.Value)), p.State, p.Expected, p.Summary, shortened(terminalSafe(p.Reason)))
			}
			if err := table.Flush(); err != nil {
				return err
			}
			_, err := fmt.Fprintf(out, "following it would ask %s, at least %s and %s\n", words.Count(counts.Asked, "question"),
				words.Count(counts.Requests, "request"), words.Count(counts.Credits, "credit"))
			return err
		})
	})
}

func (a *app) caseUndo(use, short, long, example string, only func(casefile.Type) error) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: use + " CASE EVENT", Short: short, Long: long, Example: example, Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			seq, err := strconv.ParseUint(args[1], 10, 64)
			if err != nil {
				return usagef("%q is no number of an event: clew case log %s lists them", args[1], args[0])
			}
			return a.withWeighed(cmd.Context(), args[0], func(w *investigation.Workspace, id string) error {
				events, err := w.Cases.Events(cmd.Context(), id, casefile.Query{})
				if err != nil {
					return err
				}
				if only != nil && seq > 0 && seq <= uint64(len(events)) {
					if err := only(events[seq-1].Type); err != nil {
						return err
					}
				}
				event, err := w.Undo(cmd.Context(), id, seq, reason, false)
				if errors.Is(err, casefile.ErrInvalid) {
					return usageError{err}
				}
				if err != nil {
					return err
				}
				fmt.Fprintf(a.stderr, "%s: event %d taken back by event %d; to have it again: clew case undo %s %d\n", id, seq, event.Seq, args[0], event.Seq)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return cmd
}

func (a *app) caseRollback() *cobra.Command {
	return a.caseUndo("rollback", "Roll back one expansion", `Takes back a pivot that was followed by hand: what came only through it is no
longer in the findings, everything else stays. The record keeps both; undoing the
roll-back brings it back. A pivot that clew chose itself is taken out with:
clew case reject CASE VALUE --pivot METHOD`,
		"  clew case show 4f2a --json | jq .expansions\n  clew case rollback 4f2a 57 --reason 'a shared tag'", func(t casefile.Type) error {
			if t != casefile.TypeExpanded {
				return usagef("this event is %s and no expansion: clew case undo takes back other decisions", t)
			}
			return nil
		})
}

func (a *app) caseTag() *cobra.Command {
	var about string
	var remove bool
	cmd := &cobra.Command{
		Use: "tag CASE TAG...", Short: "Put tags on a case or an indicator of it, or take them off", Args: cobra.MinimumNArgs(2),
		Example: "  clew case tag 4f2a phishing 'wave 3'\n  clew case tag 4f2a --about evil.example panel\n  clew case tag 4f2a --remove phishing",
		RunE: func(cmd *cobra.Command, args []string) error {
			value := casefile.Value{}
			if about != "" {
				v, err := indicator(about)
				if err != nil {
					return err
				}
				value = casefile.ValueOf(v)
			}
			add, off := args[1:], []string(nil)
			if remove {
				add, off = nil, args[1:]
			}
			tagged, err := investigation.NewTags(value, add, off)
			if err != nil {
				return usageError{err}
			}
			return a.append(cmd.Context(), args[0], casefile.TypeTagged, tagged)
		},
	}
	cmd.Flags().StringVar(&about, "about", "", "the indicator they are about; the case when left out")
	cmd.Flags().BoolVar(&remove, "remove", false, "take them off")
	return cmd
}

func (a *app) caseClose() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "close CASE", Short: "Say that nothing more is to be done", Args: cobra.ExactArgs(1),
		Example: "  clew case close 4f2a --reason 'blocked, reported, no hits for a month'",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.append(cmd.Context(), args[0], casefile.TypeClosed, casefile.Closed{Reason: reason})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return cmd
}

func (a *app) caseReopen() *cobra.Command {
	var point pivotFlags
	cmd := &cobra.Command{
		Use: "reopen CASE", Short: "Reopen a closed case, or a pivot that was rejected in it", Args: cobra.ExactArgs(1),
		Example: "  clew case reopen 4f2a --reason 'new sightings'\n  clew case reopen 4f2a --pivot co-hosted --value 192.0.2.7",
		RunE: func(cmd *cobra.Command, args []string) error {
			if point.method == "" {
				return a.append(cmd.Context(), args[0], casefile.TypeReopened, casefile.Reopened{Reason: point.reason, Tool: version()})
			}
			x, err := point.expansion("")
			if err != nil {
				return err
			}
			return a.withWeighed(cmd.Context(), args[0], func(w *investigation.Workspace, id string) error {
				reopened, err := w.NewPivotReopening(cmd.Context(), id, x, point.reason)
				if err != nil {
					return usageError{err}
				}
				return a.decide(cmd.Context(), w, id, casefile.TypeReopened, reopened)
			})
		},
	}
	point.add(cmd, "pivot", "the method of the pivot that was rejected")
	cmd.Flags().StringVar(&point.reason, "reason", "", "why")
	return cmd
}

func (a *app) decide(ctx context.Context, w *investigation.Workspace, id string, t casefile.Type, payload any) error {
	event, err := w.Decide(ctx, id, t, payload, false)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s: event %d recorded, and the case weighed again\n", id, event.Seq)
	return nil
}

// rejectPivot is the part of clew case reject that is about a pivot point.
func (a *app) rejectPivot(ctx context.Context, name, value string, point pivotFlags) error {
	point.value = value
	x, err := point.expansion("")
	if err != nil {
		return err
	}
	rejected, err := investigation.NewPivotRejection(x, point.reason)
	if err != nil {
		return usageError{err}
	}
	return a.withWeighed(ctx, name, func(w *investigation.Workspace, id string) error {
		return a.decide(ctx, w, id, casefile.TypePivotRejected, rejected)
	})
}

func (a *app) caseWeigh() *cobra.Command {
	return &cobra.Command{
		Use: "weigh CASE", Short: "Weigh the case again, with the verdicts given since", Args: cobra.ExactArgs(1),
		Long:    "Weighs the case from what its last run read. It asks nobody.",
		Example: "  clew case weigh 4f2a",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withWeighed(cmd.Context(), args[0], func(w *investigation.Workspace, id string) error {
				if _, err := w.Reweigh(cmd.Context(), id); err != nil {
					return err
				}
				fmt.Fprintf(a.stderr, "%s: weighed again\n", id)
				return nil
			})
		},
	}
}
