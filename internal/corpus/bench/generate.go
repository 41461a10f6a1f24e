package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
)

// generator makes rows like those of passive DNS: many hosts with few links
// each, objects with a heavy tail (name servers, shared hosting), the same link
// seen again and again. Row i depends on the seed and i alone.
//
// Names are reserved ones, addresses come from the range for benchmarks
// (RFC 2544) and for documentation.
type generator struct {
	seed uint64
	rows int
}

// Of so many rows there are, roughly, so many of each.
const (
	rowsPerHost   = 2.4
	rowsPerServer = 6 // addresses
	hostsPerName  = 3 // host names of a registered name
)

var suffixes = []string{"example", "test", "invalid", "com.example", "net.example", "org.test", "shop.test", "co.test"}

var hostLabels = []string{"", "www", "mail", "api", "cdn", "m", "login", "vpn", "img", "static"}

var syllables = strings.Fields("ba be bi bo da de di do fa fi fo ga go ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe po ra re ri ro sa se si so ta te ti to va ve vi vo za zen ber lin ster mann tech soft net pay bank cloud")

// random returns the randomness of number i of one purpose.
func (g generator) random(purpose, i uint64) *rand.Rand {
	//nolint:gosec // random enough, and the same every time
	return rand.New(rand.NewPCG(g.seed<<2|purpose, i))
}

// row returns row i.
func (g generator) row(i int) observation.Observation {
	rng := g.random(0, uint64(i))
	host := rng.IntN(int(float64(g.rows)/rowsPerHost) + 1)
	slot := int(rng.ExpFloat64() * 1.4) // which of the host's links: small numbers come back
	o := g.link(host, slot)
	first := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rng.IntN(7*365*24*3600)) * time.Second)
	o.First = first
	o.Last = first.Add(time.Duration(rng.ExpFloat64()*40*24*3600) * time.Second)
	o.Count = 1 + uint64(math.Exp(rng.Float64()*8))
	o.Source = "bench"
	return o
}

// link returns what host points to in a slot, always the same.
func (g generator) link(host, slot int) observation.Observation {
	rng := g.random(1, uint64(host)<<16|uint64(slot))
	o := observation.Observation{Subject: stored(observable.Domain, g.host(host))}
	switch p := rng.IntN(100); {
	case p < 64:
		o.Relation, o.Object = observation.ResolvesTo, stored(observable.IP, g.address(rng))
	case p < 80:
		provider := g.rank(rng, g.rows/400+4, 3)
		o.Relation, o.Object = observation.Nameserver, stored(observable.Domain, fmt.Sprintf("ns%d.%s", 1+rng.IntN(2), g.name(provider)))
	case p < 90:
		o.Relation, o.Object = observation.CNAME, stored(observable.Domain, fmt.Sprintf("%s.edge.%s", token(rng), g.name(g.rank(rng, 300, 2))))
	default:
		o.Relation, o.Object = observation.MX, stored(observable.Domain, "mx."+g.name(g.rank(rng, g.rows/300+4, 3)))
	}
	return o
}

// rank draws from 0 to n-1, low numbers most: the more, the higher the power.
func (g generator) rank(rng *rand.Rand, n int, power float64) int {
	return int(float64(n) * math.Pow(rng.Float64(), power))
}

func (g generator) address(rng *rand.Rand) string {
	n := uint32(g.rank(rng, g.rows/rowsPerServer+16, 2.5))
	n *= 2654435761 // ranks are not neighbours
	if rng.IntN(8) == 0 {
		return netip.MustParseAddr(fmt.Sprintf("2001:db8:%x:%x::%x", n>>16, n&0xffff, n%7+1)).String()
	}
	return fmt.Sprintf("198.%d.%d.%d", 18+n>>16&1, n>>8&0xff, n&0xff)
}

// host returns the name of a host; name, a registered name.
func (g generator) host(i int) string {
	rng := g.random(2, uint64(i))
	name := g.name(i / hostsPerName)
	if i%hostsPerName > 0 && rng.IntN(4) == 0 {
		return token(rng) + "." + name
	}
	if label := hostLabels[rng.IntN(len(hostLabels))]; label != "" {
		return label + "." + name
	}
	return name
}

func (g generator) name(i int) string {
	rng := g.random(3, uint64(i))
	var label strings.Builder
	for range 2 + rng.IntN(3) {
		label.WriteString(syllables[rng.IntN(len(syllables))])
	}
	if rng.IntN(3) == 0 {
		fmt.Fprintf(&label, "-%s", syllables[rng.IntN(len(syllables))])
	}
	fmt.Fprintf(&label, "%d.%s", i%1000, suffixes[rng.IntN(len(suffixes))])
	return label.String()
}

func token(rng *rand.Rand) string { return fmt.Sprintf("%08x", rng.Uint32()) }

// sample is what is asked of the engines.
type sample struct {
	lookups []observation.Observation // random rows, whose subjects are looked up
	heavy   []observation.Observation // rows that lead to the heaviest objects, heaviest first
}

// object is the far end of a row.
type object struct {
	relation observation.Relation
	value    observable.Value
}

// sampler chooses the sample while rows are generated.
type sampler struct {
	counts map[object]int
	sample sample
}

func (s *sampler) heaviest(n int) {
	objects := make([]object, 0, len(s.counts))
	for o := range s.counts {
		objects = append(objects, o)
	}
	slices.SortFunc(objects, func(a, b object) int {
		if c := s.counts[b] - s.counts[a]; c != 0 {
			return c
		}
		return a.value.Compare(b.value)
	})
	for _, o := range objects[:min(n, len(objects))] {
		s.sample.heavy = append(s.sample.heavy, observation.Observation{
			Subject: stored(observable.Domain, "any.example"), Relation: o.relation, Object: o.value,
		})
	}
}

func stored(kind observable.Kind, text string) observable.Value {
	v, err := observable.Stored(kind, text)
	if err != nil {
		panic(err) // our own text
	}
	return v
}
