package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/investigation"
	"clew/internal/server"
	"clew/internal/words"
)

func (a *app) caseImport() *cobra.Command {
	var trusted bool
	cmd := &cobra.Command{
		Use: "import BUNDLE", Short: "Take a case in from a bundle", Args: cobra.ExactArgs(1),
		Long: `Adds the case of a bundle to your record, with its chain, or what a case that you have
already lacks at its end. All of the bundle is checked first. One that holds approved
actions, which your block lists would hold then, or verdicts for every case is refused
until you say --trusted. To look at a bundle without taking it in: clew case replay.`,
		Example: "  clew case import case.zip\n  clew case import case.zip --trusted",
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			b, err := casefile.OpenBundle(ctx, args[0])
			if err != nil {
				return err
			}
			defer b.Close() //nolint:errcheck // read only
			w, err := a.workspace(investigation.Needs{Cases: true})
			if err != nil {
				return err
			}
			defer w.Close() //nolint:errcheck // what matters was acknowledged before
			taken, err := a.takeIn(ctx, w, b, trusted)
			if errors.Is(err, server.ErrUntrusted) {
				return fmt.Errorf("%w\n  --trusted takes it in all the same; clew case replay %s shows it and keeps nothing", err, args[0])
			}
			if err != nil {
				return err
			}
			return a.printTo(func(out io.Writer) error {
				if a.json {
					return encode(out, taken)
				}
				_, err := fmt.Fprintf(out, "%s: %s new, %d there already, %s\n", taken.Case, words.Count(taken.Events, "event"), taken.There, words.Count(taken.Blobs, "raw answer"))
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&trusted, "trusted", false, "what it approved, and its verdicts for every case, count here as your own")
	return cmd
}

// takeIn adds the case of a bundle to the record.
func (a *app) takeIn(ctx context.Context, w *investigation.Workspace, b *casefile.Bundle, trusted bool) (casefile.Pushed, error) {
	record, err := casefile.Load(ctx, b, b.ID())
	if err != nil {
		return casefile.Pushed{}, err
	}
	if actions, verdicts := casefile.Binding(record); !trusted && actions+verdicts > 0 {
		return casefile.Pushed{}, fmt.Errorf("%w: %s holds %s that your lists would hold, and %s for every case",
			server.ErrUntrusted, b.ID(), words.Count(actions, "approved action"), words.Count(verdicts, "verdict"))
	}
	return casefile.Push(ctx, b, w.Cases, b.ID())
}

// TakeIn implements [server.Bundling].
func (c core) TakeIn(ctx context.Context, w *investigation.Workspace, b *casefile.Bundle, trusted bool) (casefile.Pushed, error) {
	return c.takeIn(ctx, w, b, trusted)
}
