package casefile

import (
	"fmt"
	"slices"
	"strings"
)

// Undone takes back an earlier event of the case. The record keeps both; what is
// computed from it is as if the earlier one had not happened. It can be taken
// back itself.
type Undone struct {
	Seq    uint64 `json:"seq"` // of the event that is taken back
	Reason string `json:"reason"`
}

func (p Undone) describe() string {
	return strings.TrimSuffix(fmt.Sprintf("event %d: %s", p.Seq, p.Reason), ": ")
}

// undoable are the events that can be taken back: what an analyst decided or
// wrote. What was asked, disclosed, found or seen happened, and stays. Actions
// have states of their own.
var undoable = []Type{
	TypeAccepted, TypeRejected, TypeNoted, TypeTagged, TypeExpanded, TypePivotRejected, TypeReopened, TypeClosed, TypeUndone,
}

// undoneBy returns by which event each event that does not count was taken back.
// Those of other types than [undoable] are never in it, whatever the record says.
func undoneBy(events []Event) (map[uint64]uint64, error) {
	types := make(map[uint64]Type, len(events))
	var undoings []Event
	for _, e := range events {
		types[e.Seq] = e.Type
		if e.Type == TypeUndone {
			undoings = append(undoings, e)
		}
	}
	by := map[uint64]uint64{}
	for _, e := range slices.Backward(undoings) { // the last first: it may take back another
		undone, err := decoded[Undone](e)
		if err != nil {
			return nil, err
		}
		if by[e.Seq] == 0 && undone.Seq < e.Seq && slices.Contains(undoable, types[undone.Seq]) {
			by[undone.Seq] = e.Seq
		}
	}
	return by, nil
}

// standing returns the events of these types that count.
func standing(events []Event, types ...Type) ([]Event, error) {
	undone, err := undoneBy(events)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(events), func(e Event) bool {
		return undone[e.Seq] != 0 || !slices.Contains(types, e.Type)
	}), nil
}

// Undo says why an event cannot be taken back, or returns the entry's payload.
func (r *Record) Undo(seq uint64, reason string) (Undone, Event, error) {
	i := slices.IndexFunc(r.Events, func(e Event) bool { return e.Seq == seq })
	switch {
	case i < 0:
		return Undone{}, Event{}, fmt.Errorf("%w: case %s has no event %d: clew case log %s lists them", ErrInvalid, r.Head.Case, seq, r.Head.Case)
	case !slices.Contains(undoable, r.Events[i].Type) || !decision(r.Events[i]):
		return Undone{}, Event{}, fmt.Errorf("%w: event %d (%s) happened and cannot be taken back: verdicts, notes, tags, expansions, rejected pivots, closing and undoing can", ErrInvalid, seq, r.Events[i].Type)
	case r.undone[seq] != 0:
		return Undone{}, Event{}, fmt.Errorf("%w: event %d is undone already, by event %d: undo that one to have it again", ErrInvalid, seq, r.undone[seq])
	}
	return Undone{seq, reason}, r.Events[i], nil
}

// decision reports whether an event is what somebody decided. That a further run
// began is not.
func decision(e Event) bool {
	if e.Type != TypeReopened {
		return true
	}
	reopened, err := decoded[Reopened](e)
	return err == nil && reopened.Limits == nil
}

// Weighs reports whether findings depend on an event of this type.
func (t Type) Weighs() bool {
	switch t {
	case TypeAccepted, TypeRejected, TypeExpanded, TypePivotRejected, TypeReopened, TypeUndone:
		return true
	}
	return false
}
