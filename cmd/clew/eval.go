package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"clew/internal/eval"
	"clew/internal/score"
)

func (a *app) evalCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "Measure confidence against labelled data",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.evalOperators())
	return cmd
}

func (a *app) evalOperators() *cobra.Command {
	return &cobra.Command{
		Use:   "operators DIR -o predictions.csv",
		Short: "Predict which domains of a labelled set have one operator",
		Long: `Reads domains.jsonl, value_counts.csv and population.csv and writes a,b,p for
every pair with p of at least 0.001. Where the labels (owners in domains.jsonl,
groups.csv) are there too, it says how good the predictions are.`,
		Example: "  clew eval operators data/operators -o predictions.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := eval.LoadOperators(args[0])
			if err != nil {
				return usageError{err}
			}
			predictions, err := set.Predict(cmd.Context(), score.Closed())
			if err != nil {
				return err
			}
			if err := a.printTo(func(w io.Writer) error { return eval.WritePredictions(w, predictions) }); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "%d domains, %d pairs with p >= %g, model %s\n", len(set.Domains), len(predictions), score.MinP, score.Closed().Version)
			truth, err := eval.LoadTruth(args[0])
			if err != nil {
				fmt.Fprintln(a.stderr, "no labels beside the set, so nothing to compare with")
				return nil
			}
			m := truth.Measure(predictions)
			fmt.Fprintf(a.stderr, "average precision %.3f; recall at 90 %% precision %.3f; high band %.3f precise at recall %.3f (%d pairs); medium band %.3f precise (%d pairs); calibration error %.3f\n",
				m.AveragePrecision, m.RecallAt90, m.High.Precision, m.High.Recall, m.High.N, m.Medium.Precision, m.Medium.N, m.ECE)
			return nil
		},
	}
}
