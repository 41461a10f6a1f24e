package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/naming"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
	"clew/internal/words"
)

func (a *app) pivotsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pivots INDICATOR",
		Short: "Ranked pivot points, and why the others are not",
		Long: `Lists every attribute of an indicator that others may share: how many hold it,
how many bits of evidence it would bring, and why it would be rejected. It asks
nobody.`,
		Example: "  clew pivots evil.example\n  clew pivots evil.example --max-holders 50 --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withEngine(args[0], func(engine *pivot.Engine, v observable.Value) error {
				points, err := engine.Points(cmd.Context(), v)
				if err != nil {
					return err
				}
				return a.printPoints(points)
			})
		},
	}
	a.engineFlags(cmd)
	return cmd
}

func (a *app) pivotCommand() *cobra.Command {
	var method, caseID string
	cmd := &cobra.Command{
		Use:   "pivot INDICATOR --by METHOD",
		Short: "One pivot, one hop",
		Long:  "Follows one method from an indicator through the corpus and weighs whom it leads to.\nIt asks nobody.\n\nMethods:\n" + methodTable(),
		Example: `  clew pivot evil.example --by co-hosted
  clew pivot evil.example --by registrant-email --json
  clew pivot evil.example --by naming --case 4f2a    with the pattern of that case's names`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, ok := pivot.MethodNamed(method)
			if !ok {
				return usagef("--by %q is no pivot method\n  methods: %s", method, strings.Join(methodNames(), ", "))
			}
			if caseID != "" && m.Name != investigation.NamingMethod {
				return usagef("--case lends its names to --by %s only", investigation.NamingMethod)
			}
			return a.withWorkspace(args[0], caseID != "", func(w *investigation.Workspace, bounds pivot.Options, v observable.Value) error {
				if m.Name == investigation.NamingMethod {
					if err := a.searchNames(cmd.Context(), w, caseID); err != nil {
						return err
					}
				}
				return a.pivot(cmd.Context(), w.Engine(bounds), v, m)
			})
		},
	}
	cmd.Flags().StringVar(&method, "by", "", "pivot method")
	cmd.Flags().StringVar(&caseID, "case", "", "with --by naming: search for the pattern of this case's names as well")
	_ = cmd.RegisterFlagCompletionFunc("by", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return methodNames(), cobra.ShellCompDirectiveNoFileComp
	}) // fails only for a flag that does not exist
	a.engineFlags(cmd)
	return cmd
}

func methodNames() []string {
	var names []string
	for _, m := range pivot.Catalogue() {
		names = append(names, m.Name)
	}
	return names
}

func methodTable() string {
	var b strings.Builder
	for _, m := range pivot.Catalogue() {
		fmt.Fprintf(&b, "  %-20s %s\n", m.Name, m.Doc)
	}
	return b.String()
}

// searchNames readies the naming pivot, with the pattern of a case where one is named.
func (a *app) searchNames(ctx context.Context, w *investigation.Workspace, caseID string) error {
	progress := a.namesProgress()
	index, state, err := w.NameIndex(ctx, progress.show)
	progress.done()
	if err != nil {
		return err
	}
	if state.Stale {
		fmt.Fprintf(a.stderr, "note: the index of names is of %s and the corpus has changed since; it could not be built anew\n", state.Built)
	}
	var pattern *naming.Pattern
	if caseID != "" {
		names, err := confirmedNames(ctx, w, caseID)
		if err != nil {
			return err
		}
		if pattern, err = naming.Learn(names, w.Language()); err != nil {
			return fmt.Errorf("case %s: %w", caseID, err)
		}
		fmt.Fprintf(a.stderr, "pattern of the case: %s\n", terminalSafe(pattern.Regexp))
	}
	w.SearchNames(index, pattern)
	return nil
}

// withEngine opens the corpus and runs do with an engine bounded by the flags.
func (a *app) withEngine(text string, do func(*pivot.Engine, observable.Value) error) error {
	return a.withWorkspace(text, false, func(w *investigation.Workspace, bounds pivot.Options, v observable.Value) error {
		return do(w.Engine(bounds), v)
	})
}

// withWorkspace opens the corpus, and the cases where they are needed, and runs
// do with the bounds of the flags.
func (a *app) withWorkspace(text string, cases bool, do func(*investigation.Workspace, pivot.Options, observable.Value) error) error {
	v, err := indicator(text)
	if err != nil {
		return err
	}
	bounds, err := a.engineBounds()
	if err != nil {
		return err
	}
	w, err := a.workspace(investigation.Needs{Corpus: true, Cases: cases, ReadOnly: true})
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // nothing was written
	return do(w, bounds, v)
}

// engineBounds reads the flags that bound the engine.
func (a *app) engineBounds() (pivot.Options, error) {
	run := *a
	run.pap, run.tlp = "AMBER", "AMBER" // nobody is asked
	var req investigation.Request
	err := run.bounds(&req)
	return pivot.Options{Depth: req.Depth, MaxHolders: req.MaxHolders, AsOf: req.AsOf, Window: req.Window}, err
}

func (a *app) printPoints(points []pivot.Point) error {
	return a.printTo(func(w io.Writer) error {
		if a.json {
			lines := make([]casefile.Pivot, len(points))
			for i, p := range points {
				lines[i] = casefile.PivotOf(p)
			}
			return encode(w, struct {
				Pivots []casefile.Pivot `json:"pivots"`
			}{lines})
		}
		if len(points) == 0 {
			fmt.Fprintln(w, "No pivot point: nothing is known of it here.")
			return nil
		}
		table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "METHOD\tVALUE\tHOLDERS\tBITS\tSTATE\tREASON")
		for _, p := range points {
			holders, bits := "?", "?"
			if p.HoldersKnown {
				holders = words.Number(p.Holders)
			}
			if p.HoldersKnown || p.Expected > 0 || p.State == pivot.Rejected {
				bits = fmt.Sprintf("%.1f", p.Expected)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n",
				p.Method, shortened(forPeople(p.Value)), holders, bits, p.State, terminalSafe(p.Reason))
		}
		return table.Flush()
	})
}

// shortened keeps a table readable; --json has the whole value.
func shortened(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// howAlike says how a finding of a search is like what it was asked about.
func howAlike(m pivot.Method, f pivot.Finding) string {
	relation := m.Name
	if m.Name == "behaviour" {
		relation = observation.Behaves.String()
	}
	for _, factor := range f.Factors {
		if !m.Relation.Valid() && factor.Relation == relation {
			return factor.Note
		}
	}
	return strongest(f)
}

// strongest says in words what speaks most for a finding.
func strongest(f pivot.Finding) string {
	for _, factor := range f.Factors {
		if factor.Family != "prior" && factor.Bits > 0 {
			return factor.Relation + ": " + terminalSafe(factor.Note)
		}
	}
	return f.Suppressed
}

func (a *app) pivot(ctx context.Context, engine *pivot.Engine, v observable.Value, m pivot.Method) error {
	result, err := engine.Pivot(ctx, v, m)
	if err != nil {
		return err
	}
	return a.printTo(func(w io.Writer) error {
		if a.json {
			findings := make([]casefile.Finding, len(result.Findings))
			for i, f := range result.Findings {
				findings[i] = casefile.FindingOf(f)
			}
			points := make([]casefile.Pivot, len(result.Points))
			for i, p := range result.Points {
				points[i] = casefile.PivotOf(p)
			}
			return encode(w, struct {
				Findings []casefile.Finding `json:"findings"`
				Pivots   []casefile.Pivot   `json:"pivots"`
			}{findings, points})
		}
		if len(result.Points) == 0 { // silence would look like an answer
			fmt.Fprintf(a.stderr, "note: nothing is known here of the %s %s that %s could start from\n", v.Kind(), forPeople(v), m.Name)
		}
		for _, p := range result.Points {
			fmt.Fprintf(w, "%s %s: %s %s\n", p.Method, forPeople(p.Value), p.State, terminalSafe(p.Reason))
		}
		table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		for _, f := range result.Findings {
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", f.Band, percent(f.P), f.Value.Kind(), forPeople(f.Value), terminalSafe(howAlike(m, f)))
		}
		return table.Flush()
	})
}
