package pivot

import (
	"context"
	"slices"

	"clew/internal/observation"
)

// An Order says in which order pivot points are followed.
type Order uint8

const (
	// ByPromise follows first what promises most: expected bits times expected
	// new members, over the price. It is the plan of design section 4.
	ByPromise Order = iota
	// ByArrival follows points as they came up, hop by hop: breadth first, as
	// most tools expand a graph. For measuring what the plan is worth.
	ByArrival
	// Blindly is ByArrival without counting first: what lists or the holder limit
	// would have rejected is followed as well, up to the limit of holders.
	Blindly
)

// outOfPivots is why a point was not followed when Options.Pivots ran out.
const outOfPivots = "the limit of pivots was reached before it"

// expandWithin expands a frontier under a limit of pivots: the points of all its
// nodes compete, and each one that was followed changes what the others promise.
// By promise, who was met on the way competes at once, and need not wait until a
// hop is used up: the second fact of a sure member is worth more than the tenth of
// the seed.
func (r *run) expandWithin(ctx context.Context, frontier []*node, hop int) error {
	waiting, err := r.candidates(ctx, frontier)
	if err != nil {
		return err
	}
	searched := frontier
	for len(waiting) > 0 {
		i := r.next(waiting)
		c := waiting[i]
		waiting = slices.Delete(waiting, i, i+1)
		r.show(Progress{Hop: hop, Expanded: r.spent, Waiting: len(waiting), Candidates: len(r.order), Now: c.planned.Method + " on " + c.planned.Value.Defang()})
		if r.spent >= r.Pivots && c.planned.State != Rejected {
			if !r.followed[c.planned.fact.key()] {
				r.followed[c.planned.fact.key()] = true
				c.planned.State, c.planned.Reason = NotAsked, outOfPivots
				r.points = append(r.points, c.planned.Point)
			}
			continue
		}
		met := len(r.order)
		if err := r.spend(func() error { return r.follow(ctx, c.node, c.planned) }); err != nil {
			return err
		}
		if r.Order != ByPromise || r.spent >= r.Pivots || len(r.order) == met {
			continue
		}
		found, err := r.foundMeanwhile(ctx)
		if err != nil {
			return err
		}
		more, err := r.candidates(ctx, found)
		if err != nil {
			return err
		}
		waiting, searched = append(waiting, more...), append(searched, found...)
	}
	for _, n := range searched { // searches cannot say beforehand what they promise: they come last
		if r.spent >= r.Pivots {
			break
		}
		if err := r.spend(func() error { return r.search(ctx, n) }); err != nil {
			return err
		}
	}
	return nil
}

// candidates plans nodes: gathers what is known of each and lists its points.
func (r *run) candidates(ctx context.Context, nodes []*node) ([]candidate, error) {
	var waiting []candidate
	for _, n := range nodes {
		n.expanded = true
		if err := r.gather(ctx, n.value); err != nil {
			return nil, err
		}
		if r.Gatherer != nil {
			if err := r.load(ctx, n); err != nil {
				return nil, err
			}
		}
		points, err := r.plan(ctx, n)
		if err != nil {
			return nil, err
		}
		if r.Order != ByPromise {
			points = r.asTheyCame(n, points)
		}
		for _, p := range points {
			waiting = append(waiting, candidate{n, p})
		}
	}
	return waiting, nil
}

// foundMeanwhile weighs the case as it stands and lists who is worth expanding
// within its depth.
func (r *run) foundMeanwhile(ctx context.Context) ([]*node, error) {
	if err := r.weighAll(ctx); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(r.worthExpanding(), func(n *node) bool { return n.hop >= r.depth() }), nil
}

// spend counts the points that something follows.
func (r *run) spend(follow func() error) error {
	before := len(r.points)
	err := follow()
	for _, p := range r.points[before:] {
		if p.State == Run {
			r.spent++
		}
	}
	return err
}

// A candidate is a point that waits, with the node it leads on from.
type candidate struct {
	node    *node
	planned planned
}

// next picks the point to follow now. Those rejected come last: they cost nothing.
func (r *run) next(waiting []candidate) int {
	if r.Order != ByPromise {
		return 0
	}
	best, most := 0, -1.0
	for i, c := range waiting {
		if c.planned.State == Rejected {
			continue
		}
		if promise := r.promiseNow(c); promise > most {
			best, most = i, promise
		}
	}
	return best
}

// promiseNow is the promise of a point as the case stands: who is in it already
// is nobody new, and what hangs on a doubtful node is doubtful itself.
func (r *run) promiseNow(c candidate) float64 {
	p := c.planned
	held := max(p.Holders, 1)
	others := float64(held - min(held, uint64(r.met[r.attribute(p.fact)])))
	if p.price > 0 {
		others = max(others, 1) // whoever is asked may know more than is known here
	}
	promise := c.node.p * p.Expected * min(others, mostExpected) / max(p.price, 1)
	if p.fact.coarse() || p.fact.Relation == observation.SubdomainOf {
		promise /= coarseDiscount
	}
	return promise
}

const (
	// mostExpected bounds the members a single point is expected to bring:
	// operators have dozens, and a value held by more is mostly others'.
	mostExpected = 50
	// coarseDiscount puts a block or provider behind the addresses and hosts in it,
	// and the names below a member behind everything: who has the domain has them.
	coarseDiscount = 1000
)

// asTheyCame puts a plan back into the order of the node's facts.
func (r *run) asTheyCame(n *node, points []planned) []planned {
	at := map[factKey]int{}
	for i, f := range n.facts {
		at[f.key()] = i
	}
	slices.SortStableFunc(points, func(a, b planned) int { return at[a.fact.key()] - at[b.fact.key()] })
	for i := range points {
		if r.Order == Blindly && points[i].State == Rejected {
			points[i].State, points[i].Reason = NotAsked, ""
		}
	}
	return points
}
