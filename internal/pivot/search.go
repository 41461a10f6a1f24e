package pivot

import (
	"context"
	"fmt"
	"slices"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/score"
)

// A Search is the code behind a row of the catalogue that has no relation: it
// finds what is like a value where no shared value leads to it.
type Search interface {
	// Like lists what is like v, likest first and in a fixed order, v itself
	// left out. More says that there is more than limit.
	Like(ctx context.Context, v observable.Value, limit int) (found []Likeness, more bool, err error)
}

// A Likeness is a value that a [Search] found, and what being alike is worth.
type Likeness struct {
	Value observable.Value
	// Relation is what they are alike in; it gives the family and the weight.
	Relation observation.Relation
	// Shared is what both are like, as the explanation shows it.
	Shared observable.Value
	// Worth, when positive, is the evidence in bits. Otherwise it follows from
	// Holders of Of, counted as CountOf says: how many are alike by chance. With
	// neither, being alike is no evidence beyond the facts that both hold.
	Worth       float64
	Holders, Of uint64
	CountOf     string
	Note        string // how they are alike, for the explanation
}

// searches reports whether a method is code rather than relations.
func (m Method) searches() bool { return m.Relation == 0 }

// searchable lists the methods in code that can start at n. What they find is
// known once they run, so neither holders nor bits are.
func (r *run) searchable(n *node) (points []Point) {
	for _, m := range catalogue {
		if !m.searches() || !slices.Contains(m.From, n.value.Kind()) {
			continue
		}
		from, ok := m.start(n)
		if !ok {
			continue
		}
		points = append(points, Point{
			From: n.value, Method: m.Name, Value: from, State: NotAsked, At: r.Clock().UTC(),
			Reason: m.Doc + ": counted when asked, --by " + m.Name,
		})
	}
	return points
}

// start returns what a method in code compares: the digest that n has where the
// method needs one, otherwise n itself.
func (m Method) start(n *node) (observable.Value, bool) {
	if len(m.Needs) == 0 || n.value.Kind() != observable.File {
		return n.value, true
	}
	for _, f := range n.facts {
		switch {
		case f.Self || f.Back || !slices.Contains(m.Needs, f.Relation):
		case len(m.Needs) == 1:
			return f.Value, true
		default:
			return n.value, true
		}
	}
	return observable.Value{}, false
}

// pair is two nodes between which a search found a likeness, in this order.
type pair struct{ from, to *node }

// search runs the methods in code that start at n: all that run unasked, or the
// one that was asked for.
func (r *run) search(ctx context.Context, n *node) error {
	for _, m := range catalogue {
		wanted := !m.OnRequest
		if r.only != nil {
			wanted = r.only.Name == m.Name
		}
		if !m.searches() || !wanted || !slices.Contains(m.From, n.value.Kind()) {
			continue
		}
		if err := r.searchBy(ctx, n, m); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) searchBy(ctx context.Context, n *node, m Method) error {
	p := Point{From: n.value, Method: m.Name, Value: n.value, State: NotAsked, At: r.Clock().UTC()}
	if reason, ok := r.Verdicts.RejectedPoints[PointName{m.Name, n.value}]; ok {
		p.State, p.Reason = Rejected, ByAnalyst+reason
		r.points = append(r.points, p)
		return nil
	}
	by, ok := r.Searches[m.Name]
	if !ok {
		if r.only != nil {
			p.Reason = "this corpus has no index to search by"
			r.points = append(r.points, p)
		}
		return nil
	}
	found, more, err := by.Like(ctx, n.value, int(r.maxHolders()))
	if err != nil {
		return fmt.Errorf("pivot %s from %s: %w", m.Name, n.value, err)
	}
	if len(found) == 0 && r.only == nil {
		return nil // nothing is like it: not a pivot point
	}
	before := len(r.order)
	values := map[observable.Value]bool{}
	for _, like := range found {
		if err := ctx.Err(); err != nil {
			return err
		}
		values[like.Value] = true
		if err := r.meetAlike(ctx, n, like); err != nil {
			return err
		}
	}
	if more {
		r.noteShort(n.value, true)
		p.Reason = fmt.Sprintf("more are alike than the limit of %d", r.maxHolders())
	}
	p.State, p.Holders, p.HoldersKnown, p.New = Run, uint64(len(values)), true, len(r.order)-before
	if p.New == 0 && p.Reason == "" {
		p.Reason = "nobody new is like it"
	}
	r.points = append(r.points, p)
	return nil
}

// meetAlike brings one value in and keeps what its likeness to n is worth.
func (r *run) meetAlike(ctx context.Context, n *node, like Likeness) error {
	met, err := r.node(ctx, like.Value)
	if err != nil || met == n {
		return err
	}
	if met.found == nil && !met.seed {
		met.found, met.via, met.hop = n, Fact{Relation: like.Relation, Value: like.Shared}, n.hop+1
	}
	_, scores := score.WeightOf(like.Relation)
	if (like.Worth > 0 || like.Of > 0 || !scores) && !r.alike(n, met, like) {
		r.likenesses[pair{n, met}] = append(r.likenesses[pair{n, met}], like)
		n.alike, met.alike = append(n.alike, met), append(met.alike, n)
	}
	return nil
}

// wholeFile reports whether being alike under a relation is one fact about two
// files, whichever of their digests it is found by.
func wholeFile(r observation.Relation) bool {
	return r == observation.Ssdeep || r == observation.TLSH || r == observation.Behaves
}

// alike reports whether a likeness of two nodes is known, found from either.
func (r *run) alike(a, b *node, like Likeness) bool {
	same := func(l Likeness) bool {
		return l.Relation == like.Relation && (l.Shared == like.Shared || wholeFile(l.Relation))
	}
	return slices.ContainsFunc(r.likenesses[pair{a, b}], same) || slices.ContainsFunc(r.likenesses[pair{b, a}], same)
}

// sharedLikenesses are the likenesses of two nodes as matches, beside the facts
// that they share.
func (r *run) sharedLikenesses(ctx context.Context, a, b *node, facts []sharedFact) ([]sharedFact, error) {
	if len(r.likenesses) == 0 {
		return nil, nil
	}
	var out []sharedFact
	for _, like := range slices.Concat(r.likenesses[pair{a, b}], r.likenesses[pair{b, a}]) {
		equal := func(s sharedFact) bool { return s.Relation == like.Relation }
		if wholeFile(like.Relation) && slices.ContainsFunc(facts, equal) {
			continue // the same digest: weighed already
		}
		f := Fact{Relation: like.Relation, Value: like.Shared}
		s := sharedFact{
			attr: r.attribute(f), a: f, b: f, note: like.Note,
			held: holding{n: like.Holders, of: like.Of, known: true, world: like.Relation.Family() != observation.Name, from: like.CountOf},
			Match: score.Match{
				Relation: like.Relation, Holders: max(like.Holders, 2), Population: like.Of, Worth: like.Worth,
				SinceA: a.since, SinceB: b.since,
			},
		}
		if wholeFile(like.Relation) {
			if err := r.placeLikeness(ctx, &s, b); err != nil {
				return nil, err
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// placeLikeness says where the candidates of a search over the corpus were drawn
// from: what the store holds, unless that is too little to be a population.
func (r *run) placeLikeness(ctx context.Context, s *sharedFact, b *node) error {
	universe, err := r.universe(ctx, b.value.Kind())
	s.held.world, s.Suppressed = universe < smallStore, r.suppressedValue(s.attr)
	return err
}
