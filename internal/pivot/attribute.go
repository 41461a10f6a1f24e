package pivot

import (
	"context"

	"clew/internal/observation"
	"clew/internal/score"
)

// An attribute is a value under a relation, once for the whole run: who holds
// it, how many do, and whether it means anything. Nodes point at attributes, so
// that comparing two of them is comparing two sorted lists of numbers.
type attribute struct {
	id  int
	key factKey

	counted bool
	held    holding

	judged     bool
	suppressed string // by a list or the analyst, "" when it may count

	weight score.Weight
	scores bool // weight is one: the relation says something

	listened bool
	silent   bool // sharing it can bring no bits at all

	members []*node // nodes of the case that hold it
	touched int     // members, and nodes that it is itself
	seeded  bool    // a seed holds it, or is it
	grouped bool
	groups  uint64 // effective holders, when grouped
	// tenantOf says how many members hang together with each, when grouped.
	tenantOf map[*node]int
}

// attribute returns the run's attribute of a fact.
func (r *run) attribute(f Fact) *attribute {
	key := f.key()
	if a, ok := r.attributes[key]; ok {
		return a
	}
	a := &attribute{id: len(r.attributes), key: key}
	a.weight, a.scores = score.WeightOf(key.relation)
	r.attributes[key] = a
	return a
}

// forget drops what gathering or a new round may have changed.
func (a *attribute) forget(counts bool) {
	a.members, a.touched, a.seeded, a.grouped = a.members[:0], 0, false, false
	if counts {
		a.counted, a.listened = false, false
	}
}

// suppressedValue gives the reason why a shared value means nothing, whoever
// held it and whenever.
func (r *run) suppressedValue(a *attribute) string {
	if a.judged {
		return a.suppressed
	}
	a.judged = true
	if reason, ok := r.rejectedLink(a.key); ok {
		a.suppressed = ByAnalyst + reason
	} else if reason, ok := r.Lists.Suppressed(a.key.relation, a.key.value); ok {
		a.suppressed = reason
	} else if a.key.relation == observation.InPrefix {
		a.suppressed = wide(a.key.value)
	}
	return a.suppressed
}

// silent reports whether sharing the attribute of f can bring no bits at all,
// so that nobody need look at a pair for its sake.
func (r *run) silent(ctx context.Context, f Fact) (bool, error) {
	a := r.attribute(f)
	if a.listened {
		return a.silent, nil
	}
	a.listened, a.silent = true, true
	if !a.scores || r.suppressedValue(a) != "" {
		return true, nil
	}
	if a.key.relation == observation.SubdomainOf || wholeFile(a.key.relation) {
		a.silent = false // worth the same however many there are
		return false, nil
	}
	h, err := r.holders(ctx, f)
	if err != nil || !h.known {
		return true, err
	}
	// Groups may make a value rarer than its holders say, down to two.
	holders := max(h.n, 2)
	if a.weight.Grouped && !r.Ungrouped {
		holders = 2
	}
	now := observation.Window{First: r.Clock(), Last: r.Clock()}
	match := score.Match{Relation: a.key.relation, Holders: holders, Population: h.of, A: now, B: now}
	if f.Relation == observation.NSSet {
		if match.Dealt, err = r.dealt(ctx, f.Value, h); err != nil {
			return true, err
		}
	}
	bits, _ := r.Model.Bits(match, r.Model.Prior(h.of))
	a.silent = bits <= 0
	return a.silent, nil
}

// rejectedLink gives the analyst's reason why a value does not connect, under
// this relation or under any.
func (r *run) rejectedLink(key factKey) (string, bool) {
	for _, relation := range []observation.Relation{0, key.relation} {
		if reason, ok := r.Verdicts.RejectedLinks[Link{key.value, relation}]; ok {
			return reason, true
		}
	}
	return "", false
}
