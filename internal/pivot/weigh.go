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
	attr *attribute
	a, b Fact
	held holding
	note string // how they are alike, of a likeness
	score.Match
}

// A link is the evidence between two nodes.
type link struct {
	from   *node
	sum    score.Sum
	shared []sharedFact // as sum's lines count them
	cause  string       // the value that carries most of it
}

// holds reports whether a value is among the evidence of l and counts there.
func (l link) holds(a *attribute) bool {
	for _, line := range l.sum.Lines {
		if line.Raw > 0 && l.shared[line.Match].attr == a {
			return true
		}
	}
	return false
}

// bridge is a way to a node over an intermediate.
type bridge struct {
	score.Bridge
	over  *node
	match sharedFact // what carries the candidate's side
}

// oneRegistration is what it is worth that two names lie under one registered
// domain: whoever registered it decides over both. Where strangers get names
// under one domain, the public-suffix list or a reference list says so.
const oneRegistration = 34

// onePossessor is what it is worth that an indicator hangs on a mailbox,
// telephone, certificate or key that is itself in the case: such a thing has one
// possessor, unless a list knows it for a service.
const onePossessor = 30

// crowding takes half a bit off for each doubling past ten holders, as the
// model does for shared values.
func crowding(holders uint64) float64 { return 0.5 * max(math.Log2(float64(holders)/10), 0) }

// identifies reports whether a kind has one possessor.
func identifies(k observable.Kind) bool {
	switch k {
	case observable.Email, observable.Phone, observable.Cert, observable.CertKey, observable.SSHKey, observable.Signer:
		return true
	default:
		return false
	}
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

// refresh reads again what gathering may have changed, and notes who holds what.
func (r *run) refresh(ctx context.Context) error {
	for _, a := range r.attributes {
		a.forget(r.Gatherer != nil)
	}
	if r.Gatherer != nil {
		clear(r.populations)
		clear(r.providers)
		clear(r.universes)
	}
	for i, n := range r.order {
		if r.Gatherer != nil {
			if i%foreseen == 0 {
				r.foreseeFacts(ctx, valuesOf(r.order[i:min(i+foreseen, len(r.order))]))
			}
			if err := r.load(ctx, n); err != nil {
				return err
			}
		}
		for i, f := range n.facts {
			n.attrs[i].touched++
			n.attrs[i].seeded = n.attrs[i].seeded || n.seed
			if !f.Self {
				n.attrs[i].members = append(n.attrs[i].members, n)
			}
		}
	}
	r.foreseeCounts(ctx, r.heard())
	for _, n := range r.order {
		if err := r.listen(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// heard lists the facts that two in the case hold, whose holders [run.listen] counts.
func (r *run) heard() (facts []Fact) {
	for _, n := range r.order {
		for i, f := range n.facts {
			a := n.attrs[i]
			if a.touched >= 2 && !a.listened && a.scores && r.suppressedValue(a) == "" && !wholeFile(f.Relation) {
				facts = append(facts, f)
			}
		}
	}
	return facts
}

func valuesOf(nodes []*node) []observable.Value {
	values := make([]observable.Value, len(nodes))
	for i, n := range nodes {
		values[i] = n.value
	}
	return values
}

// listen sorts out which facts of n can connect it with anyone in the case.
func (r *run) listen(ctx context.Context, n *node) error {
	n.bridges, n.binding, n.loud = nil, nil, n.loud[:0]
	for _, i := range n.byID {
		f, a := n.facts[i], n.attrs[i]
		if a.touched < 2 {
			continue // nobody else in the case holds it: no need to count
		}
		silent, err := r.silent(ctx, f)
		if err != nil {
			return err
		}
		if !silent {
			n.loud = append(n.loud, i)
		}
		if f.Self {
			continue
		}
		binds, err := r.bindsTogether(ctx, f)
		if err != nil {
			return err
		}
		if binds {
			n.binding = append(n.binding, a)
		}
	}
	return nil
}

// weighDirect weighs n against every seed and keeps the best. Seeds that hang
// on n by different values are independent reasons.
func (r *run) weighDirect(ctx context.Context, n *node) error {
	n.direct, n.owned, n.crowd, n.tenant = link{}, false, 0, 0
	best := map[string]float64{}
	for _, seed := range r.seeds {
		l, err := r.weigh(ctx, r.nodes[seed], n, everything)
		if err != nil {
			return err
		}
		best[l.cause] = max(best[l.cause], l.sum.P)
		if n.direct.from == nil || l.sum.Total > n.direct.sum.Total {
			n.direct = l
		}
	}
	not := 1.0
	for _, p := range best {
		not *= 1 - p
	}
	n.p = n.direct.sum.P
	if len(best) > 1 {
		n.p = min(max(n.p, 1-not), score.MaxP)
	}
	if err := r.weighTenancy(ctx, n); err != nil {
		return err
	}
	n.band = score.BandOf(n.p, n.direct.sum, nil)
	return nil
}

// weighTenancy raises the names of an address's main tenant where the address
// itself is a seed: whoever gave it meant what mostly lives there.
func (r *run) weighTenancy(ctx context.Context, n *node) error {
	for _, seed := range r.seeds {
		f := Fact{Relation: observation.ResolvesTo, Value: seed}
		if seed.Kind() != observable.IP || r.suppressed(f) != "" {
			continue
		}
		a := r.attribute(f)
		if !slices.Contains(a.members, n) {
			continue
		}
		if _, err := r.holders(ctx, f); err != nil {
			return err
		}
		if share, size := r.tenantShare(a, n); share > n.p {
			n.p, n.tenant = min(share, score.MaxP), size
		}
	}
	return nil
}

// detail says which shared facts a comparison lists.
type detail bool

const (
	everything detail = true  // what is shown: suppressed and worthless ones too
	onlyBits   detail = false // what can change the sum
)

// weigh sums the evidence between two nodes and names the value that carries
// most of it.
func (r *run) weigh(ctx context.Context, a, b *node, show detail) (link, error) {
	shared, err := r.shared(ctx, a, b, show)
	if err != nil || (len(shared) == 0 && show == onlyBits) {
		return link{from: a}, err
	}
	universe, err := r.pool(ctx, b, shared)
	if err != nil {
		return link{}, err
	}
	r.matches = r.matches[:0]
	for i := range shared {
		r.matches = append(r.matches, shared[i].Match)
	}
	l := link{from: a, sum: r.Model.Weigh(universe, r.matches), shared: shared}
	if lines := l.sum.Lines; len(lines) > 0 && lines[0].Raw > 0 {
		l.cause = shared[lines[0].Match].attr.key.String()
	}
	return l, nil
}

// shared lists the facts that a and b both hold. With onlyBits the list is
// good until the next call.
func (r *run) shared(ctx context.Context, a, b *node, show detail) ([]sharedFact, error) {
	ours, theirs, out := a.byID, b.byID, []sharedFact(nil)
	if show == onlyBits {
		ours, theirs, out = a.loud, b.loud, r.scratch[:0]
	}
	for i, j := 0, 0; i < len(ours) && j < len(theirs); {
		x, y := ours[i], theirs[j]
		switch attr := a.attrs[x]; {
		case attr.id < b.attrs[y].id:
			i++
		case attr.id > b.attrs[y].id:
			j++
		default:
			i, j = i+1, j+1
			if a.facts[x].Self && b.facts[y].Self {
				continue
			}
			s, err := r.compare(ctx, attr, a, b, a.facts[x], b.facts[y])
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	out = withoutImpliedBlocks(out)
	alike, err := r.sharedLikenesses(ctx, a, b, out)
	if err != nil {
		return nil, err
	}
	out = append(out, alike...)
	if led, ok := r.leadingLabel(a, b); ok {
		out = append(out, led)
	}
	if show == onlyBits {
		r.scratch = out
		return out, nil
	}
	slices.SortFunc(out, func(s, t sharedFact) int {
		return cmp.Or(cmp.Compare(s.Relation, t.Relation), s.attr.key.value.Compare(t.attr.key.value), compareBool(s.attr.key.back, t.attr.key.back))
	})
	return out, nil
}

// compare makes one match out of one attribute that both hold.
func (r *run) compare(ctx context.Context, attr *attribute, a, b *node, f, g Fact) (sharedFact, error) {
	h, err := r.holders(ctx, f)
	if err != nil {
		return sharedFact{}, err
	}
	s := sharedFact{attr: attr, a: f, b: g, held: h, Match: score.Match{
		Relation: f.Relation, Holders: max(h.n, 2), Population: h.of,
		A: f.Window, B: g.Window, SinceA: a.since, SinceB: b.since,
		Suppressed: r.suppressed(f), Directed: directed(f, g),
	}}
	if !h.known {
		s.Holders = 0
	}
	switch f.Relation {
	case observation.SubdomainOf:
		s.Worth = oneRegistration
	case observation.Ssdeep:
		s.Worth, s.note = score.SsdeepBits(100), "ssdeep score 100 of 100: the same digest"
	case observation.TLSH:
		s.Worth, s.note = score.TLSHBits(0), "TLSH distance 0: the same digest"
	}
	if wholeFile(f.Relation) {
		if err := r.placeLikeness(ctx, &s, b); err != nil {
			return sharedFact{}, err
		}
		return s, nil
	}
	if (f.Self || g.Self) && identifies(f.Value.Kind()) && s.Holders > 0 {
		s.Worth = onePossessor - crowding(s.Holders)
	}
	if f.Self {
		s.A = g.Window
	}
	if g.Self {
		s.B = f.Window
	}
	if s.Relation.Family() == observation.Binary {
		s.MalwareFamilies = attr.malwareFamilies()
	}
	s.Guest = pointable(s.Relation) && s.IsGuest()
	return s, r.refine(ctx, &s, a, b)
}

// pointable reports whether anybody can make his own name hold a value of the
// relation that belongs to somebody else, without asking him.
func pointable(r observation.Relation) bool {
	switch r.Family() {
	case observation.Host, observation.DNS, observation.Alias:
		return r != observation.Serves && r != observation.PTR
	default:
		return false
	}
}

// withoutImpliedBlocks drops a /24 that two share only because they share an
// address in it, which is weighed already.
func withoutImpliedBlocks(shared []sharedFact) []sharedFact {
	blocks := slices.ContainsFunc(shared, func(s sharedFact) bool { return s.Relation == observation.InPrefix })
	if !blocks {
		return shared
	}
	implied := map[observable.Value]bool{}
	for _, s := range shared {
		if block, ok := neighbourhood(s.attr.key.value); ok {
			implied[block] = true
		}
	}
	return slices.DeleteFunc(shared, func(s sharedFact) bool {
		return s.Relation == observation.InPrefix && implied[s.attr.key.value]
	})
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
	if s.attr.weight.Grouped && !r.Ungrouped && s.Suppressed == "" && s.Holders > 2 {
		s.Groups = r.groups(s.attr)
	}
	if s.Relation == observation.NSSet && s.held.known {
		dealt, err := r.dealt(ctx, s.attr.key.value, s.held)
		if err != nil {
			return err
		}
		s.Dealt = dealt
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
// are then counted over the same population. docs/decisions/0003 gives reasons.
func (r *run) pool(ctx context.Context, b *node, shared []sharedFact) (uint64, error) {
	whole := world(b.value.Kind())
	local, counted := false, uint64(0) // in which largest population of the store
	for _, s := range shared {
		if s.Relation.Family() == observation.Name {
			continue
		}
		if bits, _ := r.Model.Bits(s.Match, r.Model.Prior(whole)); bits <= 0 {
			continue
		}
		if s.held.world {
			return whole, nil
		}
		local, counted = true, max(counted, s.Population)
	}
	if !local {
		return whole, nil
	}
	universe, err := r.universe(ctx, b.value.Kind())
	if err != nil {
		return 0, err
	}
	// Relations start at more than one kind: an address that holds a campaign key
	// is one of those that do, however few addresses the store knows otherwise.
	if universe = max(universe, counted); universe == 0 || universe >= whole {
		return whole, nil
	}
	for i := range shared {
		if s := &shared[i]; s.Relation.Family() == observation.Name && s.Worth == 0 {
			scaled := math.Ceil(float64(s.Holders) * float64(universe) / float64(s.Population))
			s.Holders = max(uint64(scaled), uint64(len(s.attr.members)), smallPoolFloor)
			s.Population = universe
		}
	}
	if b.value.Kind() == observable.Domain {
		return max(universe, sparseStore), nil
	}
	return universe, nil
}

// sparseStore is the fewest names that a prior is stated for. A smaller store is a
// sample of such a population: it holds fewer of an operator's siblings too, and
// not the same number among fewer strangers. It is the population in which the
// fitted siblings were counted, one in 340 names (decision 0009); TweetFeed, with
// 3,377 names, has one in 310, a synthetic world of 19,000 one in 400.
const sparseStore = 20_000

// busyAddress is the number of names past which an address looks like a service.
const busyAddress = 10

// weighAttributes gives addresses, certificates and the like that were pivot
// points the share of their holders that belongs to the case. An address that
// serves many strangers is a lead at most, whatever else was seen on it.
func (r *run) weighAttributes(ctx context.Context) error {
	for _, n := range r.order {
		if n.seed {
			continue
		}
		if n.value.Kind() == observable.IP {
			if err := r.weighAddress(ctx, n); err != nil {
				return err
			}
		}
		via, pivot := r.pivots[n.value]
		if !pivot {
			continue
		}
		h, err := r.holders(ctx, via)
		if err != nil {
			return err
		}
		if p := r.ownership(via, h); p > n.p {
			n.p, n.band, n.direct.cause = p, score.BandOf(p, score.Sum{}, nil), via.key().String()
			n.bridges, n.owned = nil, true
		}
	}
	return nil
}

// weighAddress holds down an address that many strangers share.
func (r *run) weighAddress(ctx context.Context, n *node) error {
	names := Fact{Relation: observation.ResolvesTo, Value: n.value}
	h, err := r.holders(ctx, names)
	if err != nil || !h.known || h.n <= busyAddress || n.p < crowdedP || r.ownership(names, h) >= crowdedP {
		return err
	}
	n.p, n.band, n.crowd = crowdedP, score.BandOf(crowdedP, score.Sum{}, nil), h.n
	return nil
}

// crowdedP is the most an address is given that mostly serves others: a lead.
const crowdedP = 0.49

// ownership is the expected share of an attribute's holders that belong to the
// case, counting one unseen stranger: an address with one known name proves less
// than one with forty.
func (r *run) ownership(via Fact, h holding) float64 {
	if r.suppressed(via) != "" || !h.known {
		return 0
	}
	ours := 0.0
	members := r.attribute(via).members
	for _, m := range members {
		ours += m.p
	}
	return min(ours/float64(max(h.n, uint64(len(members)))+1), score.MaxP)
}
