package pivot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"clew/internal/observable"
	"clew/internal/observation"
)

// An Expansion is a pivot that the analyst has followed by hand: the points of a
// method from an indicator of the case, or the one point on Value.
type Expansion struct {
	From   observable.Value
	Method string
	Value  observable.Value // zero for every point of the method
}

// A PointName says which pivot points are one, from wherever they are reached.
type PointName struct {
	Method string // canonical
	Value  observable.Value
}

// MarshalText writes the method, a blank, and the value: names are keys of JSON objects.
func (n PointName) MarshalText() ([]byte, error) {
	return []byte(n.Method + " " + n.Value.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (n *PointName) UnmarshalText(text []byte) error {
	method, value, _ := strings.Cut(string(text), " ")
	n.Method = method
	return n.Value.UnmarshalText([]byte(value))
}

// ByAnalyst begins the reason why a point or a link was rejected by a person.
const ByAnalyst = "rejected by the analyst: "

// Canonical is the one name of all methods that follow the same relation: what
// points are called.
func (m Method) Canonical() string {
	if m.searches() {
		return m.Name
	}
	return methodOf(Fact{Relation: m.Relation})
}

// expandByHand follows what the analyst asked for, after and beside what the
// engine chose itself. An expansion whose start is no longer in the case, since
// what led to it was rolled back, waits for it to come back.
func (r *run) expandByHand(ctx context.Context) error {
	for i, x := range r.Expansions {
		r.quiet = i+1 < r.GatherFrom
		n, met := r.nodes[x.From]
		method, known := MethodNamed(x.Method)
		if !met || !known {
			continue
		}
		r.show(Progress{Hop: n.hop + 1, Expanded: i, Waiting: len(r.Expansions) - i, Candidates: len(r.order), Now: x.Method + " from " + x.From.Defang()})
		if err := r.turn(ctx, n, method, x.Value); err != nil {
			return err
		}
	}
	return nil
}

// turn follows one method from a node of the case, one hop, whatever the rank of
// its points. Those that the analyst rejects stay rejected.
func (r *run) turn(ctx context.Context, n *node, method Method, on observable.Value) error {
	r.only = &method
	defer func() { r.only = nil }()
	if err := r.gather(ctx, n.value); err != nil {
		return err
	}
	if r.Gatherer != nil {
		if err := r.load(ctx, n); err != nil {
			return err
		}
	}
	if method.searches() {
		return r.searchBy(ctx, n, method)
	}
	points, err := r.plan(ctx, n)
	if err != nil {
		return err
	}
	for _, p := range points {
		if !on.IsZero() && p.Value != on || p.State != Rejected && r.followed[p.fact.key()] {
			continue
		}
		if _, refused := r.rejectedPoint(p.fact.Relation, p.Value); refused {
			r.points = append(r.points, p.Point)
			continue
		}
		if p.State == Rejected {
			p.Reason = "by hand, although " + p.Reason
		}
		if err := r.force(ctx, n, p); err != nil {
			return err
		}
	}
	return nil
}

// force runs a point that may have been rejected.
func (r *run) force(ctx context.Context, n *node, p planned) error {
	r.followed[p.fact.key()] = true
	if !p.fact.Self && slices.Contains(askable, p.Value.Kind()) && r.Gatherer != nil {
		if err := r.gather(ctx, p.Value); err != nil {
			return err
		}
		r.attribute(p.fact).counted = false
	}
	if err := r.meet(ctx, n, &p); err != nil {
		return err
	}
	r.points = append(r.points, p.Point)
	return nil
}

// deepest is how far bridges reach: as far as the hops of the case, and beyond
// them where the analyst went further.
func (r *run) deepest() int {
	hop := r.depth()
	for _, n := range r.order {
		hop = max(hop, n.hop)
	}
	return hop
}

// A Preview says what following a point would bring, counted before it is followed.
type Preview struct {
	Point
	Sharing  int                // others in the corpus that share the value, the value itself included where it is an indicator
	New      int                // of them, not yet in the case
	More     bool               // the corpus holds more than were counted
	Counted  bool               // false: over the limit, or a method in code, which counts by searching
	Examples []observable.Value // some of the new ones
	Asks     bool               // sources are asked about the value when it is followed
}

// previewExamples is how many new ones a preview names.
const previewExamples = 8

// Preview counts what the points of v would bring into a case that knows some
// values already: those of one method, or all, limit at most. left is how many
// more points there are. It follows nothing and asks nobody.
func (e *Engine) Preview(ctx context.Context, v observable.Value, method *Method, limit int, known func(observable.Value) bool) (previews []Preview, left int, err error) {
	r := e.newRun([]observable.Value{v})
	r.only = method
	n, err := r.node(ctx, v)
	if err != nil {
		return nil, 0, err
	}
	points, err := r.plan(ctx, n)
	if err != nil {
		return nil, 0, err
	}
	left = max(len(points)-limit, 0)
	for _, p := range points[:len(points)-left] {
		one := Preview{Point: p.Point, Asks: !p.fact.Self && slices.Contains(askable, p.Value.Kind())}
		if p.Holders <= r.maxHolders() {
			if err := r.countSharing(ctx, n, p, &one, known); err != nil {
				return nil, 0, err
			}
		}
		previews = append(previews, one)
	}
	for _, p := range r.searchable(n) {
		by, _ := MethodNamed(p.Method)
		if method != nil && method.Name != p.Method {
			continue
		}
		one := Preview{Point: p}
		if method != nil || !by.OnRequest { // what runs on request only is not run for every glance
			if err := r.countAlike(ctx, n, &one, known); err != nil {
				return nil, 0, err
			}
		}
		previews = append(previews, one)
	}
	return previews, left, nil
}

// countSharing fills in who shares a point's value.
func (r *run) countSharing(ctx context.Context, n *node, p planned, one *Preview, known func(observable.Value) bool) error {
	values, err := r.sharing(ctx, p.fact)
	if err != nil {
		return fmt.Errorf("count %s on %s: %w", p.Method, p.Value, err)
	}
	if !p.fact.Self && isIndicator(p.Value.Kind()) {
		values = append(values, p.Value)
	}
	one.Counted, one.More = true, slices.Contains(r.short, p.Value)
	return r.tally(ctx, n, values, one, known)
}

// countAlike fills in who is alike, where the search is at hand.
func (r *run) countAlike(ctx context.Context, n *node, one *Preview, known func(observable.Value) bool) error {
	by, ok := r.Searches[one.Method]
	if !ok {
		return nil
	}
	found, more, err := by.Like(ctx, n.value, int(r.maxHolders()))
	if err != nil {
		return fmt.Errorf("count %s from %s: %w", one.Method, n.value, err)
	}
	values := make([]observable.Value, len(found))
	for i, like := range found {
		values[i] = like.Value
	}
	one.Counted, one.More, one.Holders, one.HoldersKnown, one.Reason = true, more, uint64(len(found)), true, ""
	return r.tally(ctx, n, values, one, known)
}

func (r *run) tally(ctx context.Context, n *node, values []observable.Value, one *Preview, known func(observable.Value) bool) error {
	var distinct []observable.Value
	for _, v := range values {
		canonical, err := r.identities.canonical(ctx, v)
		if err != nil {
			return err
		}
		if canonical != n.value {
			distinct = append(distinct, canonical)
		}
	}
	slices.SortFunc(distinct, observable.Value.Compare)
	distinct = slices.Compact(distinct)
	one.Sharing = len(distinct)
	for _, v := range distinct {
		if known(v) {
			continue
		}
		if one.New++; len(one.Examples) < previewExamples {
			one.Examples = append(one.Examples, v)
		}
	}
	return nil
}

// rejectedPoint gives the analyst's reason why a point is not followed in this case.
func (r *run) rejectedPoint(relation observation.Relation, v observable.Value) (string, bool) {
	reason, ok := r.Verdicts.RejectedPoints[PointName{methodOf(Fact{Relation: relation}), v}]
	return ByAnalyst + reason, ok
}
