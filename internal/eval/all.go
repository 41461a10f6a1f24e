package eval

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"clew/internal/score"
)

// crossFolds is into how many folds the operators are dealt when a whole folder
// is measured.
const crossFolds = 3

// All measures everything in a folder of labelled tables: the operators by
// cross-validation and with the model given, then the other tables.
func All(ctx context.Context, dir string, model score.Model, lists Lists) ([]Row, error) {
	operators := filepath.Join(dir, "operators")
	set, err := LoadOperators(operators)
	if err != nil {
		return nil, err
	}
	truth, err := LoadTruth(operators)
	if err != nil {
		return nil, err
	}
	crossed, err := CrossValidate(ctx, set, truth, crossFolds, 0)
	if err != nil {
		return nil, err
	}
	m := truth.Measure(crossed)
	rows := []Row{
		atLeast("operators not seen", "average precision with hops", m.AveragePrecision, 0.45),
		atLeast("operators not seen", "recall at 90 % precision", m.RecallAt90, 0.38),
		atLeast("operators not seen", "precision of the high band", m.High.Precision, 0.94),
		atLeast("operators not seen", "recall of the high band", m.High.Recall, 0.33),
		between("operators not seen", "precision of the medium band", m.Medium.Precision, 0.5, 0.9),
		between("operators not seen", "calibration error over P 0.1", m.ECE, 0, 0.05),
	}
	rows = append(rows, CountBins(set, truth, crossed)...)
	given, err := set.Predict(ctx, model)
	if err != nil {
		return nil, err
	}
	m = truth.Measure(given)
	rows = append(rows, atLeast("operators, "+model.Version, "average precision with hops", m.AveragePrecision, 0.385))
	more, err := Tables(dir, model, lists)
	return append(rows, more...), err
}

func atLeast(table, what string, got, want float64) Row {
	return Row{table, what, figure(got), ">= " + strconv.FormatFloat(want, 'g', -1, 64), got >= want}
}

func between(table, what string, got, low, high float64) Row {
	return Row{table, what, figure(got), fmt.Sprintf("%g to %g", low, high), got >= low && got <= high}
}

// WriteRows prints the rows as a table.
func WriteRows(w io.Writer, rows []Row) error {
	for _, row := range rows {
		ok := "ok"
		if !row.OK {
			ok = "MISSED"
		}
		if _, err := fmt.Fprintf(w, "%-6s  %-26s  %s: %s (want %s)\n", ok, row.Table, row.Figure, row.Got, row.Want); err != nil {
			return err
		}
	}
	return nil
}
