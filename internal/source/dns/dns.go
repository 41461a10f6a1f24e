// Package dns asks the configured resolver for the records that a name, or the
// reverse name of an address, has now.
//
// Service: the resolver of this machine or of the configuration, over port 53 or
// as JSON over HTTPS. Limits: docs/sources/dns.md.
// Visibility: the servers of the one under investigation may see the lookup.
// Gaps: everything but this moment, seen from this place.
package dns

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "dns",
		Title:   "DNS",
		Accepts: []observable.Kind{observable.Domain, observable.IP},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.CNAME, observation.Nameserver, observation.NSSet, observation.MX,
			observation.SOAContact, observation.TXT, observation.PTR,
		},
		PAP:   marking.Green,
		Every: 50 * time.Millisecond, // our choice: a resolver bears more, the target need not see a burst
		TTL:   10 * time.Minute,      // as long as many records are meant to be kept
		Cost:  1,
	}
}

// Observe implements [source.Source]. There is no question for aliases: they
// come with the addresses.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	if addr, ok := q.Value.Addr(); ok {
		return source.Follow(ctx, ask, q, records(record.ReverseName(addr), "PTR"))
	}
	var endpoints []source.Endpoint
	for _, rrtype := range []string{"A", "AAAA", "NS", "MX", "SOA", "TXT"} {
		endpoints = append(endpoints, records(q.Value.Text(), rrtype))
	}
	return source.Follow(ctx, ask, q, endpoints...)
}

func records(name, rrtype string) source.Endpoint {
	return source.Endpoint{
		Name:    rrtype,
		Request: source.DNSRequest(name, rrtype),
		Decode:  func(r source.Reply) (source.Page, error) { return decode(name, rrtype, r) },
	}
}

// decode keeps the records of the type asked for, and of an address the aliases
// that lead to it. They hold at the moment of the reply.
func decode(name, rrtype string, reply source.Reply) (page source.Page, err error) {
	answer, err := source.DecodeDNS(reply)
	if err != nil {
		return page, err
	}
	page.Dropped, page.More = answer.Answer.Odd, answer.TC
	var servers []string
	owners := aliases(name, answer.Answer.Items)
	for _, r := range answer.Answer.Items {
		kind, owner := r.TypeName(), plain(r.Name)
		if kind != rrtype && (kind != "CNAME" || rrtype != "A") {
			continue
		}
		page.Rows++
		if !owners[owner] { // an answer has no business with other names
			page.Dropped++
			continue
		}
		if kind == "PTR" { // smaller ranges than a /24 are delegated by alias, RFC 2317
			owner = name
		}
		o, ok := record.DNS{Name: owner, Type: kind, Data: r.Data, Window: record.At(reply.At)}.Observation()
		if page.Keep(o, ok) && kind == "NS" && o.Subject.Text() == name {
			servers = append(servers, r.Data)
		}
	}
	if set, ok := record.NameserverSet(name, servers, record.At(reply.At)); ok && !answer.TC {
		page.Observations = append(page.Observations, set)
	}
	if page.Rows == 0 && answer.AskedAny() && *answer.Status == 0 {
		return page, fmt.Errorf("%w: the recorded question was for all types, and its answer has none of this one", source.ErrNotRecorded)
	}
	return page, nil
}

// aliases returns name and the names its CNAME records lead to.
func aliases(name string, records []source.DNSRecord) map[string]bool {
	owners := map[string]bool{name: true}
	for range records { // each round follows at least one alias, or none is left
		known := len(owners)
		for _, r := range records {
			if r.TypeName() == "CNAME" && owners[plain(r.Name)] {
				owners[plain(r.Data)] = true
			}
		}
		if len(owners) == known {
			break
		}
	}
	return owners
}

func plain(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
