package similar

import (
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
)

// engineLists are lists for the engine: what is suppressed, and no more.
type engineLists struct{ Suppressor }

func (engineLists) Benign(observable.Value) (string, bool) { return "", false }

func (engineLists) BaseCount(observation.Relation, observable.Value) (n, of uint64, list string, ok bool) {
	return 0, 0, "", false
}

func (engineLists) NameCount(observation.Relation, string) (uint64, string, bool) {
	return 0, "", false
}

func today() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
