// Package pivot follows a seed to what shares its attributes: it lists the
// pivot points, counts before it pivots, plans under a budget, hops, and hands
// every candidate's evidence to package score.
package pivot

import (
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
)

// A Finding is one indicator that may belong with the seed, and why. The JSON
// form is part of the command line's contract (design section 7).
type Finding struct {
	Value      observable.Value // "kind" and "value" in JSON
	P          float64          // calibrated probability that the seed's operator runs it, 0.001 to 0.99
	Band       string           // high, medium, low or coincidence
	Bits       float64          // total of the direct evidence, the prior included
	Hops       int              // 1 for a direct match
	Window     observation.Window
	Factors    []Factor
	Paths      [][]string // seed, "relation:value", finding; longer for hops
	Suppressed string     // the list and reason that hold it down, "" when none
	Verdict    string     // accepted, rejected or "": the analyst's
	Model      string     // version of the scoring model
}

// A Factor is one line of a finding's waterfall. The bits of all lines add up
// to Finding.Bits, to 0.01.
type Factor struct {
	Family   string
	Relation string // relation or name of the step: prior, correlated
	Value    observable.Value
	Holders  uint64 // how many hold the value, the finding and the seed included
	Groups   int    // effective holders: groups of holders that belong together, 0 when not grouped
	Of       uint64 // population Holders was counted in
	CountOf  string // where Holders comes from: a provider and day, the local store, a reference list
	Bits     float64
	Raw      float64            // bits before the family cap
	Window   observation.Window // when both held it
	Sources  []string
	Evidence []string
	Note     string // a sentence an analyst could paste into a report
	Default  bool   // weight is judgement, not measured
	Guest    bool   // the seed was a guest there: no reason for the high band, see [score.Match.Guest]
}

// PivotState says what became of a pivot point.
type PivotState string

const (
	Run      PivotState = "run"
	Rejected PivotState = "rejected"
	NotAsked PivotState = "not-asked"
)

// A Point is one pivot point and what was decided about it. A rejected point
// is a record like any other: value, holders, reason.
type Point struct {
	From    observable.Value
	Method  string // row of the catalogue
	Value   observable.Value
	Holders uint64
	// HoldersKnown is false when nobody could say how many hold the value.
	HoldersKnown bool
	Expected     float64 // bits expected if shared
	State        PivotState
	Reason       string
	New          int // indicators that were not known before
	At           time.Time
}

// A Gap is a question that has no answer, and why.
type Gap struct {
	Source string
	Value  observable.Value
	State  string // a source.State
	Reason string
}
