// Package dnsdb asks Farsight (DomainTools) DNSDB for passive DNS: what a name
// had for records, and which names had a record that leads to an address, a
// range or another name.
//
// Service: https://api.dnsdb.info/dnsdb/v2, paid key. Limits: docs/sources/dnsdb.md.
// Visibility: DNSDB sees the query; the owner of the indicator does not.
// Gaps: names that no sensor saw resolved; wildcard owners and record types
// outside the vocabulary.
package dnsdb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

const (
	base = "https://api.dnsdb.info/dnsdb/v2"
	// v1 is the older interface, whose replies are the same records without
	// frames. It is read where recordings have nothing newer.
	v1 = "https://api.dnsdb.info"
)

// Rows of one page. A block quota counts queries, not rows, so pages are large;
// the server lowers a limit above its own.
const (
	defaultRows = 1000
	mostRows    = 50_000 // some 8 MB, half of what a reply may have
)

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "dnsdb",
		Title:   "Farsight DNSDB",
		Accepts: []observable.Kind{observable.Domain, observable.IP, observable.Prefix},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.CNAME, observation.Nameserver, observation.NSSet, observation.MX,
			observation.TXT, observation.SOAContact, observation.PTR, observation.Label, observation.SubdomainOf,
		},
		PAP:       marking.Amber,
		Every:     2 * time.Second, // our choice: the burst that a plan allows differs, and a 429 says so
		KeyEnv:    "DNSDB_API_KEY",
		KeyHeader: "X-API-Key",
		KeyHost:   "api.dnsdb.info",
		Cost:      3,
	}
}

// Observe implements [source.Source]. What leads to the value comes first: it
// is the pivot, and where the quota ends early it is what is missed most.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	var answer source.Answer
	refused := ""
	for _, l := range lookups(q.Value) {
		if refused != "" {
			answer.Parts = append(answer.Parts, source.Part{
				Endpoint: l.name, State: source.NotAsked, Reason: "not asked after " + refused + " was turned down",
			})
			continue
		}
		part, err := l.ask(ctx, ask, q)
		if err != nil {
			return answer, err
		}
		if part.Parts[0].State == source.Refused { // no key or no quota: the next would be refused too
			refused = l.name
		}
		answer = answer.With(part)
	}
	if glob, ok := namesake(q.Value); ok && refused == "" {
		alike, err := source.Follow(ctx, ask, q, glob)
		return answer.With(alike), err
	}
	return answer, nil
}

// A lookup is one question DNSDB has a path for.
type lookup struct {
	name   string // as the manual has it
	path   string
	shared observable.Value // what the rows found have in common, zero for a name's own records
}

func lookups(v observable.Value) []lookup {
	switch v.Kind() {
	case observable.IP:
		all := []lookup{{"lookup/rdata/ip", "/rdata/ip/" + v.Text(), v}}
		if addr, ok := v.Addr(); ok {
			all = append(all, lookup{"lookup/rrset PTR", "/rrset/name/" + record.ReverseName(addr) + "/PTR", observable.Value{}})
		}
		return all
	case observable.Prefix:
		// A slash would be a path of its own, so DNSDB writes ranges with a comma.
		return []lookup{{"lookup/rdata/ip", "/rdata/ip/" + strings.Replace(v.Text(), "/", ",", 1), v}}
	}
	name := url.PathEscape(v.Text())
	all := []lookup{
		{"lookup/rdata/name", "/rdata/name/" + name, v},
		{"lookup/rrset/name", "/rrset/name/" + name, observable.Value{}},
	}
	if registrable, ok := observable.RegistrableDomain(v); ok && registrable == v {
		all = append(all, lookup{"lookup/rrset/name *.", "/rrset/name/*." + name, observable.Value{}})
	}
	return all
}

// ask reads the lookup page by page. Where DNSDB holds more than was read, it
// is asked how much: counting costs a query more, and is left until then.
func (l lookup) ask(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	pages := newPages(l, q.Limit)
	answer, err := source.Follow(ctx, ask, q, pages.endpoint())
	if err != nil || !pages.cut || answer.Parts[0].State != source.Truncated {
		return answer, err
	}
	counts := pages.counts()
	for _, c := range counts {
		counted, err := source.Follow(ctx, ask, q, c.endpoint())
		if err != nil {
			return answer, err
		}
		if c.relation != 0 || c.found == 0 { // else the number is all there is to know of it
			answer = answer.With(counted)
		}
	}
	if more := counts[0].found - pages.rows; more > 0 {
		answer.Parts[0] = source.PartOf(l.name, len(answer.Observations), more, nil)
	}
	return answer.With(source.Answer{}), nil // adds up anew what is missing
}

// pages follows one lookup by offset.
type pages struct {
	lookup
	limit int // rows asked for at once
	rows  int // rows so far
	cut   bool
	types map[string]bool // record types seen among rows that lead to the shared value
}

func newPages(l lookup, wanted int) *pages {
	limit := defaultRows
	if wanted > 0 {
		limit = min(wanted, mostRows)
	}
	return &pages{lookup: l, limit: limit, types: map[string]bool{}}
}

func (p *pages) endpoint() source.Endpoint {
	return source.Endpoint{Name: p.name, Request: p.request(), Decode: p.decode}
}

func (p *pages) request() source.Request {
	address := "/lookup" + p.path + "?limit=" + strconv.Itoa(p.limit)
	if p.rows > 0 {
		address += "&offset=" + strconv.Itoa(p.rows)
	}
	return request(address)
}

func request(path string) source.Request {
	return source.Request{
		URL: base + path, Header: http.Header{"Accept": {"application/x-ndjson"}},
		Older: &source.Request{URL: v1 + path},
	}
}

func (p *pages) decode(r source.Reply) (source.Page, error) {
	page, stream, err := decodeRecords(r)
	p.rows += page.Rows
	p.cut = stream.limited
	for _, rrtype := range stream.types {
		p.types[rrtype] = true
	}
	if page.More = stream.limited; page.More && page.Rows > 0 {
		page.Next = p.request()
	}
	return page, err
}

// counts lists what to count: first all results of the lookup, then the names
// that hold the shared value by the relation they hold it under.
func (p *pages) counts() []*count {
	whole := &count{name: p.name, path: p.path}
	all := []*count{whole}
	switch p.shared.Kind() {
	case observable.IP:
		whole.relation, whole.object = observation.ResolvesTo, p.shared
	case observable.Domain:
		for _, t := range []struct {
			rrtype   string
			relation observation.Relation
		}{{"NS", observation.Nameserver}, {"MX", observation.MX}, {"CNAME", observation.CNAME}} {
			if p.types[t.rrtype] {
				all = append(all, &count{p.name + " " + t.rrtype, p.path + "/" + t.rrtype, t.relation, p.shared, 0})
			}
		}
	}
	return all
}

// A count asks DNSDB how many results a lookup has.
type count struct {
	name     string // of the lookup
	path     string
	relation observation.Relation // 0 when the results are no holders of one value
	object   observable.Value
	found    int
}

func (c *count) endpoint() source.Endpoint {
	return source.Endpoint{
		Name:    strings.Replace(c.name, "lookup", "summarize", 1),
		Request: request("/summarize" + c.path + "?limit=0"),
		Decode: func(r source.Reply) (page source.Page, err error) {
			page, c.found, err = decodeSummary(c.relation, c.object, r)
			return page, err
		},
	}
}
