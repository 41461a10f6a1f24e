package pivot

import (
	"context"
	"fmt"
	"net/netip"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// The lengths of prefixes that routers carry: what is longer is nobody's route,
// what is shorter was never announced.
const (
	longestV4, shortestV4 = 32, 8
	longestV6, shortestV6 = 64, 16
)

// routes gives an address the range that holds it and the autonomous system that
// announces it, from imported tables, by longest match. The narrowest range that
// says who announces it is the one that counts.
func (r *run) routes(ctx context.Context, v observable.Value) ([]Fact, error) {
	addr, ok := v.Addr()
	if !ok {
		return nil, nil
	}
	population, err := r.population(ctx, observation.AnnouncedBy)
	if err != nil || population.Subjects == 0 {
		return nil, err
	}
	longest, shortest := longestV4, shortestV4
	if addr.Is6() {
		longest, shortest = longestV6, shortestV6
	}
	for bits := longest; bits >= shortest; bits-- {
		facts, err := r.announced(ctx, netip.PrefixFrom(addr, bits).Masked())
		if err != nil {
			return nil, fmt.Errorf("route of %s: %w", v, err)
		}
		if len(facts) > 0 {
			return facts, nil
		}
	}
	return nil, nil
}

// announced lists who announces a prefix, and the prefix itself.
func (r *run) announced(ctx context.Context, net netip.Prefix) ([]Fact, error) {
	block, err := observable.New(observable.Prefix, net.String())
	if err != nil {
		return nil, nil // ranges that are nobody's have no value
	}
	links, _, err := r.Corpus.Objects(ctx, block, corpus.DefaultHolderLimit, observation.AnnouncedBy)
	if err != nil {
		return nil, err
	}
	var facts []Fact
	for _, link := range links {
		if f, ok := r.factOf(link, link.Object); ok {
			facts = append(facts, f)
		}
	}
	if len(facts) > 0 {
		facts = append(facts, Fact{
			Relation: observation.InPrefix, Value: block, Window: facts[0].Window, Sources: facts[0].Sources, Evidence: facts[0].Evidence,
		})
	}
	return facts, nil
}

// widestBlock is the widest range of addresses of which a neighbour says
// anything, in bits. Wider ones are a hoster's or a provider's: they say where an
// address is, not whose. Origin: the model's weight was measured on /24 alone; a
// /22 is what the registries give to a small customer.
const (
	widestV4 = 22
	widestV6 = 48
)

// wide gives the reason why sharing a range says nothing.
func wide(block observable.Value) string {
	net, ok := inBlock(block)
	if !ok {
		return ""
	}
	widest := widestV4
	if net.Addr().Is6() {
		widest = widestV6
	}
	if net.Bits() >= widest {
		return ""
	}
	return fmt.Sprintf("a /%d is a provider's: it says where an address is, not whose", net.Bits())
}
