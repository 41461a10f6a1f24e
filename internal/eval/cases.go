package eval

import (
	"context"
	"fmt"
	"io"
	"slices"

	"clew/internal/observable"
	"clew/internal/pivot"
	"clew/internal/score"
)

// A Campaign is a labelled case: one member is given, the others are to be found.
type Campaign struct {
	ID      string
	Seed    observable.Value
	Members []observable.Value // the seed among them
	// Victims are bystanders that the operator makes look like members; none may
	// be in the high band.
	Victims []observable.Value
}

// A CaseMeasure adds up campaigns that were investigated one by one.
type CaseMeasure struct {
	Cases    int
	Siblings int // members beside the seeds
	Met      int // siblings that are in the case at all
	Queries  int // pivot points followed
	Right    map[score.Band]int
	Wrong    map[score.Band]int
	Stated   map[score.Band]float64 // sum of P
	Victims  int                    // bystanders set up
	Joined   int                    // of these, in the high band
}

// Precision returns right over all of a band, 0 for an empty one.
func (m CaseMeasure) Precision(b score.Band) float64 { return rate(m.Right[b], m.Right[b]+m.Wrong[b]) }

// Recall returns the siblings that stand in one of the bands.
func (m CaseMeasure) Recall(bands ...score.Band) float64 {
	right := 0
	for _, b := range bands {
		right += m.Right[b]
	}
	return rate(right, m.Siblings)
}

// Investigator works one seed.
type Investigator func(ctx context.Context, seeds []observable.Value) (pivot.Result, error)

// MeasureCases investigates each campaign from its seed with all else hidden and
// counts each registered domain once, in its best band.
func MeasureCases(ctx context.Context, investigate Investigator, campaigns []Campaign, progress func(done int)) (CaseMeasure, error) {
	m := CaseMeasure{Right: map[score.Band]int{}, Wrong: map[score.Band]int{}, Stated: map[score.Band]float64{}}
	for i, c := range campaigns {
		if progress != nil {
			progress(i)
		}
		result, err := investigate(ctx, []observable.Value{c.Seed})
		if err != nil {
			return m, fmt.Errorf("campaign %s: %w", c.ID, err)
		}
		m.add(c, result)
	}
	return m, nil
}

func (m *CaseMeasure) add(c Campaign, result pivot.Result) {
	m.Cases++
	m.Siblings += len(c.Members) - 1
	m.Victims += len(c.Victims)
	for _, p := range result.Points {
		if p.State == pivot.Run {
			m.Queries++
		}
	}
	seen := map[observable.Value]bool{c.Seed: true}
	for _, f := range result.Findings {
		name, ok := observable.RegistrableDomain(f.Value)
		if !ok || f.Value.Kind() != observable.Domain || seen[name] {
			continue
		}
		seen[name] = true
		band := score.Band(f.Band)
		m.Stated[band] += f.P
		if slices.Contains(c.Members, name) {
			m.Right[band]++
			m.Met++
		} else {
			m.Wrong[band]++
		}
		if band == score.High && slices.Contains(c.Victims, name) {
			m.Joined++
		}
	}
}

// WriteCaseRow prints a measure as a row of the table that WriteCaseHeader opens.
func WriteCaseRow(w io.Writer, name string, m CaseMeasure) error {
	cell := func(b score.Band) string {
		all := m.Right[b] + m.Wrong[b]
		return fmt.Sprintf("%d/%d (said %.2f)", m.Right[b], all, m.Stated[b]/float64(max(all, 1)))
	}
	_, err := fmt.Fprintf(w, "%-34s  %5d  %8d  %5.2f  %7d  %-22s  %-22s  %-22s  %d/%d\n", name, m.Cases, m.Siblings,
		rate(m.Met, m.Siblings), m.Queries, cell(score.High), cell(score.Medium), cell(score.Low), m.Joined, m.Victims)
	return err
}

// WriteCaseHeader opens the table: right of all in each band with the mean P
// stated, and bystanders in the high band of those set up.
func WriteCaseHeader(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%-34s  %5s  %8s  %5s  %7s  %-22s  %-22s  %-22s  %s\n", "case", "cases", "siblings", "met", "queries", "high", "medium", "low", "victims high")
	return err
}
