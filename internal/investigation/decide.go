package investigation

import (
	"context"
	"fmt"
	"strings"

	"clew/internal/casefile"
	"clew/internal/pivot"
)

// Decide writes what the analyst decides into the record of a case. Where findings
// depend on it they are weighed again in the same breath, unless a run under way
// will do so: underWay says that one is.
func (w *Workspace) Decide(ctx context.Context, id string, t casefile.Type, payload any, underWay bool) (casefile.Event, error) {
	entry := casefile.Entry{Time: w.Clock(), Type: t, Actor: w.ActorOf(ctx), Data: payload}
	if underWay || !t.Weighs() {
		return w.Record(ctx, id, t, payload)
	}
	events, err := w.Reweigh(ctx, id, entry)
	if err != nil {
		return casefile.Event{}, err
	}
	return events[0], nil
}

// Undo takes back a decision of a case: a verdict, a note, tags, an expansion, a
// rejected pivot, a closing, or an undoing.
func (w *Workspace) Undo(ctx context.Context, id string, seq uint64, reason string, underWay bool) (casefile.Event, error) {
	undone, target, err := w.undoing(ctx, id, seq, reason)
	if err != nil {
		return casefile.Event{}, err
	}
	if underWay || !target.Type.Weighs() {
		return w.Record(ctx, id, casefile.TypeUndone, undone)
	}
	return w.Decide(ctx, id, casefile.TypeUndone, undone, false)
}

func (w *Workspace) undoing(ctx context.Context, id string, seq uint64, reason string) (casefile.Undone, casefile.Event, error) {
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return casefile.Undone{}, casefile.Event{}, err
	}
	return record.Undo(seq, reason)
}

// NewPivotRejection makes the rejection of a pivot point; it needs a value and a
// reason.
func NewPivotRejection(x pivot.Expansion, reason string) (casefile.PivotRejected, error) {
	switch {
	case strings.TrimSpace(reason) == "":
		return casefile.PivotRejected{}, fmt.Errorf("%w: rejecting a pivot needs its reason", ErrVerdict)
	case x.Value.IsZero():
		return casefile.PivotRejected{}, fmt.Errorf("%w: name the value that is not to be pivoted on", ErrVerdict)
	}
	return casefile.PivotRejected{Pivot: nameOf(x), Reason: reason}, nil
}

// NewPivotReopening makes the event that lets a pivot point which the analyst
// rejected be followed again.
func (w *Workspace) NewPivotReopening(ctx context.Context, id string, x pivot.Expansion, reason string) (casefile.Reopened, error) {
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return casefile.Reopened{}, err
	}
	name := nameOf(x)
	if record.PivotRejection(name) == 0 {
		return casefile.Reopened{}, fmt.Errorf("%w: nobody rejected this pivot; to follow one that the engine rejected, expand it", ErrVerdict)
	}
	return casefile.Reopened{Reason: reason, Pivot: &name, Tool: w.Version}, nil
}

// NewTags makes the tagging of a case, or of one value of it.
func NewTags(about casefile.Value, add, remove []string) (casefile.Tagged, error) {
	tagged := casefile.Tagged{About: about, Add: []string{}, Remove: []string{}}
	for _, list := range []struct {
		from []string
		to   *[]string
	}{{add, &tagged.Add}, {remove, &tagged.Remove}} {
		if len(list.from) > casefile.MaxTags {
			return tagged, fmt.Errorf("%w: more than %d tags at once", casefile.ErrInvalid, casefile.MaxTags)
		}
		for _, text := range list.from {
			tag, err := casefile.CleanTag(text)
			if err != nil {
				return tagged, err
			}
			*list.to = append(*list.to, tag)
		}
	}
	if len(tagged.Add)+len(tagged.Remove) == 0 {
		return tagged, fmt.Errorf("%w: no tag given", casefile.ErrInvalid)
	}
	return tagged, nil
}
