// Package securitytrails asks SecurityTrails for DNS history, WHOIS, subdomains
// and the domains that share an address or a registrant's e-mail.
//
// Service: https://api.securitytrails.com/v1, free key with few calls a month.
// Limits: docs/sources/securitytrails.md.
// Visibility: SecurityTrails sees the query; the owner of the indicator does not.
// Gaps: history is by days; lists are cut at 100 pages of 100.
package securitytrails

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://api.securitytrails.com/v1"

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "securitytrails",
		Title:   "SecurityTrails",
		Accepts: []observable.Kind{observable.Domain, observable.IP, observable.Email},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.Nameserver, observation.NSSet, observation.MX, observation.SOAContact,
			observation.TXT, observation.RegistrantEmail, observation.RegistrantName, observation.RegistrantOrg,
			observation.RegistrantPhone, observation.RegistrarOf, observation.Created, observation.SubdomainOf,
		},
		PAP:       marking.Amber,
		Every:     500 * time.Millisecond,
		Quotas:    []source.Quota{{Requests: 2, Per: source.Second}}, // recorded headers allow 2 to 5
		KeyEnv:    "SECURITYTRAILS_API_KEY",
		KeyHeader: "APIKEY",
		KeyHost:   "api.securitytrails.com",
		Cost:      1,
	}
}

// Observe implements [source.Source]. Of a domain it asks the history of its
// addresses first: where the quota ends early, that is what pivots need most.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	switch q.Value.Kind() {
	case observable.IP:
		return source.Follow(ctx, ask, q, list(addressFilter(q.Value), observation.ResolvesTo, q.Value))
	case observable.Email:
		return source.Follow(ctx, ask, q, list("whois_email", observation.RegistrantEmail, q.Value))
	}
	return source.Follow(ctx, ask, q, about(q.Value)...)
}

// about lists what is asked of a domain.
func about(domain observable.Value) []source.Endpoint {
	name := url.PathEscape(domain.Text())
	get := func(label, path string, decode func(observable.Value, source.Reply) (source.Page, error)) source.Endpoint {
		return source.Endpoint{
			Name:    label,
			Request: source.Request{URL: base + path},
			Decode:  func(r source.Reply) (source.Page, error) { return decode(domain, r) },
		}
	}
	return []source.Endpoint{
		history(name, domain),
		get("domain", "/domain/"+name, decodeCurrent),
		get("whois", "/domain/"+name+"/whois", decodeWhois),
		get("history/whois", "/history/"+name+"/whois", decodeWhoisHistory),
		get("subdomains", "/domain/"+name+"/subdomains", decodeSubdomains),
		get("associated", "/domain/"+name+"/associated", decodeAssociated),
	}
}

// historyPages is how much of an address history is read unasked: 100 changes a page.
const historyPages = 3

func history(name string, domain observable.Value) source.Endpoint {
	address := func(page int) string {
		return base + "/history/" + name + "/dns/a?page=" + strconv.Itoa(page)
	}
	page := 1
	return source.Endpoint{
		Name:    "history/dns/a",
		Request: source.Request{URL: address(page)},
		Pages:   historyPages,
		Decode: func(r source.Reply) (source.Page, error) {
			p, pages, err := decodeHistory(domain, r)
			if err == nil && page < pages {
				page++
				p.Next = source.Request{URL: address(page)}
			}
			return p, err
		},
	}
}

func addressFilter(v observable.Value) string {
	if addr, ok := v.Addr(); ok && addr.Is6() {
		return "ipv6"
	}
	return "ipv4"
}

// list asks for the domains that hold value under relation, 100 a page.
func list(filter string, relation observation.Relation, value observable.Value) source.Endpoint {
	body, _ := json.Marshal(map[string]any{"filter": map[string]string{filter: value.Text()}}) // strings always marshal
	request := func(page int) source.Request {
		r := source.Request{
			Method: http.MethodPost, URL: base + "/domains/list", Body: body,
			Header: http.Header{"Content-Type": {"application/json"}},
		}
		if page > 1 {
			r.URL += "?page=" + strconv.Itoa(page)
		}
		return r
	}
	page := 1
	return source.Endpoint{
		Name:    "domains/list " + filter,
		Request: request(page),
		Pages:   5,
		Decode: func(r source.Reply) (source.Page, error) {
			p, pages, err := decodeList(relation, value, r)
			if err == nil && page < pages {
				page++
				p.Next = request(page)
			}
			return p, err
		},
	}
}
