package push

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/marking"
	"clew/internal/observable"
)

// ErrPAP means that a case may not be published.
var ErrPAP = errors.New("forbidden by PAP")

// A Permit is what lets a case be handed to a server. Sharing servers pass on
// what they are given, so a push is a publication, and needs PAP:CLEAR; what the
// team runs for itself publishes nothing.
type Permit struct {
	PAP marking.PAP // given for this push; 0 means that each case's own counts
	Own bool        // the server is the team's own
}

// May says why a case may not be handed over.
func (p Permit) May(c casefile.Case) error {
	if p.Own {
		return nil
	}
	allowed, from := p.PAP, "this push is"
	if allowed == 0 {
		var err error
		if allowed, err = marking.ParsePAP(c.PAP); err != nil {
			return fmt.Errorf("case %s: %w", c.ID, err)
		}
		from = "case " + c.ID + " is"
	}
	if !allowed.Allows(marking.Clear) {
		return fmt.Errorf("%w: handing a case to a server that others read publishes it, which needs PAP:CLEAR, and %s PAP:%s", ErrPAP, from, allowed)
	}
	return nil
}

// Level is the marking under which the ledger has a push of the case.
func (p Permit) Level(c casefile.Case) string {
	if p.PAP != 0 {
		return p.PAP.String()
	}
	return c.PAP
}

// Told lists what a server learns from a set, each value once: the entries, what
// they were linked by, and the ends of each step that led to them.
func Told(s export.Set) []observable.Value {
	var all []observable.Value
	for _, e := range s.Entries {
		all = append(all, e.Value)
		for _, fact := range e.Facts {
			all = append(all, fact.Object)
		}
	}
	for _, e := range s.Edges {
		all = append(all, e.From, e.To)
	}
	slices.SortFunc(all, func(a, b observable.Value) int { return cmp.Or(a.Compare(b), cmp.Compare(a.Text(), b.Text())) })
	return slices.Compact(all)
}
