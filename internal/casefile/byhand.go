package casefile

import (
	"fmt"
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/pivot"
)

// Expanded says that the analyst had pivot points followed by hand, whatever
// their rank: those of one method from one indicator, or with a value in On the
// one point on it.
type Expanded struct {
	Pivot  PivotName `json:"pivot"`
	Reason string    `json:"reason"` // the analyst's; "" when none was given
}

// PivotRejected says that the analyst wants a pivot point not to be followed in
// this case, from wherever it is reached.
type PivotRejected struct {
	Pivot  PivotName `json:"pivot"`
	Reason string    `json:"reason"`
}

// An Expansion is one pivot that was followed by hand.
type Expansion struct {
	Seq      uint64 `json:"seq"` // of its event: what undoing it names
	At       Time   `json:"at"`
	Actor    string `json:"actor"`
	FromKind string `json:"from_kind"`
	From     string `json:"from"`
	Method   string `json:"method"`
	Kind     string `json:"kind"` // of the value; "" for every point of the method
	Value    string `json:"value"`
	Reason   string `json:"reason"`
	State    string `json:"state"` // run or rolled-back
	// Undone is the event that rolled it back, which can be undone itself.
	Undone uint64 `json:"undone,omitempty"`
}

// The states of an expansion.
const (
	ExpansionRun        = "run"
	ExpansionRolledBack = "rolled-back"
)

// refusal is a pivot point that the analyst rejected.
type refusal struct {
	seq    uint64
	reason string
}

// ofMethod names the pivot points of a method that are one: co-hosted and
// resolves-to are both about an address. A method of a newer clew is itself.
func ofMethod(name string, on Value) (pivotKey, bool) {
	if m, known := pivot.MethodNamed(name); known {
		name = m.Canonical()
	}
	return pivotKey{name, on}, on != Value{}
}

type pivotKey struct {
	method string
	on     Value
}

// expand takes an expansion into the sum. Whoever follows a pivot by hand no
// longer rejects it.
func (r *Record) expand(e Event) error {
	p, err := decoded[Expanded](e)
	if err != nil {
		return err
	}
	x := Expansion{
		Seq: e.Seq, At: timeOf(e.At()), Actor: e.Actor, FromKind: p.Pivot.From.Kind, From: p.Pivot.From.Value, Method: p.Pivot.Method,
		Kind: p.Pivot.On.Kind, Value: p.Pivot.On.Value, Reason: p.Reason, State: ExpansionRun,
	}
	if r.undone[e.Seq] != 0 {
		x.State, x.Undone = ExpansionRolledBack, r.undone[e.Seq]
	} else {
		r.State, r.closed = StateOpen, false
		if key, ok := ofMethod(p.Pivot.Method, p.Pivot.On); ok {
			delete(r.refused, key)
		}
	}
	r.expansions = append(r.expansions, x)
	return nil
}

func (r *Record) refusePivot(e Event) error {
	p, err := decoded[PivotRejected](e)
	if err != nil {
		return err
	}
	if r.refused == nil {
		r.refused = map[pivotKey]refusal{}
	}
	if key, ok := ofMethod(p.Pivot.Method, p.Pivot.On); ok {
		r.refused[key] = refusal{e.Seq, p.Reason}
	}
	return nil
}

// ExpandedLast reports whether the last expansions of the case are those of entries,
// by the same actor: a run that was cut off had written them.
func (r *Record) ExpandedLast(entries []Entry) bool {
	if len(entries) > len(r.expansions) {
		return false
	}
	for i, x := range r.expansions[len(r.expansions)-len(entries):] {
		p, ok := entries[i].Data.(Expanded)
		if !ok || x.State != ExpansionRun || x.Actor != entries[i].Actor || x.Method != p.Pivot.Method || x.Reason != p.Reason ||
			(Value{x.FromKind, x.From}) != p.Pivot.From || (Value{x.Kind, x.Value}) != p.Pivot.On {
			return false
		}
	}
	return true
}

// Expansions returns what is to be followed by hand, in the order in which it
// was asked for. What was rolled back is not in it.
func (r *Record) Expansions() ([]pivot.Expansion, error) {
	var list []pivot.Expansion
	for _, x := range r.expansions {
		if x.State != ExpansionRun {
			continue
		}
		from, err := valueOf(x.FromKind, x.From)
		if err != nil {
			return nil, fmt.Errorf("%w: expansion %d: %w", ErrDamaged, x.Seq, err)
		}
		on, err := valueOf(x.Kind, x.Value)
		if err != nil {
			return nil, fmt.Errorf("%w: expansion %d: %w", ErrDamaged, x.Seq, err)
		}
		list = append(list, pivot.Expansion{From: from, Method: x.Method, Value: on})
	}
	return list, nil
}

// RejectedPoints returns the pivot points that the analyst wants left alone.
func (r *Record) RejectedPoints() (map[pivot.PointName]string, error) {
	points := map[pivot.PointName]string{}
	for key, why := range r.refused {
		on, err := key.on.Observable()
		if err != nil {
			return nil, fmt.Errorf("%w: rejected pivot, event %d: %w", ErrDamaged, why.seq, err)
		}
		points[pivot.PointName{Method: key.method, Value: on}] = why.reason
	}
	return points, nil
}

// PivotRejection returns the event by which the analyst rejected a pivot point, 0
// for one that nobody did.
func (r *Record) PivotRejection(name PivotName) uint64 {
	key, _ := ofMethod(name.Method, name.On)
	return r.refused[key].seq
}

// Holds reports whether a value is a seed or a finding of the case.
func (r *Record) Holds(v observable.Value) bool {
	given := ValueOf(v)
	return slices.ContainsFunc(r.Opened.Seeds, func(s Seed) bool { return s.Kind == given.Kind && s.Value == given.Value }) ||
		slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Kind == given.Kind && f.Value == given.Value })
}

// judgedPivots lays the analyst's rejections over the points of the last run.
func (r *Record) judgedPivots() []Pivot {
	if len(r.refused) == 0 {
		return r.pivots
	}
	list := slices.Clone(r.pivots)
	for i, p := range list {
		key, _ := ofMethod(p.Method, Value{p.Kind, p.Value})
		if why, yes := r.refused[key]; yes {
			list[i].State, list[i].Reason, list[i].Rejection = string(pivot.Rejected), pivot.ByAnalyst+why.reason, why.seq
		}
	}
	return list
}

func (p PivotName) describe() string {
	text := p.Method + " from " + defanged(p.From)
	if p.On != (Value{}) {
		text += " on " + defanged(p.On)
	}
	return text
}

func (p Expanded) describe() string {
	return strings.TrimSuffix(p.Pivot.describe()+": "+p.Reason, ": ")
}

func (p PivotRejected) describe() string { return p.Pivot.describe() + ": " + p.Reason }
