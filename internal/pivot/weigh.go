package pivot

import (
	"cmp"
	"context"
	"math"
	"slices"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/score"
)

// sharedFact is one fact that two nodes share, from either side.
type sharedFact struct {
	a, b Fact
	held holding
	score.Match
}

// bridge is a way to a node over an intermediate.
type bridge struct {
	score.Bridge
	over  *node
	match sharedFact // what carries the candidate's side
}

// smallPoolFloor is the fewest holders a name token is taken to have among the
// indicators of a small store: nobody counted the store's names.
const smallPoolFloor = 5

// weighAll computes the probability of every node from the facts as they are.
func (r *run) weighAll(ctx context.Context) error {
	if err := r.refresh(ctx); err != nil {
		return err
	}
	for _, n := range r.order {
		if n.seed {
			continue
		}
		if err := r.weighDirect(ctx, n); err != nil {
			return err
		}
	}
	if err := r.weighBridges(ctx); err != nil {
		return err
	}
	return r.weighAttributes(ctx)
}

// refresh reads again what gathering may have changed, and rebuilds the index
// of who holds what.
func (r *run) refresh(ctx context.Context) error {
	if r.Gatherer != nil {
		clear(r.held)
		clear(r.populations)
		clear(r.universes)
	}
	clear(r.members)
	clear(r.grouped)
	for _, n := range r.order {
		if r.Gatherer != nil {
			if err := r.load(ctx, n); err != nil {
				return err
			}
		}
		n.bridges = nil
		for _, f := range n.facts {
			if !f.Self {
				r.members[f.key()] = append(r.members[f.key()], n)
			}
		}
	}
	return nil
}

// weighDirect weighs n against every seed and keeps the best. Seeds that hang
// on n by different values are independent reasons.
func (r *run) weighDirect(ctx context.Context, n *node) error {
	n.from, n.direct, n.matched, n.cause, n.owned = nil, score.Sum{}, nil, "", false
	best := map[string]float64{}
	for _, seed := range r.seeds {
		s := r.nodes[seed]
		sum, matched, cause, err := r.weigh(ctx, s, n)
		if err != nil {
			return err
		}
		best[cause] = max(best[cause], sum.P)
		if n.from == nil || sum.Total > n.direct.Total {
			n.from, n.direct, n.matched, n.cause = s, sum, matched, cause
		}
	}
	not := 1.0
	for _, p := range best {
		not *= 1 - p
	}
	n.p = n.direct.P
	if len(best) > 1 {
		n.p = min(max(n.p, 1-not), score.MaxP)
	}
	n.band = score.BandOf(n.p, n.direct, nil)
	return nil
}

// weigh sums the evidence between two nodes and names the value that carries
// most of it.
func (r *run) weigh(ctx context.Context, a, b *node) (score.Sum, []sharedFact, string, error) {
	shared, err := r.shared(ctx, a, b)
	if err != nil {
		return score.Sum{}, nil, "", err
	}
	universe, err := r.pool(ctx, b, shared)
	if err != nil {
		return score.Sum{}, nil, "", err
	}
	matches := make([]score.Match, len(shared))
	for i := range shared {
		matches[i] = shared[i].Match
	}
	sum := r.Model.Weigh(universe, matches)
	cause := ""
	if len(sum.Lines) > 0 && sum.Lines[0].Raw > 0 {
		cause = shared[sum.Lines[0].Match].a.key().String()
	}
	return sum, shared, cause, nil
}

// shared lists the facts that a and b both hold, in a fixed order.
func (r *run) shared(ctx context.Context, a, b *node) ([]sharedFact, error) {
	var out []sharedFact
	for _, f := range a.facts {
		at, ok := b.index[f.key()]
		if !ok || (f.Self && b.facts[at].Self) || impliedBlock(f, a, b) {
			continue
		}
		g := b.facts[at]
		h, err := r.holders(ctx, f)
		if err != nil {
			return nil, err
		}
		s := sharedFact{a: f, b: g, held: h, Match: score.Match{
			Relation: f.Relation, Holders: max(h.n, 2), Population: h.of,
			A: f.Window, B: g.Window, SinceA: a.since, SinceB: b.since,
			Suppressed: r.suppressed(f),
		}}
		if !h.known {
			s.Holders = 0
		}
		s.Directed = directed(f, g)
		if f.Self {
			s.A = g.Window
		}
		if g.Self {
			s.B = f.Window
		}
		if err := r.refine(ctx, &s, a, b); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// impliedBlock reports whether two share a /24 only because they share an
// address in it, which is weighed already.
func impliedBlock(f Fact, a, b *node) bool {
	if f.Relation != observation.InPrefix {
		return false
	}
	for _, g := range a.facts {
		if _, both := b.index[g.key()]; !both || g.Value.Kind() != observable.IP {
			continue
		}
		if block, ok := neighbourhood(g.Value); ok && block == f.Value {
			return true
		}
	}
	return false
}

// directed reports whether one of two domains points at the other itself.
func directed(f, g Fact) bool {
	if !f.Self && !g.Self {
		return false
	}
	switch f.Relation {
	case observation.Nameserver, observation.NSDomain, observation.MX, observation.CNAME, observation.RedirectsTo:
		return true
	default:
		return false
	}
}

// refine adds what needs the whole case: effective holders and set sizes.
func (r *run) refine(ctx context.Context, s *sharedFact, a, b *node) error {
	weight, _ := score.WeightOf(s.Relation)
	if weight.Grouped && !r.Ungrouped && s.Suppressed == "" && s.Holders > 2 {
		groups, err := r.groups(ctx, s.a, s.held)
		if err != nil {
			return err
		}
		s.Groups = groups
	}
	if s.held.world || s.a.Self || s.b.Self || s.a.Back || s.Relation.Family() == observation.Name {
		return nil
	}
	population, err := r.population(ctx, s.Relation)
	if err != nil || population.Subjects < bigStore {
		return err
	}
	size := factSize{s.Relation, s.a.Back}
	s.SizeA, s.SizeB, s.MeanSize = a.sizes[size], b.sizes[size], population.Mean()
	return nil
}

// pool returns the population that candidate b was drawn from: the world as
// soon as one count was made over the world, else what the store holds. Names
// are then counted over the same population, as docs/decisions says.
func (r *run) pool(ctx context.Context, b *node, shared []sharedFact) (uint64, error) {
	whole := world(b.value.Kind())
	local := false
	for _, s := range shared {
		if bits, _ := s.Bits(); bits <= 0 || s.Relation.Family() == observation.Name {
			continue
		}
		if s.held.world {
			return whole, nil
		}
		local = true
	}
	if !local {
		return whole, nil
	}
	universe, err := r.universe(ctx, b.value.Kind())
	if err != nil {
		return 0, err
	}
	if universe == 0 || universe >= whole {
		return whole, nil
	}
	for i := range shared {
		if s := &shared[i]; s.Relation.Family() == observation.Name {
			scaled := math.Ceil(float64(s.Holders) * float64(universe) / float64(s.Population))
			s.Holders = max(uint64(scaled), uint64(len(r.members[s.a.key()])), smallPoolFloor)
			s.Population = universe
		}
	}
	return universe, nil
}

// weighBridges adds what intermediates carry. Only nodes that are tied to a
// seed directly, or by a shorter way, may carry.
func (r *run) weighBridges(ctx context.Context) error {
	for hop := 2; hop <= r.depth(); hop++ {
		carriers := r.carriers(hop)
		for _, n := range r.order {
			if n.seed || n.p >= score.MaxP {
				continue
			}
			if err := r.bridgesTo(ctx, n, carriers); err != nil {
				return err
			}
		}
		for _, n := range r.order {
			if n.seed || len(n.bridges) == 0 {
				continue
			}
			plain := make([]score.Bridge, len(n.bridges))
			for i, b := range n.bridges {
				plain[i] = b.Bridge
			}
			n.p = r.Model.Combine(max(n.direct.P, score.MinP), plain)
			n.band = score.BandOf(n.p, n.direct, plain)
		}
	}
	return nil
}

// carriers are the nodes that may bridge at a hop, with their probability as
// it stands before the hop.
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

// maxCarriers bounds the intermediates of a case. Past some dozens, noisy-or
// has nothing left to add.
const maxCarriers = 64

type carrier struct {
	*node
	p float64
}

func (r *run) bridgesTo(ctx context.Context, n *node, carriers []carrier) error {
	n.bridges = nil
	for _, k := range carriers {
		if k.node == n || !touches(k.node, n) {
			continue
		}
		sum, matched, cause, err := r.weigh(ctx, k.node, n)
		if err != nil {
			return err
		}
		b := score.Bridge{SeedP: k.p, CandidateP: sum.P, SeedCause: k.cause, CandidateCause: cause}
		if b.P() == 0 {
			continue
		}
		n.bridges = append(n.bridges, bridge{Bridge: b, over: k.node, match: matched[sum.Lines[0].Match]})
	}
	return nil
}

// touches reports whether two nodes share any fact that may score.
func touches(a, b *node) bool {
	if len(b.facts) < len(a.facts) {
		a, b = b, a
	}
	for _, f := range a.facts {
		if _, ok := b.index[f.key()]; ok {
			return true
		}
	}
	return false
}

// weighAttributes gives addresses, certificates and the like that were pivot
// points the share of their holders that belongs to the case.
func (r *run) weighAttributes(ctx context.Context) error {
	for _, n := range r.order {
		via, pivot := r.pivots[n.value]
		if n.seed || !pivot {
			continue
		}
		h, err := r.holders(ctx, via)
		if err != nil {
			return err
		}
		if p := r.ownership(via, h); p > n.p {
			n.p, n.band, n.cause = p, score.BandOf(p, score.Sum{}, nil), via.key().String()
			n.bridges, n.owned = nil, true
		}
	}
	return nil
}

// ownership is the expected share of an attribute's holders that belong to the
// case, counting one unseen stranger: an address with one known name proves less
// than one with forty.
func (r *run) ownership(via Fact, h holding) float64 {
	if r.suppressed(via) != "" || !h.known {
		return 0
	}
	ours := 0.0
	members := r.members[via.key()]
	for _, m := range members {
		ours += m.p
	}
	return min(ours/float64(max(h.n, uint64(len(members)))+1), score.MaxP)
}

// groups counts the holders of a value, those that belong together once.
func (r *run) groups(ctx context.Context, f Fact, h holding) (uint64, error) {
	if n, ok := r.grouped[f.key()]; ok {
		return n, nil
	}
	members := r.members[f.key()]
	parent := map[*node]*node{}
	var root func(*node) *node
	root = func(n *node) *node {
		if up, ok := parent[n]; ok && up != n {
			parent[n] = root(up)
			return parent[n]
		}
		return n
	}
	first := map[factKey]*node{}
	for _, m := range members {
		for _, other := range m.facts {
			if !r.bindsTogether(other) || other.key() == f.key() {
				continue
			}
			if leader, ok := first[other.key()]; ok {
				parent[root(m)] = root(leader)
			} else {
				first[other.key()] = m
			}
		}
	}
	tenants := map[*node]bool{}
	for _, m := range members {
		tenants[root(m)] = true
	}
	unseen := uint64(0)
	if known := uint64(len(members)); h.n > known {
		unseen = h.n - known
	}
	n := max(uint64(len(tenants))+unseen, 2)
	r.grouped[f.key()] = n
	return n, ctx.Err()
}

// bindsTogether reports whether a fact is strong enough to make its holders
// one tenant: an uncounted name token, a registrant, a registration minute, a
// certificate key.
func (r *run) bindsTogether(f Fact) bool {
	if f.Self {
		return false
	}
	switch f.Relation {
	case observation.Token, observation.NamePrefix:
		_, known := r.Lists.NameCount(f.Relation, f.Value.Text())
		return !known
	case observation.RegistrantEmail, observation.RegistrantPhone, observation.Created, observation.Key, observation.Names:
		return r.suppressed(f) == ""
	default:
		return false
	}
}
