package pivot

import (
	"context"
	"fmt"
	"math"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/score"
)

// bigStore is the number of indicators of one type from which the store's own
// counts are trusted as base rates. Source: docs/guide/confidence.md.
const bigStore = 5000

// smallStore is the number below which a store is no population at all: a few
// answers gathered for one case, all of it chosen because it hangs together.
const smallStore = 500

// worlds are how many indicators of a kind there are: the population behind a
// provider's total. Domains: registered names, 2025. The others are orders of
// magnitude, and nearly cancel against the prior.
var worlds = map[observable.Kind]uint64{
	observable.Domain: score.NameWorld,
	observable.IP:     250_000_000,    // addresses that answer anything
	observable.Cert:   10_000_000_000, // certificates ever logged
	observable.File:   1_000_000_000,
	observable.URL:    10_000_000_000,
}

func world(k observable.Kind) uint64 {
	if n, ok := worlds[k]; ok {
		return n
	}
	return score.NameWorld
}

// LocalStore is who counted what the corpus itself holds.
const LocalStore = "local store"

// holding says how many indicators hold a value, of how many, and who counted.
type holding struct {
	n, of    uint64
	known    bool
	estimate bool
	// world is true when the count was made over the whole world rather than
	// over what the store holds.
	world bool
	from  string
}

// holders counts the indicators that share a fact, best source first: what a
// provider says, a big store, a small store with the reference lists beside it.
func (r *run) holders(ctx context.Context, f Fact) (holding, error) {
	a := r.attribute(f)
	if a.counted {
		return a.held, nil
	}
	h, err := r.count(ctx, f)
	if err != nil {
		return holding{}, fmt.Errorf("holders of %s: %w", f.Value, err)
	}
	a.held, a.counted = h, true
	return h, nil
}

func (r *run) count(ctx context.Context, f Fact) (holding, error) {
	switch {
	case f.Relation.Family() == observation.Name && f.Relation != observation.SubdomainOf:
		return r.nameHolders(f), nil
	case f.Relation == observation.InPrefix:
		return r.blockHolders(ctx, f)
	case f.Relation == observation.SubdomainOf:
		return r.hostsBelow(ctx, f)
	case f.Relation == observation.NSDomain:
		return r.nsDomainHolders(ctx, f)
	case f.Relation == observation.Nameserver:
		return r.nameserverHolders(ctx, f)
	case f.Back:
		return r.backHolders(ctx, f)
	}
	return r.countHolders(ctx, f)
}

// countHolders counts the subjects of a relation, best source first.
func (r *run) countHolders(ctx context.Context, f Fact) (holding, error) {
	local, err := r.Corpus.Holders(ctx, f.Relation, f.Value, corpus.DefaultHolderLimit)
	if err != nil {
		return holding{}, err
	}
	return r.best(ctx, f.Relation, f.Value, local)
}

// best weighs the store's own count against what providers and lists say.
func (r *run) best(ctx context.Context, relation observation.Relation, value observable.Value, local corpus.Count) (holding, error) {
	totals, err := r.Corpus.Totals(ctx, relation, value)
	if err != nil {
		return holding{}, err
	}
	if total, ok := r.largest(totals); ok {
		return holding{
			n: max(total.N, local.N), of: world(subjectKind(relation)), known: true, world: true,
			from: fmt.Sprintf("%s, %s", total.Source, total.AsOf.UTC().Format("2006-01-02")),
		}, nil
	}
	population, err := r.population(ctx, relation)
	if err != nil {
		return holding{}, err
	}
	h := holding{n: local.N, of: population.Subjects, known: local.N > 0, estimate: local.Estimate, from: LocalStore}
	if population.Subjects < smallStore {
		h.known = false
		if n, of, list, ok := r.Lists.BaseCount(relation, value); ok {
			h = holding{n: max(n, h.n), of: of, known: true, estimate: true, world: true, from: list}
		}
		return h, nil
	}
	if population.Subjects < bigStore {
		if n, of, list, ok := r.Lists.BaseCount(relation, value); ok && of > 0 {
			scaled := uint64(math.Ceil(float64(n) * float64(population.Subjects) / float64(of)))
			if scaled > h.n {
				h.n, h.from, h.known = scaled, list, true
			}
		}
	}
	return h, nil
}

// largest returns the total of the provider that saw most: who counts fewer
// has not seen everything.
func (r *run) largest(totals []corpus.Total) (most corpus.Total, ok bool) {
	for _, total := range totals {
		if (r.AsOf.IsZero() || !total.AsOf.After(r.AsOf)) && (!ok || total.N > most.N) {
			most, ok = total, true
		}
	}
	return most, ok
}

func subjectKind(r observation.Relation) observable.Kind {
	if kinds := r.Subjects(); len(kinds) > 0 {
		return kinds[0]
	}
	return observable.Domain
}

func (r *run) population(ctx context.Context, relation observation.Relation) (corpus.Population, error) {
	if p, ok := r.populations[relation]; ok {
		return p, nil
	}
	p, err := r.Corpus.Population(ctx, relation)
	if err == nil {
		r.populations[relation] = p
	}
	return p, err
}

// universe is how many indicators of a kind the store knows at all: the
// largest population of any relation they are a subject of.
func (r *run) universe(ctx context.Context, kind observable.Kind) (uint64, error) {
	if n, ok := r.universes[kind]; ok {
		return n, nil
	}
	var largest uint64
	for _, relation := range observation.Relations() {
		if subjectKind(relation) != kind {
			continue
		}
		p, err := r.population(ctx, relation)
		if err != nil {
			return 0, err
		}
		largest = max(largest, p.Subjects)
	}
	r.universes[kind] = largest
	return largest, nil
}

// nameHolders draws names from the whole world: the largest of the vocabulary's
// count, the names of the corpus, and the floor of a word nobody counted.
func (r *run) nameHolders(f Fact) holding {
	h := holding{n: score.NameFloor, of: score.NameWorld, known: true, world: true, from: "floor of an uncounted word"}
	if n, from, known := r.Lists.NameCount(f.Relation, f.Value.Text()); known && n > h.n {
		h.n, h.from = n, from
	}
	return h
}

// blockAddresses is of how many addresses of a block the names are counted: all
// of the widest block that counts. Wider ones are counted so far, as an estimate.
const blockAddresses = 1 << (32 - widestV4)

// foreseenAddresses is how many of them are read ahead: a crowded block is left
// after a few.
const foreseenAddresses = 64

// blockHolders counts the names on all addresses of a block.
func (r *run) blockHolders(ctx context.Context, f Fact) (holding, error) {
	net, ok := inBlock(f.Value)
	if !ok {
		return holding{}, nil
	}
	addresses, more, err := r.Corpus.InRange(ctx, net, blockAddresses)
	if err != nil {
		return holding{}, err
	}
	h := holding{known: true, estimate: more, from: LocalStore}
	for i, address := range addresses {
		if h.n >= corpus.DefaultHolderLimit {
			// A crowded block: the rest is taken to be like what was counted.
			h.n, h.estimate = h.n*uint64(len(addresses))/uint64(i), true
			break
		}
		if i%foreseenAddresses == 0 {
			r.foreseeCounts(ctx, factsOf(observation.ResolvesTo, addresses[i:min(i+foreseenAddresses, len(addresses))]))
		}
		on, err := r.holders(ctx, Fact{Relation: observation.ResolvesTo, Value: address})
		if err != nil {
			return holding{}, err
		}
		h.n += on.n
		h.world = h.world || on.world
		h.of = max(h.of, on.of)
	}
	return h, nil
}

// hostsBelow counts a registered domain and the names below it.
func (r *run) hostsBelow(ctx context.Context, f Fact) (holding, error) {
	hosts, more, err := r.Corpus.Subdomains(ctx, f.Value, corpus.DefaultHolderLimit)
	if err != nil {
		return holding{}, err
	}
	return holding{n: uint64(len(hosts)) + 1, of: score.NameWorld, known: true, estimate: more, world: true, from: LocalStore}, nil
}

// nsDomainHolders counts the customers of a DNS provider.
func (r *run) nsDomainHolders(ctx context.Context, f Fact) (holding, error) {
	p, err := r.provider(ctx, f.Value)
	if err != nil {
		return holding{}, err
	}
	return p.customers, nil
}

// backHolders counts the objects of a value: the names in a certificate.
func (r *run) backHolders(ctx context.Context, f Fact) (holding, error) {
	links, more, err := r.Corpus.Objects(ctx, f.Value, corpus.DefaultHolderLimit, f.Relation)
	if err != nil {
		return holding{}, err
	}
	kinds := map[observable.Kind]uint64{}
	for _, link := range links {
		kinds[link.Object.Kind()]++
	}
	h := holding{known: len(links) > 0, estimate: more, from: "the " + f.Value.Kind().String() + " itself", world: true}
	for kind, n := range kinds {
		h.n += n
		h.of = max(h.of, world(kind))
	}
	return h, nil
}
