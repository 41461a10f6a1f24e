package pivot

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/score"
)

// expandAll expands the seeds, then what they led to, hop by hop, then what the
// analyst wants followed.
func (r *run) expandAll(ctx context.Context) error {
	r.quiet = r.GatherFrom > 0
	if err := r.expandHops(ctx); err != nil {
		return err
	}
	return r.expandByHand(ctx)
}

func (r *run) expandHops(ctx context.Context) error {
	frontier := make([]*node, 0, len(r.seeds))
	for _, seed := range r.seeds {
		n, err := r.node(ctx, seed)
		if err != nil {
			return err
		}
		if n.seed {
			continue // a file under another digest of it
		}
		n.seed, n.p, n.band = true, 1, score.High
		frontier = append(frontier, n)
	}
	r.seeds = slices.DeleteFunc(r.seeds, func(seed observable.Value) bool { return r.nodes[seed].value != seed })
	for hop := 1; ; hop++ {
		if r.Pivots > 0 {
			if err := r.expandWithin(ctx, frontier, hop); err != nil {
				return err
			}
			frontier = nil
		}
		for i, n := range frontier {
			r.show(Progress{Hop: hop, Expanded: i, Waiting: len(frontier) - i, Candidates: len(r.order), Now: "expanding " + n.value.Defang()})
			if err := r.expand(ctx, n); err != nil {
				return err
			}
		}
		if hop == r.depth() {
			return nil
		}
		if err := r.weighAll(ctx); err != nil {
			return err
		}
		if frontier = r.worthExpanding(); len(frontier) == 0 {
			return nil
		}
	}
}

// worthExpanding lists the high and medium nodes not yet expanded, surest first.
// Breadth first, all that were met, as they came.
func (r *run) worthExpanding() []*node {
	var out []*node
	for _, n := range r.order {
		if !n.expanded && n.benign == "" && (n.band == score.High || n.band == score.Medium || r.Order != ByPromise) {
			out = append(out, n)
		}
	}
	if r.Order != ByPromise {
		return out
	}
	slices.SortStableFunc(out, func(a, b *node) int {
		return cmp.Or(cmp.Compare(b.p, a.p), a.value.Compare(b.value))
	})
	return out
}

func (r *run) show(p Progress) {
	if r.Progress != nil {
		r.Progress(p)
	}
}

// expand gathers what is known of n and follows its pivot points.
func (r *run) expand(ctx context.Context, n *node) error {
	n.expanded = true
	if err := r.gather(ctx, n.value); err != nil {
		return err
	}
	if r.Gatherer != nil {
		if err := r.load(ctx, n); err != nil {
			return err
		}
	}
	points, err := r.plan(ctx, n)
	if err != nil {
		return err
	}
	for _, p := range points {
		if err := r.follow(ctx, n, p); err != nil {
			return err
		}
	}
	return r.search(ctx, n)
}

func (r *run) gather(ctx context.Context, v observable.Value) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.Gatherer == nil || r.quiet {
		return nil
	}
	err := r.Gatherer.Gather(ctx, v)
	r.identities.forget()
	if r.Ahead != nil {
		r.Ahead.Forget()
	}
	return err
}

// follow runs one point, unless it was rejected or followed before, and keeps
// what became of it.
func (r *run) follow(ctx context.Context, n *node, p planned) error {
	if r.followed[p.fact.key()] {
		return nil
	}
	r.followed[p.fact.key()] = true
	if p.State != Rejected && !p.fact.Self && slices.Contains(askable, p.Value.Kind()) && r.Gatherer != nil {
		if err := r.gather(ctx, p.Value); err != nil {
			return err
		}
		r.attribute(p.fact).counted = false
		again, err := r.judge(ctx, n, p.fact)
		if err != nil {
			return err
		}
		p = again
	}
	if p.State != Rejected {
		if err := r.meet(ctx, n, &p); err != nil {
			return err
		}
	}
	r.points = append(r.points, p.Point)
	return nil
}

// meet brings in everyone who shares the point's value, and the value itself
// where it is an indicator.
func (r *run) meet(ctx context.Context, n *node, p *planned) error {
	p.State = Run
	values, err := r.sharing(ctx, p.fact)
	if err != nil {
		return fmt.Errorf("pivot %s on %s: %w", p.Method, p.Value, err)
	}
	before := len(r.order)
	if !p.fact.Self && isIndicator(p.Value.Kind()) {
		values = append([]observable.Value{p.Value}, values...)
		r.pivots[p.Value] = p.fact
	}
	for i, v := range values {
		if err := ctx.Err(); err != nil {
			return err
		}
		if i%foreseen == 0 {
			r.foreseeMeeting(ctx, values[i:min(i+foreseen, len(values))])
		}
		found, err := r.node(ctx, v)
		if err != nil {
			return err
		}
		if found.found == nil && !found.seed && found != n {
			found.found, found.via, found.hop = n, p.fact, n.hop+1
		}
	}
	p.New = len(r.order) - before
	if p.New == 0 && p.Reason == "" {
		p.Reason = "nobody new holds it"
	}
	return nil
}

// isIndicator reports whether an attribute is something to act on by itself.
func isIndicator(k observable.Kind) bool {
	switch k {
	case observable.Domain, observable.IP, observable.URL, observable.Email, observable.Cert, observable.File:
		return true
	default:
		return false
	}
}

// sharing lists who else holds a fact, bounded by the holder limit.
func (r *run) sharing(ctx context.Context, f Fact) ([]observable.Value, error) {
	limit := int(r.maxHolders())
	switch {
	case f.Relation == observation.InPrefix:
		return r.inBlock(ctx, f, limit)
	case f.Relation == observation.NSDomain:
		return r.underNameservers(ctx, f, limit)
	case f.Relation == observation.SubdomainOf:
		hosts, more, err := r.Corpus.Subdomains(ctx, f.Value, limit)
		r.noteShort(f.Value, more)
		return append(hosts, f.Value), err
	case f.Back:
		return r.linked(ctx, f.Value, limit, f.Relation)
	}
	links, more, err := r.Corpus.Subjects(ctx, f.Relation, f.Value, limit)
	if err != nil {
		return nil, err
	}
	r.noteShort(f.Value, more)
	var values []observable.Value
	for _, link := range links {
		held, ok := r.factOf(link, link.Subject)
		if !ok || r.apart(f, held) {
			continue
		}
		values = append(values, link.Subject)
		if link.Subject.Kind() == observable.Cert && slices.Contains(certRelations, f.Relation) {
			held, err := r.holdersOfCert(ctx, link.Subject, limit)
			if err != nil {
				return nil, err
			}
			values = append(values, held...)
		}
	}
	return values, nil
}

// apart reports whether the method asks for holders at the same time, and two
// were not.
func (r *run) apart(f, other Fact) bool {
	if r.only == nil || !r.only.Overlap {
		return false
	}
	gap, known := score.Gap(f.Window, other.Window)
	return known && gap > 0
}

// linked lists the objects of a value under some relations.
func (r *run) linked(ctx context.Context, v observable.Value, limit int, relations ...observation.Relation) ([]observable.Value, error) {
	links, more, err := r.Corpus.Objects(ctx, v, limit, relations...)
	if err != nil {
		return nil, err
	}
	r.noteShort(v, more)
	return subjectsOrObjects(links, func(l corpus.Link) observable.Value { return l.Object }), nil
}

// holdersOfCert lists who is named in a certificate and who shows it.
func (r *run) holdersOfCert(ctx context.Context, cert observable.Value, limit int) ([]observable.Value, error) {
	named, err := r.linked(ctx, cert, limit, observation.Names)
	if err != nil {
		return nil, err
	}
	links, more, err := r.Corpus.Subjects(ctx, observation.Serves, cert, limit)
	if err != nil {
		return nil, err
	}
	r.noteShort(cert, more)
	return append(named, subjectsOrObjects(links, func(l corpus.Link) observable.Value { return l.Subject })...), nil
}

func subjectsOrObjects(links []corpus.Link, side func(corpus.Link) observable.Value) []observable.Value {
	values := make([]observable.Value, len(links))
	for i, link := range links {
		values[i] = side(link)
	}
	return values
}

// inBlock lists the addresses of a block and the names on them.
func (r *run) inBlock(ctx context.Context, f Fact, limit int) ([]observable.Value, error) {
	net, ok := inBlock(f.Value)
	if !ok {
		return nil, nil
	}
	addresses, more, err := r.Corpus.InRange(ctx, net, limit)
	if err != nil {
		return nil, err
	}
	r.noteShort(f.Value, more)
	values := slices.Clone(addresses)
	for _, address := range addresses {
		links, more, err := r.Corpus.Subjects(ctx, observation.ResolvesTo, address, limit)
		if err != nil {
			return nil, err
		}
		r.noteShort(address, more)
		for _, link := range links {
			// Who was there at another time is no neighbour of one that asks for the same time.
			if held, ok := r.factOf(link, link.Subject); ok && !r.apart(f, held) {
				values = append(values, link.Subject)
			}
		}
	}
	return values, nil
}

// underNameservers lists the domains on any name server below a domain.
func (r *run) underNameservers(ctx context.Context, f Fact, limit int) ([]observable.Value, error) {
	hosts, more, err := r.Corpus.Subdomains(ctx, f.Value, limit)
	if err != nil {
		return nil, err
	}
	r.noteShort(f.Value, more)
	var values []observable.Value
	for _, host := range append(hosts, f.Value) {
		links, more, err := r.Corpus.Subjects(ctx, observation.Nameserver, host, limit)
		if err != nil {
			return nil, err
		}
		r.noteShort(host, more)
		values = append(values, subjectsOrObjects(links, func(l corpus.Link) observable.Value { return l.Subject })...)
	}
	return values, nil
}

func (r *run) noteShort(v observable.Value, more bool) {
	if more && !slices.Contains(r.short, v) {
		r.short = append(r.short, v)
	}
}

// node returns the case's node of v, reading its facts the first time.
func (r *run) node(ctx context.Context, v observable.Value) (*node, error) {
	if n, ok := r.nodes[v]; ok {
		return n, nil
	}
	names, err := r.identities.names(ctx, v)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if n, ok := r.nodes[name]; ok {
			r.nodes[v] = n
			return n, nil
		}
	}
	asked := v
	if v, err = r.identities.canonical(ctx, v); err != nil {
		return nil, err
	}
	n := &node{value: v}
	if reason, ok := r.Lists.Benign(v); ok && !slices.Contains(r.seeds, v) {
		n.benign = reason
	}
	if err := r.load(ctx, n); err != nil {
		return nil, err
	}
	r.nodes[v], r.nodes[asked] = n, n
	r.order = append(r.order, n)
	return n, nil
}

// load reads the facts of n from the corpus as it now is.
func (r *run) load(ctx context.Context, n *node) error {
	facts, short, err := r.facts(ctx, n.value)
	if err != nil {
		return err
	}
	r.noteShort(n.value, short)
	routes, err := r.routes(ctx, n.value)
	if err != nil {
		return err
	}
	if len(routes) > 0 {
		facts = compact(append(facts, routes...))
	}
	for _, a := range n.attrs {
		r.met[a]-- // read again: counted below
	}
	if n.since, err = r.since(ctx, n.value, facts); err != nil {
		return err
	}
	n.facts = facts
	n.attrs = make([]*attribute, len(facts))
	n.byID = make([]int, len(facts))
	n.sizes = map[factSize]int{}
	for i, f := range facts {
		n.attrs[i], n.byID[i] = r.attribute(f), i
		r.met[n.attrs[i]]++
		n.sizes[factSize{f.Relation, f.Back}]++
	}
	slices.SortFunc(n.byID, func(i, j int) int { return cmp.Compare(n.attrs[i].id, n.attrs[j].id) })
	return nil
}
