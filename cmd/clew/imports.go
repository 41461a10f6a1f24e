package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/corpus"
	"clew/internal/investigation"
	"clew/internal/server"
	"clew/internal/words"
)

func (a *app) importListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "What was imported, and how far it reaches", Args: cobra.NoArgs,
		Long: `Lists every import in the corpus, oldest first: its ID, when it was made, what it
was read from, and for each relation how many values of which kind it holds and
from when to when. That is what a count of holders is drawn from.`,
		Example: "  clew import list\n  clew import list --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			w, err := a.workspace(investigation.Needs{Corpus: true, ReadOnly: true})
			if err != nil {
				return err
			}
			defer w.Close() //nolint:errcheck // nothing was written
			imports, err := w.Corpus.Imports(cmd.Context())
			if err != nil {
				return err
			}
			entries := server.ImportsOf(imports)
			return a.printTo(func(out io.Writer) error {
				if a.json {
					return encodeLines(out, entries)
				}
				return printImports(out, entries)
			})
		},
	}
}

func printImports(out io.Writer, entries []server.Import) error {
	if len(entries) == 0 {
		fmt.Fprintln(out, "Nothing was imported yet: clew import --help")
	}
	for _, e := range entries {
		fmt.Fprintf(out, "%s  %s  %s  %s, %s observations\n", e.ID, e.At, terminalSafe(e.Name), terminalSafe(e.Format), words.Number(e.Kept))
		if e.Incomplete != "" {
			fmt.Fprintf(out, "  not whole: %s\n", terminalSafe(e.Incomplete))
		}
		for _, c := range e.Coverage {
			fmt.Fprintf(out, "  %-16s %12s of kind %-8s %12s links  %s\n", c.Relation, words.Number(c.Subjects), c.Kind, words.Number(c.Links), days(c.Window))
		}
	}
	return nil
}

func (a *app) importRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "remove ID...", Short: "Take imports back", Args: cobra.MinimumNArgs(1),
		Long: `Takes back everything that an import brought. What other imports or sources said
of the same values stays; the corpus is then as if the import had never been made.
An ID may be shortened as long as it means one import (clew import list).`,
		Example: "  clew import remove 3f2a9c01d4e5\n  clew import remove 3f2a 77b0",
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := a.workspace(investigation.Needs{Corpus: true})
			if err != nil {
				return err
			}
			defer w.Close() //nolint:errcheck // what matters was acknowledged before
			for _, arg := range args {
				if err := a.removeImport(cmd.Context(), w.Corpus, arg); err != nil {
					return err
				}
			}
			given, err := w.GiveBack(cmd.Context())
			if err == nil && !given {
				fmt.Fprintln(a.stderr, "the space comes back with clew corpus compact, by a user of the server who may alter its tables")
			}
			return err
		},
	}
}

func (a *app) removeImport(ctx context.Context, store corpus.Store, short string) error {
	imports, err := store.Imports(ctx)
	if err != nil {
		return err
	}
	imports = slices.DeleteFunc(imports, func(i corpus.Import) bool { return i.ID != short && !strings.HasPrefix(i.ID, short) })
	switch {
	case len(imports) == 0 || short == "":
		return usageError{fmt.Errorf("%q: %w: clew import list names them", short, corpus.ErrNoImport)}
	case len(imports) > 1:
		return usageError{errors.New(short + " is the beginning of more than one import: write more of it")}
	}
	gone := imports[0]
	if err := store.RemoveImport(ctx, gone.ID); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s removed: %s of %s, %s observations\n", gone.ID, terminalSafe(gone.Name), instant(gone.At), words.Number(gone.Kept))
	return nil
}
