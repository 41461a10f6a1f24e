// Package observation holds the one fact clew is built on: a source saw a
// relation between two values during a window of time.
package observation

import (
	"fmt"
	"slices"
	"time"

	"clew/internal/observable"
)

// A Window is a span of time, UTC, to the second, both ends included. A zero
// First or Last means that end is unknown.
type Window struct {
	First, Last time.Time
}

// Known reports whether at least one end is known.
func (w Window) Known() bool { return !w.First.IsZero() || !w.Last.IsZero() }

// Union returns the smallest window that covers both; an unknown end of one is
// filled from the other.
func (w Window) Union(x Window) Window {
	if w.First.IsZero() || (!x.First.IsZero() && x.First.Before(w.First)) {
		w.First = x.First
	}
	if x.Last.After(w.Last) {
		w.Last = x.Last
	}
	return w
}

// An Observation says a source saw Relation hold between Subject and Object.
//
// Window bounds the sighting and promises nothing about the days between. Count
// is how often it was seen, at least 1. Source and Evidence are stamped by
// whoever asked (the runner or the import), never by a connector: Evidence is
// "sha256:" and the hex digest of the raw answer, or the name of the import.
type Observation struct {
	Subject  observable.Value
	Relation Relation
	Object   observable.Value
	Window
	Count    uint64
	Source   string
	Evidence string
}

// Check says why o is not a fact the vocabulary allows, or nil.
func (o Observation) Check() error {
	switch {
	case !o.Relation.Valid():
		return fmt.Errorf("unknown %s", o.Relation)
	case !slices.Contains(o.Relation.Subjects(), o.Subject.Kind()):
		return fmt.Errorf("%s cannot start from a %s", o.Relation, o.Subject.Kind())
	case !slices.Contains(o.Relation.Objects(), o.Object.Kind()):
		return fmt.Errorf("%s cannot lead to a %s", o.Relation, o.Object.Kind())
	case o.Subject == o.Object:
		return fmt.Errorf("%s of a value to itself", o.Relation)
	case !o.First.IsZero() && !o.Last.IsZero() && o.Last.Before(o.First):
		return fmt.Errorf("window ends %s before it starts %s", o.Last.Format(time.RFC3339), o.First.Format(time.RFC3339))
	}
	return nil
}

// Compare orders observations by subject, relation, object, source, first, last.
func (o Observation) Compare(p Observation) int {
	if c := o.Subject.Compare(p.Subject); c != 0 {
		return c
	}
	if o.Relation != p.Relation {
		return int(o.Relation) - int(p.Relation)
	}
	if c := o.Object.Compare(p.Object); c != 0 {
		return c
	}
	if o.Source != p.Source {
		if o.Source < p.Source {
			return -1
		}
		return 1
	}
	if c := o.First.Compare(p.First); c != 0 {
		return c
	}
	return o.Last.Compare(p.Last)
}
