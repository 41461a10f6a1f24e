package pivot

import (
	"cmp"
	"context"
	"slices"

	"clew/internal/score"
)

// maxCarriers bounds the intermediates of a case. Past some dozens, noisy-or
// has nothing left to add.
const maxCarriers = 64

// carrier is an intermediate with its probability as it stood before the hop.
type carrier struct {
	*node
	p float64
}

// weighBridges adds what intermediates carry. Only nodes that are tied to a
// seed directly, or by a shorter way, may carry: nothing rises by its own
// consequences.
func (r *run) weighBridges(ctx context.Context) error {
	for hop := 2; hop <= r.deepest(); hop++ {
		// Beyond the depth of the case only what was brought in by hand is weighed:
		// an expansion changes nobody's score by its length.
		least := 0
		if hop > r.depth() {
			least = hop
		}
		for _, n := range r.order {
			if n.hop >= least {
				n.bridges = nil
			}
		}
		for _, k := range r.carriers(hop) {
			if err := r.carry(ctx, k, least); err != nil {
				return err
			}
		}
		for _, n := range r.order {
			if n.seed || len(n.bridges) == 0 || n.hop < least {
				continue
			}
			n.p = r.bridged(n)
			n.band = score.BandOf(n.p, n.direct.sum, n.plainBridges())
		}
	}
	return nil
}

// carriers are the nodes that may bridge at a hop, surest first.
func (r *run) carriers(hop int) []carrier {
	var out []carrier
	for _, n := range r.order {
		if n.seed || n.benign != "" || n.p < score.BridgeMin || n.hop >= hop {
			continue
		}
		if _, rejected := r.Verdicts.RejectedFindings[n.value]; rejected {
			continue
		}
		out = append(out, carrier{n, n.p})
	}
	slices.SortStableFunc(out, func(a, b carrier) int {
		return cmp.Or(cmp.Compare(b.p, a.p), a.value.Compare(b.value))
	})
	return out[:min(len(out), maxCarriers)]
}

// carry lays a bridge over k to everyone, least hops out or further, who shares
// with it what may count, or is like it.
func (r *run) carry(ctx context.Context, k carrier, least int) error {
	met := map[*node]bool{k.node: true}
	reach := func(n *node) error {
		if met[n] || n.seed || n.hop < least || n.direct.sum.P >= score.MaxP {
			return nil
		}
		met[n] = true
		return r.lay(ctx, k, n)
	}
	for _, i := range k.loud {
		if k.attrs[i].seeded {
			continue // whoever holds it shares it with the seed: no bridge
		}
		for _, n := range k.attrs[i].members {
			if err := reach(n); err != nil {
				return err
			}
		}
	}
	for _, n := range k.alike {
		if err := reach(n); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) lay(ctx context.Context, k carrier, n *node) error {
	l, err := r.weigh(ctx, k.node, n, onlyBits)
	if err != nil || len(l.sum.Lines) == 0 {
		return err
	}
	carries := l.shared[l.sum.Lines[0].Match]
	if n.direct.holds(carries.attr) {
		return nil // the seed shares that value with n itself: it was weighed
	}
	b := score.Bridge{SeedP: k.p, CandidateP: l.sum.P, SeedCause: k.direct.cause, CandidateCause: l.cause, Reason: score.Reason(carries.Relation.Family())}
	if b.P() > 0 {
		n.bridges = append(n.bridges, bridge{Bridge: b, over: k.node, match: carries})
	}
	return nil
}
