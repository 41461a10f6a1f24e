package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/observable"
)

func (a *app) caseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "case",
		Short: "The record of what was investigated: look at it, judge, note, check it, pass it on",
		Long: `The record of every investigation: append-only, hash-chained, replayable. A case
may be named by any unambiguous beginning or end of its ID.`,
		Example: `  clew case list
  clew case show 4f2a
  clew case reject 4f2a 203.0.113.7 --reason 'our own proxy'
  clew case bundle 4f2a -o case.zip && clew case replay case.zip`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		a.caseList(), a.caseShow(), a.caseLog(), a.caseVerify(), a.caseNote(),
		a.caseVerdict("accept", "Accept a finding", "  clew case accept 4f2a evil.example --reason 'seen in the sample'", casefile.TypeAccepted),
		a.caseVerdict("reject", "Reject a finding, or a shared value as a link",
			"  clew case reject 4f2a 203.0.113.7 --reason 'our own proxy'\n  clew case reject 4f2a 192.0.2.7 --pivot co-hosted --reason 'a hoster'", casefile.TypeRejected),
		a.caseExpand(), a.caseRollback(), a.caseWeigh(), a.caseTag(),
		a.caseUndo("undo", "Take back a verdict, note, tag, expansion, rejected pivot, closing or undoing",
			"Takes back what was decided in one event of the record, which keeps both. The case\nis weighed again where findings depend on it.",
			"  clew case log 4f2a\n  clew case undo 4f2a 41 --reason 'wrong host'", nil),
		a.caseClose(), a.caseReopen(),
		a.caseBundle(), a.caseImport(), a.casePush(), a.caseHandover(), a.caseReplay(), a.caseAudit(),
	)
	return cmd
}

// withCase opens the record and resolves a case's name.
func (a *app) withCase(ctx context.Context, name string, do func(*investigation.Workspace, string) error) error {
	return a.withCaseAnd(ctx, investigation.Needs{Cases: true}, name, do)
}

// withCaseAnd is withCase with what else of the data directory is needed.
func (a *app) withCaseAnd(ctx context.Context, needs investigation.Needs, name string, do func(*investigation.Workspace, string) error) error {
	w, err := a.workspace(needs)
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // what matters was acknowledged before
	id, err := casefile.Resolve(ctx, w.Cases, name)
	if errors.Is(err, casefile.ErrNoCase) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	return do(w, id)
}

func (a *app) caseList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Every case with its state and findings by band", Args: cobra.NoArgs,
		Example: "  clew case list\n  clew case list --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			w, err := a.workspace(investigation.Needs{Cases: true})
			if err != nil {
				return err
			}
			defer w.Close() //nolint:errcheck // nothing was written
			list, err := casefile.List(cmd.Context(), w.Cases)
			if err != nil {
				return err
			}
			return a.printTo(func(out io.Writer) error { return a.printCases(out, list) })
		},
	}
}

func (a *app) printCases(out io.Writer, list []casefile.Summary) error {
	if a.json {
		if list == nil {
			list = []casefile.Summary{}
		}
		return encode(out, struct {
			Cases []casefile.Summary `json:"cases"`
		}{list})
	}
	if len(list) == 0 {
		fmt.Fprintln(out, "No case yet. Open one with: clew investigate INDICATOR")
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "CASE\tSTATE\tHIGH\tMEDIUM\tLOW\tSEEDS\tCHANGED")
	for _, c := range list {
		var seeds []string
		for _, s := range c.Seeds {
			seeds = append(seeds, defanged(s.Kind, s.Value))
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%s\t%s\n", c.ID, c.State, c.Bands["high"], c.Bands["medium"], c.Bands["low"],
			shortened(strings.Join(seeds, ", ")), c.Changed)
	}
	return table.Flush()
}

func (a *app) caseShow() *cobra.Command {
	var explain bool
	cmd := &cobra.Command{
		Use: "show CASE", Short: "The case as one document", Args: cobra.ExactArgs(1),
		Example: "  clew case show 4f2a --explain\n  clew case show 4f2a --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCase(cmd.Context(), args[0], func(w *investigation.Workspace, id string) error {
				record, err := casefile.Load(cmd.Context(), w.Cases, id)
				if err != nil {
					return err
				}
				return a.printDocument(record.Document(), explain)
			})
		},
	}
	cmd.Flags().BoolVar(&explain, "explain", false, "print the waterfall of every finding")
	return cmd
}

func (a *app) caseLog() *cobra.Command {
	return &cobra.Command{
		Use: "log CASE", Short: "Every event of the record, in order", Args: cobra.ExactArgs(1),
		Example: "  clew case log 4f2a\n  clew case log 4f2a --json    one event a line, with its hash",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCase(cmd.Context(), args[0], func(w *investigation.Workspace, id string) error {
				events, err := w.Cases.Events(cmd.Context(), id, casefile.Query{})
				if err != nil {
					return err
				}
				return a.printTo(func(out io.Writer) error {
					if !a.json {
						return casefile.WriteLog(out, events)
					}
					return encodeLines(out, events)
				})
			})
		},
	}
}

func (a *app) caseVerify() *cobra.Command {
	var anchor string
	cmd := &cobra.Command{
		Use: "verify CASE", Short: "Check the chain of events and every raw answer", Args: cobra.ExactArgs(1),
		Example: "  clew case verify 4f2a\n  clew case verify 4f2a --head HASH    with the head noted in a report",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withCase(cmd.Context(), args[0], func(w *investigation.Workspace, id string) error {
				v, err := casefile.Verify(cmd.Context(), w.Cases, id, anchor)
				if err != nil {
					return err
				}
				err = a.printTo(func(out io.Writer) error { return a.printVerification(out, v) })
				if err == nil && len(v.Problems) > 0 {
					err = fmt.Errorf("case %s is not as it was recorded: %s", id, v.Problems[0].What)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&anchor, "head", "", "head hash noted elsewhere, which the chain must hold")
	return cmd
}

func (a *app) printVerification(out io.Writer, v casefile.Verification) error {
	if a.json {
		return encode(out, v)
	}
	if len(v.Problems) == 0 {
		fmt.Fprintf(out, "%s is sound: %d events, %d raw answers and results, head %s\n", v.Case, v.Events, v.Blobs, v.Head)
		return nil
	}
	for _, p := range v.Problems {
		fmt.Fprintf(out, "event %d: %s\n", p.Seq, terminalSafe(p.What))
	}
	return nil
}

func (a *app) caseNote() *cobra.Command {
	var about string
	cmd := &cobra.Command{
		Use: "note CASE TEXT", Short: "Write a remark into the record", Args: cobra.MinimumNArgs(2),
		Example: "  clew case note 4f2a 'asked the hoster, ticket 1234'\n  clew case note 4f2a --about evil.example 'customer confirms'",
		RunE: func(cmd *cobra.Command, args []string) error {
			noted := casefile.Noted{Text: strings.Join(args[1:], " ")}
			if about != "" {
				v, err := indicator(about)
				if err != nil {
					return err
				}
				noted.About = casefile.ValueOf(v)
			}
			return a.append(cmd.Context(), args[0], casefile.TypeNoted, noted)
		},
	}
	cmd.Flags().StringVar(&about, "about", "", "the indicator it is about")
	return cmd
}

func (a *app) append(ctx context.Context, name string, t casefile.Type, payload any) error {
	return a.withCase(ctx, name, func(w *investigation.Workspace, id string) error {
		event, err := w.Record(ctx, id, t, payload)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "%s: event %d recorded\n", id, event.Seq)
		return nil
	})
}

func (a *app) caseVerdict(use, short, example string, kind casefile.Type) *cobra.Command {
	var relation string
	var point pivotFlags
	var everywhere, here bool
	cmd := &cobra.Command{
		Use: use + " CASE INDICATOR --reason TEXT", Short: short, Args: cobra.ExactArgs(2),
		Example: example,
		RunE: func(cmd *cobra.Command, args []string) error {
			if point.method != "" {
				return a.rejectPivot(cmd.Context(), args[0], args[1], point)
			}
			v, err := indicator(args[1])
			if err != nil {
				return err
			}
			verdict, err := investigation.NewVerdict(v, relation, point.reason, everywhere)
			if err != nil {
				return usageError{err}
			}
			if !everywhere && !here && kind == casefile.TypeRejected && a.askScope(v) {
				verdict.Scope = casefile.ScopeAll
			}
			if err := a.append(cmd.Context(), args[0], kind, verdict); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "it counts at once in the report; weigh the rest again with: clew case weigh %s\n", args[0])
			return nil
		},
	}
	cmd.Flags().StringVar(&point.reason, "reason", "", "why")
	if kind == casefile.TypeRejected {
		cmd.Flags().StringVar(&point.method, "pivot", "", "reject the pivot of this method on the value, which is then not followed in the case")
		cmd.Flags().StringVar(&point.kind, "kind", "", "of the value, with --pivot, where the method leaves it open")
	}
	cmd.Flags().StringVar(&relation, "relation", "", "judge the value only as a link under this relation")
	cmd.Flags().BoolVar(&everywhere, "everywhere", false, "for every case, not only this one")
	cmd.Flags().BoolVar(&here, "here", false, "for this case only, without being asked")
	cmd.MarkFlagsMutuallyExclusive("everywhere", "here")
	return cmd
}

// askScope asks whether a value is rejected for good. Without a terminal there
// is nobody to ask: the case alone.
func (a *app) askScope(v observable.Value) bool {
	if !isTerminal(a.stdin) || !isTerminal(a.stderr) {
		return false
	}
	fmt.Fprintf(a.stderr, "reject %s for every case, not only this one? [y/N] ", terminalSafe(v.Defang()))
	answer, err := bufio.NewReader(io.LimitReader(a.stdin, 64)).ReadString('\n')
	return err == nil && strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y")
}

func (a *app) caseBundle() *cobra.Command {
	return &cobra.Command{
		Use: "bundle CASE -o FILE", Short: "The whole case in one file, to replay elsewhere", Args: cobra.ExactArgs(1),
		Example: "  clew case bundle 4f2a -o case.zip",
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.output == "" && isTerminal(a.stdout) {
				return usagef("a bundle is a ZIP file: name one with -o FILE")
			}
			return a.withCase(cmd.Context(), args[0], func(w *investigation.Workspace, id string) error {
				return a.printTo(func(out io.Writer) error {
					return casefile.WriteBundle(cmd.Context(), out, w.Cases, id, version())
				})
			})
		},
	}
}

func (a *app) caseReplay() *cobra.Command {
	var explain bool
	cmd := &cobra.Command{
		Use: "replay BUNDLE|CASE", Short: "Do a recorded run again and compare the findings byte by byte", Args: cobra.ExactArgs(1),
		Example: "  clew case replay case.zip\n  clew case replay 4f2a --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withRecord(cmd.Context(), args[0], func(r casefile.Reader, id string) error {
				again, err := investigation.Replay(cmd.Context(), r, id)
				if err != nil {
					return err
				}
				fmt.Fprintf(a.stderr, "%s: %d findings from %d corpus questions, the same bytes as recorded (sha256 %s)\n",
					id, again.Findings, again.Reads, again.Digest)
				return a.printDocument(again.Document, explain)
			})
		},
	}
	cmd.Flags().BoolVar(&explain, "explain", false, "print the waterfall of every finding")
	return cmd
}

// withRecord opens a bundle file, or a case of the data directory.
func (a *app) withRecord(ctx context.Context, name string, do func(casefile.Reader, string) error) error {
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
		b, err := casefile.OpenBundle(ctx, name)
		if err != nil {
			return err
		}
		return errors.Join(do(b, b.ID()), b.Close())
	}
	return a.withCase(ctx, name, func(w *investigation.Workspace, id string) error { return do(w.Cases, id) })
}
