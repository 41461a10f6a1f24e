package casefile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/pivot"
)

// Verdicts returns what the analyst decided in this case, in the engine's form.
// The last verdict on a value counts. A rejected value is neither a finding nor
// a link to one; a verdict on one relation concerns the link only.
func (r *Record) Verdicts() (pivot.Verdicts, error) { return verdictsOf(r.verdicts) }

func verdictsOf(list []verdict) (pivot.Verdicts, error) {
	set := pivot.Verdicts{
		RejectedFindings: map[observable.Value]string{},
		AcceptedFindings: map[observable.Value]string{},
		RejectedLinks:    map[pivot.Link]string{},
	}
	for _, v := range list {
		about, err := v.About.Observable()
		if err != nil {
			return pivot.Verdicts{}, fmt.Errorf("%w: verdict: %w", ErrDamaged, err)
		}
		link := pivot.Link{Value: about}
		if v.Relation != "" {
			relation, known := observation.RelationNamed(v.Relation)
			if !known {
				return pivot.Verdicts{}, fmt.Errorf("%w: verdict on the unknown relation %s", ErrDamaged, Printable(v.Relation))
			}
			link.Relation = relation
		}
		delete(set.RejectedLinks, link)
		if v.Relation == "" {
			delete(set.RejectedFindings, about)
			delete(set.AcceptedFindings, about)
		}
		switch {
		case v.accepted && v.Relation == "":
			set.AcceptedFindings[about] = v.Reason
		case !v.accepted:
			set.RejectedLinks[link] = v.Reason
			if v.Relation == "" {
				set.RejectedFindings[about] = v.Reason
			}
		}
	}
	return set, nil
}

// StandingVerdicts returns the verdicts of every case but one whose scope is all,
// oldest first. Those of that case itself go on top.
func StandingVerdicts(ctx context.Context, r Reader, but string) (pivot.Verdicts, error) {
	heads, err := r.Cases(ctx)
	if err != nil {
		return pivot.Verdicts{}, err
	}
	var events []Event
	for _, head := range heads {
		if head.Case == but {
			continue
		}
		more, err := r.Events(ctx, head.Case, Query{Types: []Type{TypeAccepted, TypeRejected, TypeUndone}})
		if err != nil {
			return pivot.Verdicts{}, err
		}
		if more, err = standing(more, TypeAccepted, TypeRejected); err != nil {
			return pivot.Verdicts{}, err
		}
		events = append(events, more...)
	}
	slices.SortStableFunc(events, func(a, b Event) int { return strings.Compare(a.Time, b.Time) })
	var standing []verdict
	for _, e := range events {
		v, err := decoded[Verdict](e)
		if err != nil {
			return pivot.Verdicts{}, err
		}
		if v.Scope == ScopeAll {
			standing = append(standing, verdict{*v, e.Type == TypeAccepted, e.Seq})
		}
	}
	return verdictsOf(standing)
}
