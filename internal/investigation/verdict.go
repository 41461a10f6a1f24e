package investigation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/observation"
)

// ErrVerdict means that a verdict cannot be recorded as it was given.
var ErrVerdict = errors.New("not a verdict")

// NewVerdict makes a verdict on v, or with a relation on v as a link. It needs a
// reason; everywhere makes it count in every case.
func NewVerdict(v observable.Value, relation, reason string, everywhere bool) (casefile.Verdict, error) {
	if strings.TrimSpace(reason) == "" {
		return casefile.Verdict{}, fmt.Errorf("%w: a verdict needs its reason: --reason 'why'", ErrVerdict)
	}
	if _, known := observation.RelationNamed(relation); relation != "" && !known {
		return casefile.Verdict{}, fmt.Errorf("%w: --relation %q is no relation: docs/reference/vocabulary.md lists them", ErrVerdict, relation)
	}
	verdict := casefile.Verdict{About: casefile.ValueOf(v), Relation: relation, Reason: reason, Scope: casefile.ScopeCase}
	if everywhere {
		verdict.Scope = casefile.ScopeAll
	}
	return verdict, nil
}

// RecordExported notes that a case was exported, and what stayed out. The same
// export as the last one to that place adds nothing.
func (w *Workspace) RecordExported(ctx context.Context, id string, e casefile.Exported) error {
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil || record.Exported(e) {
		return err
	}
	_, err = w.Record(ctx, id, casefile.TypeExported, e)
	return err
}

// Record writes what the analyst decided or noted into the record of a case.
func (w *Workspace) Record(ctx context.Context, id string, t casefile.Type, payload any) (casefile.Event, error) {
	events, err := w.Cases.Append(ctx, id, casefile.Entry{Time: w.Clock(), Type: t, Actor: w.ActorOf(ctx), Data: payload})
	if err != nil {
		return casefile.Event{}, err
	}
	return events[0], nil
}
