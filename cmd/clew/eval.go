package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/eval"
	"clew/internal/investigation"
	"clew/internal/score"
)

func (a *app) evalCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "Measure confidence against labelled data",
		Args:  cobra.NoArgs,

		Example: "  clew eval all data/confidence\n  clew eval peers data/operators\n  clew eval fit data/operators --version team-2026-11 -o model.json",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.evalOperators(), a.evalFit(), a.evalTables(), a.evalPeers(), a.evalCases(), a.evalVerdicts())
	return cmd
}

// modelFlag names the model that weighs: one built in, or a file.
type modelFlag struct{ name string }

func (m *modelFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&m.name, "model", "fitted", "fitted, closed, or a file that clew eval fit wrote")
}

func (m *modelFlag) load() (score.Model, error) {
	switch m.name {
	case "", "fitted":
		return score.Fitted(), nil
	case "closed":
		return score.Closed(), nil
	}
	file, err := os.Open(m.name)
	if err != nil {
		return score.Model{}, usagef("--model is fitted, closed or a file: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	model, err := score.ReadModel(file)
	if err != nil {
		return score.Model{}, usagef("%s: %w", m.name, err)
	}
	return model, nil
}

func (a *app) evalOperators() *cobra.Command {
	var chosen modelFlag
	cmd := &cobra.Command{
		Use:   "operators DIR -o predictions.csv",
		Short: "Predict which domains of a labelled set have one operator",
		Long: `Reads domains.jsonl, value_counts.csv and population.csv and writes a,b,p for
every pair with p of at least 0.001. Where the labels (owners in domains.jsonl,
groups.csv) are there too, it says how good the predictions are.`,
		Example: `  clew eval operators data/operators -o predictions.csv
  clew eval operators data/operators --model closed -o predictions.csv`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			model, err := chosen.load()
			if err != nil {
				return err
			}
			set, err := eval.LoadOperators(args[0])
			if err != nil {
				return usageError{err}
			}
			predictions, err := set.Predict(cmd.Context(), model)
			if err != nil {
				return err
			}
			if err := a.printTo(func(w io.Writer) error { return eval.WritePredictions(w, predictions) }); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "%d domains, %d pairs with p >= %g, model %s\n", len(set.Domains), len(predictions), score.MinP, model.Version)
			truth, err := eval.LoadTruth(args[0])
			if err != nil {
				fmt.Fprintln(a.stderr, "no labels beside the set, so nothing to compare with")
				return nil
			}
			fmt.Fprintln(a.stderr, truth.Measure(predictions))
			return nil
		},
	}
	chosen.add(cmd)
	return cmd
}

func (a *app) evalFit() *cobra.Command {
	var (
		version string
		folds   int
		seed    uint64
	)
	cmd := &cobra.Command{
		Use:   "fit DIR -o model.json",
		Short: "Fit curves and calibration to a labelled set",
		Long: `Fits, from the labels of an operators folder, a curve for each type of value, the
calibration of the sum and the calibration after hops, and writes them as a model
that --model takes. First it measures what such a fit is worth: each pair is
predicted by a model that saw neither of its two operators. Nothing uses the new
model until it is named.`,
		Example: "  clew eval fit data/operators --version team-2026-11 -o model.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := eval.LoadOperators(args[0])
			if err != nil {
				return usageError{err}
			}
			truth, err := eval.LoadTruth(args[0])
			if err != nil {
				return usageError{err}
			}
			if folds > 0 {
				crossed, err := eval.CrossValidate(cmd.Context(), set, truth, folds, seed)
				if err != nil {
					return err
				}
				fmt.Fprintf(a.stderr, "operators not seen (%d folds): %s\n", folds, truth.Measure(crossed))
				without, left := truth.WithoutLargest(crossed)
				fmt.Fprintf(a.stderr, "without the %d pairs of the largest operator: %s\n", left, without)
			}
			model, err := eval.Fit(cmd.Context(), set, truth, version)
			if err != nil {
				return err
			}
			return a.printTo(model.Write)
		},
	}
	f := cmd.Flags()
	f.StringVar(&version, "version", "fitted", "name of the model, shown with every result")
	f.IntVar(&folds, "folds", 3, "folds of operators for cross-validation; 0 skips it")
	f.Uint64Var(&seed, "seed", 0, "how the operators are dealt into folds")
	return cmd
}

func (a *app) evalTables() *cobra.Command {
	var chosen modelFlag
	cmd := &cobra.Command{
		Use:   "all DIR",
		Short: "Hold the model to every labelled table of a folder",
		Long: `Reads a folder of labelled tables (operators/, apk_signers.csv, imphash_families.csv,
family_domains.csv, c2_windows.csv) and prints one table: each figure, what it has
to be, and whether it is. Exit code 1 when one is not.`,
		Example: "  clew eval all data/confidence",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			model, err := chosen.load()
			if err != nil {
				return err
			}
			lists, err := a.references()
			if err != nil {
				return err
			}
			rows, err := eval.All(cmd.Context(), args[0], model, lists)
			if err != nil {
				return err
			}
			if err := a.printTo(func(w io.Writer) error { return eval.WriteRows(w, rows) }); err != nil {
				return err
			}
			for _, row := range rows {
				if !row.OK {
					return fmt.Errorf("%s: %s is %s, want %s", row.Table, row.Figure, row.Got, row.Want)
				}
			}
			return nil
		},
	}
	chosen.add(cmd)
	return cmd
}

func (a *app) evalPeers() *cobra.Command {
	var (
		folds   int
		picture string
	)
	cmd := &cobra.Command{
		Use:   "peers DIR",
		Short: "Measure the rules of other tools on the same labelled pairs",
		Example: `  clew eval peers data/operators
  clew eval peers data/operators --picture precision-recall.svg`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := eval.LoadOperators(args[0])
			if err != nil {
				return usageError{err}
			}
			truth, err := eval.LoadTruth(args[0])
			if err != nil {
				return usageError{err}
			}
			contenders, err := eval.Compare(cmd.Context(), set, truth, folds)
			if err != nil {
				return err
			}
			err = a.printTo(func(w io.Writer) error {
				fmt.Fprintf(w, "%-20s  %-6s  %-9s  %-9s  %-9s  %s\n", "rule", "AP", "recall@90", "connected", "precision", "recall")
				for _, c := range contenders {
					fmt.Fprintf(w, "%-20s  %-6.3f  %-9.3f  %-9d  %-9.3f  %.3f\n", c.Name, c.AP, c.RecallAt90, c.Pairs, c.Precision, c.Recall)
				}
				return nil
			})
			if err != nil || picture == "" {
				return err
			}
			file, err := os.Create(picture)
			if err != nil {
				return usageError{err}
			}
			return errors.Join(eval.WriteCurves(file, contenders), file.Close())
		},
	}
	cmd.Flags().IntVar(&folds, "folds", 3, "folds of operators for cross-validation")
	cmd.Flags().StringVar(&picture, "picture", "", "draw precision over recall into this SVG file")
	return cmd
}

func (a *app) evalVerdicts() *cobra.Command {
	var chosen modelFlag
	var version string
	cmd := &cobra.Command{
		Use:   "verdicts -o model.json",
		Short: "Calibrate a model anew by what analysts accepted and rejected",
		Long: `Takes every accepted and rejected finding of the record, with the evidence as it
stood when the verdict was given, and fits the calibration of the model that
weighed them. Nothing uses the new model until it is named with --model; fewer
than 200 accepted findings move nothing.`,
		Example: "  clew eval verdicts --version team-2026-11 -o team.json\n  clew investigate evil.example --model team.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			model, err := chosen.load()
			if err != nil {
				return err
			}
			w, err := a.workspace(investigation.Needs{Cases: true})
			if err != nil {
				return err
			}
			defer w.Close() //nolint:errcheck // only read
			labels, err := casefile.Labels(cmd.Context(), w.Cases)
			if err != nil {
				return err
			}
			fit, err := eval.FitVerdicts(model, labels, version)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "%d accepted and %d rejected findings; calibration error over P 0.1: %.3f before, %.3f after; %d verdicts on findings of other models left out\n",
				fit.Accepted, fit.Rejected, fit.Before, fit.After, fit.Other)
			return a.printTo(fit.Model.Write)
		},
	}
	chosen.add(cmd)
	cmd.Flags().StringVar(&version, "version", "verdicts", "name of the model, shown with every result")
	return cmd
}
