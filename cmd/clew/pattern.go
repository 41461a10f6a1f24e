package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/naming"
	"clew/internal/words"
)

func (a *app) patternCommand() *cobra.Command {
	var caseID string
	var limit int
	cmd := &cobra.Command{
		Use:   "pattern NAME... | --case CASE",
		Short: "How a family makes its names, and who else is made so",
		Long: `Learns from three or more names how they are made, says it in words and as a
regular expression, counts what that would match by mistake, and searches the
corpus with it. With --case the names are those of the case: its seeds, what you
accepted, and the findings in the high band. It asks nobody.`,
		Example: `  clew pattern jppost-tu.example jppost-bra.example jppost-ke.example
  clew pattern --case 4f2a --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if (len(args) == 0) == (caseID == "") {
				return usagef("name the names to learn from, or a case with --case")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := a.workspace(investigation.Needs{Corpus: true, Cases: caseID != "", ReadOnly: true})
			if err != nil {
				return err
			}
			defer w.Close() //nolint:errcheck // nothing was written
			names, err := a.patternNames(cmd.Context(), w, caseID, args)
			if err != nil {
				return err
			}
			progress := a.namesProgress()
			family, err := w.LearnFamily(cmd.Context(), names, limit, progress.show)
			progress.done()
			if err != nil {
				return err
			}
			return a.printTo(func(out io.Writer) error {
				if a.json {
					return encode(out, family)
				}
				return printFamily(out, family)
			})
		},
	}
	cmd.Flags().StringVar(&caseID, "case", "", "learn from the names of this case")
	cmd.Flags().IntVar(&limit, "limit", 100, "names of the corpus to list at most")
	a.listsFlag(cmd.Flags())
	return cmd
}

// patternNames are the names to learn from.
func (a *app) patternNames(ctx context.Context, w *investigation.Workspace, caseID string, args []string) ([]naming.Name, error) {
	if caseID != "" {
		return confirmedNames(ctx, w, caseID)
	}
	var names []naming.Name
	for _, arg := range args {
		v, err := indicator(arg)
		if err != nil {
			return nil, err
		}
		name, ok := naming.NameOf(v)
		if !ok {
			return nil, usagef("%s is no registered name", v.Defang())
		}
		names = append(names, name)
	}
	return names, nil
}

func confirmedNames(ctx context.Context, w *investigation.Workspace, caseID string) ([]naming.Name, error) {
	id, err := casefile.Resolve(ctx, w.Cases, caseID)
	if err != nil {
		return nil, err
	}
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return nil, err
	}
	return investigation.Confirmed(record.Document())
}

func printFamily(w io.Writer, f investigation.Family) error {
	fmt.Fprintf(w, "Learned from %s, %d of them match.\n", words.Count(f.Learned, "name"), f.Covered)
	for _, word := range f.Words {
		fmt.Fprintf(w, "  %s\n", terminalSafe(word))
	}
	fmt.Fprintf(w, "  %s\n\n", terminalSafe(f.Regexp))
	if len(f.Outside) > 0 {
		fmt.Fprintf(w, "Not matched: %s\n", defangedNames(f.Outside))
	}
	fmt.Fprintf(w, "By chance about %s of %s registered names would match (estimate).\n", fewOrMany(f.Expected), words.Number(f.World))
	fmt.Fprintf(w, "Of %s on the benign lists, %d match%s\n", words.Count(f.BenignOf, "name"), len(f.Benign), listAfter(f.Benign))
	stale := ""
	if f.Stale {
		stale = ", stale: the corpus has changed since"
	}
	fmt.Fprintf(w, "Of %s in the corpus (index of %s%s), these match and were not learned from:\n", words.Count(f.CorpusOf, "name"), f.AsOf, stale)
	for _, name := range f.Found {
		fmt.Fprintf(w, "  %s\n", defanged("domain", name))
	}
	switch {
	case len(f.Found) == 0:
		fmt.Fprintln(w, "  none")
	case f.More:
		fmt.Fprintf(w, "  and more: see --limit\n")
	}
	return nil
}

// fewOrMany writes an estimate without digits it does not have.
func fewOrMany(n float64) string {
	switch {
	case n < 0.001:
		return "none"
	case n < 10:
		return fmt.Sprintf("%.2g", n)
	}
	return words.Number(uint64(n))
}

func listAfter(names []string) string {
	if len(names) == 0 {
		return "."
	}
	return ": " + defangedNames(names)
}

// defangedNames writes a list of names for people, cut where it gets long.
func defangedNames(names []string) string {
	const most = 20
	shown := make([]string, min(len(names), most))
	for i := range shown {
		shown[i] = defanged("domain", names[i])
	}
	if len(names) > most {
		shown = append(shown, fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(shown, ", ")
}
