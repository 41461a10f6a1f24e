package pivot

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/score"
)

// planned is a pivot point with the fact behind it.
type planned struct {
	Point
	fact  Fact
	price float64 // of asking about the value
}

// plan judges every attribute of n: followed, or rejected and why. Those to
// follow come first, the ones that promise most per query before the others.
func (r *run) plan(ctx context.Context, n *node) ([]planned, error) {
	r.foreseeCounts(ctx, n.facts)
	var out []planned
	for _, f := range n.facts {
		if f.Relation.Family() == observation.Context {
			continue // what providers think is shown with the finding
		}
		if f.Relation.Family() == observation.Name && f.Relation != observation.SubdomainOf {
			continue // names are evidence; the naming pivot searches for them
		}
		if wholeFile(f.Relation) {
			continue // equal digests are found with those that are alike
		}
		if r.only != nil && !follows(*r.only, f) {
			continue
		}
		p, err := r.judge(ctx, n, f)
		if err != nil {
			return nil, err
		}
		if f.Self && p.Holders == 0 {
			continue // nobody points at it: not a pivot point
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b planned) int {
		return cmp.Or(
			compareBool(a.State == Rejected, b.State == Rejected),
			compareBool(a.fact.coarse(), b.fact.coarse()),
			cmp.Compare(b.promise(), a.promise()),
			cmp.Compare(a.fact.Relation, b.fact.Relation),
			a.Value.Compare(b.Value),
		)
	})
	return out, nil
}

// follows reports whether a method is about this fact.
func follows(m Method, f Fact) bool {
	return !m.searches() && m.Relation == f.Relation && (m.Back == f.Back || f.Self)
}

// coarse facts contain finer ones: a /24 its addresses, a name server's domain
// its hosts. The finer is followed first, so that what it explains is its own.
func (f Fact) coarse() bool {
	return f.Relation == observation.InPrefix || f.Relation == observation.NSDomain
}

// promise is expected bits times expected new members, over what it costs to ask.
func (p planned) promise() float64 {
	others := 1.0
	if p.Holders > 1 {
		others = float64(p.Holders - 1)
	}
	return p.Expected * min(others, mostExpected) / max(p.price, 1)
}

// price is what following a fact costs: only values of some kinds are asked about.
func (r *run) price(f Fact) float64 {
	if r.Gatherer == nil || f.Self || !slices.Contains(askable, f.Value.Kind()) {
		return 0
	}
	return r.Gatherer.Price(f.Value.Kind())
}

func (r *run) judge(ctx context.Context, n *node, f Fact) (planned, error) {
	p := planned{fact: f, price: r.price(f), Point: Point{From: n.value, Method: methodOf(f), Value: f.Value, At: r.Clock().UTC()}}
	h, err := r.holders(ctx, f)
	if err != nil {
		return p, err
	}
	p.Holders, p.HoldersKnown = h.n, h.known
	p.State, p.Reason = r.verdict(f, h)
	if p.State != Rejected {
		p.Expected, _ = r.Model.Bits(score.Match{
			Relation: f.Relation, Holders: max(h.n, 2), Population: h.of, A: f.Window, B: f.Window,
		}, r.Model.Prior(h.of))
	}
	return p, nil
}

// verdict says whether a fact is followed, and if not why.
func (r *run) verdict(f Fact, h holding) (PivotState, string) {
	if _, scores := score.WeightOf(f.Relation); !scores {
		return Rejected, f.Relation.String() + " alone says nothing"
	}
	if reason, ok := r.rejectedPoint(f.Relation, f.Value); ok {
		return Rejected, reason
	}
	if reason := r.suppressed(f); reason != "" {
		return Rejected, reason
	}
	if h.n > r.maxHolders() {
		return Rejected, fmt.Sprintf("%d hold it (%s), more than the limit of %d", h.n, h.from, r.maxHolders())
	}
	return NotAsked, ""
}

// suppressed gives the reason why a shared value means nothing, "" when it may count.
func (r *run) suppressed(f Fact) string {
	if reason := r.suppressedValue(r.attribute(f)); reason != "" {
		return reason
	}
	if r.Window.Known() && f.Known() {
		if gap, known := score.Gap(f.Window, r.Window); known && gap > 0 {
			return fmt.Sprintf("held %s, outside the incident window %s", spell(f.Window), spell(r.Window))
		}
	}
	return ""
}

// spell writes a window as days.
func spell(w observation.Window) string {
	const layout = "2006-01-02"
	switch {
	case w.First.IsZero() && w.Last.IsZero():
		return "at an unknown time"
	case w.First.IsZero():
		return "until " + w.Last.UTC().Format(layout)
	case w.Last.IsZero():
		return "since " + w.First.UTC().Format(layout)
	case w.First.UTC().Format(layout) == w.Last.UTC().Format(layout):
		return "on " + w.First.UTC().Format(layout)
	}
	return w.First.UTC().Format(layout) + " to " + w.Last.UTC().Format(layout)
}

// askable are the kinds a source may know the sharers of. Who uses a name
// server or a mail exchanger is a question of its own, which no connector of
// this release answers.
var askable = []observable.Kind{
	observable.IP, observable.Email, observable.Cert, observable.File, observable.Imphash,
	observable.Signer, observable.Tracker, observable.Org, observable.Person, observable.Phone,
}
