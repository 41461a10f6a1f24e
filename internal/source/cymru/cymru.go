// Package cymru asks Team Cymru's IP to ASN mapping which range holds an address
// and which autonomous system announces it.
//
// Service: https://www.team-cymru.com/ip-asn-mapping, over DNS, no key. Limits:
// docs/sources/cymru.md.
// Visibility: the resolver and Team Cymru see the query; the address does not.
// Gaps: what was announced in the past; the name of the autonomous system, which
// the vocabulary has no place for.
package cymru

import (
	"context"
	"net/netip"
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
		Name:    "cymru",
		Title:   "Team Cymru",
		Accepts: []observable.Kind{observable.IP, observable.Prefix},
		Answers: []observation.Relation{observation.InPrefix, observation.AnnouncedBy},
		PAP:     marking.Amber,
		Every:   100 * time.Millisecond, // our choice: answers are cached DNS, and no limit is published
		Cost:    1,
	}
}

// Observe implements [source.Source]. One question goes over DNS, as Team Cymru
// asks for; its WHOIS is for lists, and blocks those who ask it one by one.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	addr, ok := q.Value.Addr()
	if !ok {
		prefix, err := netip.ParsePrefix(q.Value.Text())
		if err != nil {
			return source.Answer{}, err
		}
		addr = prefix.Addr()
	}
	zone := ".origin.asn.cymru.com"
	if addr.Is6() {
		zone = ".origin6.asn.cymru.com"
	}
	request := source.DNSRequest(record.ReverseLabels(addr)+zone, "TXT")
	request.Older = bulk()
	return source.Follow(ctx, ask, q, source.Endpoint{
		Name:    strings.TrimPrefix(zone, "."),
		Request: request,
		Decode:  func(r source.Reply) (source.Page, error) { return decode(q.Value, addr, r) },
	})
}

// bulk is a list asked of the WHOIS: recordings hold such answers.
func bulk() *source.Request {
	return &source.Request{Method: "WHOIS", URL: "whois://whois.cymru.com/begin/verbose"}
}
