package pivot

import (
	"context"
	"math"
	"slices"
	"strings"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
)

// A dnsProvider is a registrable domain that name servers lie under, and how
// its customers are spread over them.
type dnsProvider struct {
	customers holding
	served    uint64  // domains, once for each of their name servers
	load      float64 // domains on the median name server
}

// serversPerCustomer is the most name servers that providers usually give a
// domain. Domains on all servers together, divided by it, are customers at
// least; the largest server's are too.
const serversPerCustomer = 4

// provider counts the domains over all known name servers below one domain.
// A pool of many servers has far more customers than its largest server; a pair
// of servers of one's own has as many as either.
func (r *run) provider(ctx context.Context, domain observable.Value) (*dnsProvider, error) {
	if p, known := r.providers[domain]; known {
		return p, nil
	}
	hosts, more, err := r.Corpus.Subdomains(ctx, domain, corpus.DefaultHolderLimit)
	if err != nil {
		return nil, err
	}
	p := &dnsProvider{}
	var loads []uint64
	hosts = append(hosts, domain)
	r.foreseeCounts(ctx, factsOf(observation.Nameserver, hosts))
	for _, host := range hosts {
		on, err := r.countHolders(ctx, Fact{Relation: observation.Nameserver, Value: host})
		if err != nil {
			return nil, err
		}
		if on.n > p.customers.n {
			p.customers = on
		}
		if on.n > 0 {
			p.served += on.n
			loads = append(loads, on.n)
		}
	}
	p.customers.n = max(p.customers.n, p.served/serversPerCustomer)
	p.customers.estimate = p.customers.estimate || more || len(loads) > 1
	slices.Sort(loads)
	if n := len(loads); n > 0 {
		p.load = float64(loads[(n-1)/2]+loads[n/2]) / 2
	}
	r.providers[domain] = p
	return p, nil
}

// nameserverHolders counts the domains on one name server. In a pool it is
// chance who lands on the same one, so all customers of the provider count.
func (r *run) nameserverHolders(ctx context.Context, f Fact) (holding, error) {
	h, err := r.countHolders(ctx, f)
	if err != nil {
		return holding{}, err
	}
	domain, ok := observable.RegistrableDomain(f.Value)
	if !ok {
		return h, nil
	}
	p, err := r.provider(ctx, domain)
	if err != nil {
		return holding{}, err
	}
	if p.customers.n > h.n && p.customers.world == h.world {
		h.n, h.estimate, h.from = p.customers.n, true, p.customers.from+", all customers of "+domain.Text()
	}
	return h, nil
}

// customersPerSet is how many times a set's holders a provider must serve to be
// a pool rather than somebody's own name servers. The same figure was used when
// the model was fitted.
const customersPerSet = 3

// dealt returns how many others would hold a set of name servers had its
// provider dealt it out by chance; 0 where it is no pool. The smallest provider
// of a mixed set decides.
func (r *run) dealt(ctx context.Context, set observable.Value, h holding) (float64, error) {
	servers := map[observable.Value]uint64{} // of the set, by provider
	for host := range strings.SplitSeq(set.Text(), "|") {
		name, err := observable.New(observable.Domain, host)
		if err != nil {
			return 0, nil //nolint:nilerr // a set of odd names is nobody's pool
		}
		domain, ok := observable.RegistrableDomain(name)
		if !ok {
			return 0, nil
		}
		servers[domain]++
	}
	least, others := uint64(math.MaxUint64), 0.0
	for domain, n := range servers {
		p, err := r.provider(ctx, domain)
		if err != nil || p.customers.world != h.world {
			return 0, err
		}
		if customers := max(p.customers.n, p.served/n); customers < least || (customers == least && p.load-1 < others) {
			least, others = customers, p.load-1
		}
	}
	if least <= customersPerSet*h.n || others < 1 {
		return 0, nil
	}
	return others, nil
}
