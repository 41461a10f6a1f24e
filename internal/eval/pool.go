package eval

import (
	"slices"
	"strings"

	"clew/internal/observable"
)

// dnsPools knows how large the customers' crowds of DNS providers are, so that
// a name server the provider assigned by chance is not taken for a choice.
//
// A provider is the registrable domain of its name servers with digits blanked:
// awsdns-11.net and awsdns-52.net are one provider's.
type dnsPools struct {
	customers map[string]uint64   // by provider: domains served
	loads     map[string][]uint64 // by provider: domains on each name server, ascending
}

func poolsOf(counts map[attribute]uint64) dnsPools {
	pools := dnsPools{map[string]uint64{}, map[string][]uint64{}}
	for key, n := range counts {
		switch key.kind {
		case "ns_dom":
			pools.customers[blankDigits(key.value)] += n
		case "ns_host":
			provider := providerOf(key.value)
			pools.loads[provider] = append(pools.loads[provider], n)
		}
	}
	for _, loads := range pools.loads {
		slices.Sort(loads)
	}
	return pools
}

// holders returns how many domains hold the value once those who merely share
// the provider count as well: on a name server of its own that is the same, in
// a provider's pool it is every customer, for chance put them together.
func (p dnsPools) holders(kind, value string, counted uint64) uint64 {
	switch kind {
	case "ns_dom":
		return max(counted, p.customers[blankDigits(value)])
	case "ns_host":
		return max(counted, p.customers[providerOf(value)])
	}
	return counted
}

// customersPerSet is how many times a set's holders a provider must serve to be
// a pool rather than the operator's own name servers.
const customersPerSet = 3

// dealt returns how many others would hold a name-server set had its pool dealt
// it out by chance: the median load of the provider's name servers. 0: no pool.
func (p dnsPools) dealt(set string, counted uint64) float64 {
	var customers uint64
	load := 0.0
	for host := range strings.SplitSeq(set, "|") {
		provider := providerOf(host)
		if n := p.customers[provider]; customers == 0 || n < customers {
			customers = n
		}
		if median := medianOf(p.loads[provider]); load == 0 || median < load {
			load = median
		}
	}
	if customers <= customersPerSet*counted || load < 2 {
		return 0
	}
	return load - 1
}

func medianOf(sorted []uint64) float64 {
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (float64(sorted[(n-1)/2]) + float64(sorted[n/2])) / 2
}

func providerOf(host string) string {
	domain, err := observable.New(observable.Domain, host)
	if err != nil {
		return blankDigits(host)
	}
	if registrable, ok := observable.RegistrableDomain(domain); ok {
		return blankDigits(registrable.Text())
	}
	return blankDigits(host)
}

// blankDigits replaces each run of digits by one 0.
func blankDigits(s string) string {
	var out strings.Builder
	run := false
	for _, r := range s {
		digit := r >= '0' && r <= '9'
		switch {
		case digit && !run:
			out.WriteByte('0')
		case !digit:
			out.WriteRune(r)
		}
		run = digit
	}
	return out.String()
}
