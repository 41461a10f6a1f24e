package eval

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"clew/internal/score"
)

// caseHeader opens the table of measured cases: siblings met at all, and shown in
// a band that is no coincidence; precision and recall of high and medium together; expected calibration error over P 0.1;
// pivots followed; right of all in each band with the mean P stated; bystanders
// in the high band of those set up.
const caseHeader = "%-38s  %5s  %8s  %5s  %5s  %9s  %6s  %5s  %7s  %-24s  %-24s  %-24s  %s\n"

// WriteCaseHeader opens the table.
func WriteCaseHeader(w io.Writer) error {
	_, err := fmt.Fprintf(w, caseHeader, "data", "cases", "siblings", "met", "shown", "precision", "recall", "ECE", "queries", "high", "medium", "low", "victims high")
	return err
}

// WriteCaseRow prints a measure as a row of the table.
func WriteCaseRow(w io.Writer, name string, m CaseMeasure) error {
	cell := func(b score.Band) string {
		return fmt.Sprintf("%d/%d (said %.2f)", m.Right[b], m.All(b), m.Stated[b]/float64(max(m.All(b), 1)))
	}
	two := func(share float64, of int) string {
		if of == 0 {
			return "-"
		}
		return fmt.Sprintf("%.2f", share)
	}
	_, err := fmt.Fprintf(w, caseHeader, name, fmt.Sprint(m.Cases), fmt.Sprint(m.Siblings), two(rate(m.Met, m.Siblings), m.Siblings),
		two(m.Recall(score.High, score.Medium, score.Low), m.Siblings),
		two(m.Precision(score.High, score.Medium), m.All(score.High, score.Medium)), two(m.Recall(score.High, score.Medium), m.Siblings),
		two(m.ECE(), m.All(score.High, score.Medium, score.Low)), fmt.Sprint(m.Queries),
		cell(score.High), cell(score.Medium), cell(score.Low), fmt.Sprintf("%d/%d", m.Joined, m.Victims))
	return err
}

// WriteMissed prints, below its row, why siblings are in no band.
func WriteMissed(w io.Writer, m CaseMeasure) error {
	if len(m.Missed) == 0 {
		return nil
	}
	var why []string
	for _, reason := range slices.Sorted(maps.Keys(m.Missed)) {
		why = append(why, fmt.Sprintf("%d %s", m.Missed[reason], reason))
	}
	_, err := fmt.Fprintf(w, "  siblings in no band: %s\n", strings.Join(why, "; "))
	return err
}
