package eval

import (
	"context"
	"fmt"
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
	Cases      int
	Siblings   int // members beside the seeds
	Met        int // siblings that are in the case at all
	Queries    int // pivot points followed
	Right      map[score.Band]int
	Wrong      map[score.Band]int
	Unlabelled map[score.Band]int     // findings nobody labelled: neither right nor wrong
	Stated     map[score.Band]float64 // sum of P of those right and wrong
	Victims    int                    // bystanders set up
	Joined     int                    // of these, in the high band
	// Missed counts the siblings below the low band by what kept clew from them.
	Missed map[string]int

	stated []labelled
}

func newCaseMeasure() CaseMeasure {
	return CaseMeasure{
		Right: map[score.Band]int{}, Wrong: map[score.Band]int{}, Unlabelled: map[score.Band]int{}, Stated: map[score.Band]float64{},
		Missed: map[string]int{},
	}
}

// All returns the labelled findings in some bands.
func (m CaseMeasure) All(bands ...score.Band) int {
	all := 0
	for _, b := range bands {
		all += m.Right[b] + m.Wrong[b]
	}
	return all
}

// Precision returns right over all of some bands, 0 for empty ones.
func (m CaseMeasure) Precision(bands ...score.Band) float64 {
	return rate(m.right(bands...), m.All(bands...))
}

// Recall returns the share of siblings that stand in one of the bands.
func (m CaseMeasure) Recall(bands ...score.Band) float64 {
	return rate(m.right(bands...), m.Siblings)
}

func (m CaseMeasure) right(bands ...score.Band) int {
	right := 0
	for _, b := range bands {
		right += m.Right[b]
	}
	return right
}

// ECE is the expected calibration error over P above 0.1.
func (m CaseMeasure) ECE() float64 { return calibrationError(m.stated) }

// Investigator works one seed.
type Investigator func(ctx context.Context, seeds []observable.Value) (pivot.Result, error)

// A Replay investigates campaigns from their seeds with all else hidden.
type Replay struct {
	Investigate Investigator
	// Unit is what a finding counts as, once, in its best band: ok is false where
	// nobody labelled it. RegisteredDomain for a world, Labels.Unit for a set.
	Unit func(observable.Value) (unit observable.Value, ok bool)
	// Corpus says why siblings are missed; nil does not.
	Corpus   pivot.Corpus
	Progress func(done int) // nil shows nothing
}

// RegisteredDomain counts names by the domain that somebody registered, and
// nothing else: of these a world knows all.
func RegisteredDomain(v observable.Value) (observable.Value, bool) {
	name, ok := observable.RegistrableDomain(v)
	return name, ok && v.Kind() == observable.Domain
}

// Measure investigates each campaign and adds up what came of it.
func (r Replay) Measure(ctx context.Context, campaigns []Campaign) (CaseMeasure, error) {
	m := newCaseMeasure()
	for i, c := range campaigns {
		if r.Progress != nil {
			r.Progress(i)
		}
		result, err := r.Investigate(ctx, []observable.Value{c.Seed})
		if err != nil {
			return m, fmt.Errorf("campaign %s: %w", c.ID, err)
		}
		if err := r.add(ctx, &m, c, result); err != nil {
			return m, fmt.Errorf("campaign %s: %w", c.ID, err)
		}
	}
	return m, nil
}

func (r Replay) add(ctx context.Context, m *CaseMeasure, c Campaign, result pivot.Result) error {
	m.Cases++
	m.Siblings += len(c.Members) - 1
	m.Victims += len(c.Victims)
	for _, p := range result.Points {
		if p.State == pivot.Run {
			m.Queries++
		}
	}
	seen := map[observable.Value]score.Band{c.Seed: score.High}
	for _, f := range result.Findings {
		band := score.Band(f.Band)
		unit, ok := r.Unit(f.Value)
		if !ok {
			if f.Value.Kind() == c.Seed.Kind() {
				m.Unlabelled[band]++
			}
			continue
		}
		if _, counted := seen[unit]; counted {
			continue
		}
		seen[unit] = band
		m.judge(c, unit, band, f.P)
	}
	if r.Corpus == nil {
		return nil
	}
	for _, sibling := range c.Members {
		switch band, weighed := seen[sibling]; {
		case !weighed:
			why, err := whyMissed(ctx, r.Corpus, c.Seed, sibling, result.Points)
			if err != nil {
				return err
			}
			m.Missed[why]++
		case band == score.Coincidence:
			m.Missed["weighed as a coincidence"]++
		}
	}
	return nil
}

// judge counts one finding. Findings come best first, so that this is its best band.
func (m *CaseMeasure) judge(c Campaign, unit observable.Value, band score.Band, p float64) {
	right := slices.Contains(c.Members, unit)
	m.Stated[band] += p
	m.stated = append(m.stated, labelled{p, right})
	if right {
		m.Right[band]++
		m.Met++
	} else {
		m.Wrong[band]++
	}
	if band == score.High && slices.Contains(c.Victims, unit) {
		m.Joined++
	}
}
