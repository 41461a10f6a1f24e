// Package rdap asks the registries themselves, by the Registration Data Access
// Protocol (RFC 9082, RFC 9083): who registered a domain, which range holds an address.
//
// Service: the server that IANA's bootstrap files name (RFC 9224), no key.
// Limits: docs/sources/rdap.md.
// Visibility: the registry sees the query; the owner of the indicator does not.
// Gaps: contacts are mostly redacted; top-level domains without RDAP.
package rdap

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "rdap",
		Title:   "RDAP",
		Accepts: []observable.Kind{observable.Domain, observable.IP},
		Answers: []observation.Relation{
			observation.RegistrantName, observation.RegistrantOrg, observation.RegistrantEmail, observation.RegistrantPhone,
			observation.RegistrarOf, observation.Created, observation.Nameserver, observation.NSSet,
			observation.ResolvesTo, observation.InPrefix, observation.AnnouncedBy,
		},
		PAP:     marking.Amber,
		Every:   time.Second, // our choice: registries publish no limit
		Cost:    2,
		PerHost: true,
	}
}

// errNotOffered means that no RDAP server is responsible for the value.
var errNotOffered = fmt.Errorf("%w: no RDAP server is listed for it", source.ErrNotOffered)

// Observe implements [source.Source]: the bootstrap file first, then the
// registry, then the registrar if a thin registry points to it.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	ask = redirecting{ask}
	server, err := responsible(ctx, ask, q.Value)
	if err != nil {
		return source.Answer{Parts: []source.Part{source.PartOf("bootstrap", 0, 0, err)}}, nil
	}
	if q.Value.Kind() == observable.IP {
		return source.Follow(ctx, ask, q, endpoint("ip", server+"ip/"+q.Value.Text(), func(r source.Reply) (source.Page, error) {
			return decodeNetwork(q.Value, r)
		}))
	}
	return askDomain(ctx, ask, q, server)
}

// redirecting follows a registry to another: RDAP uses redirects between
// registries as part of the protocol (RFC 7480 section 5.2). Each hop is a
// request like any other, charged and in the ledger.
type redirecting struct{ source.Asker }

const maxHops = 2

// Ask implements [source.Asker].
func (r redirecting) Ask(ctx context.Context, request source.Request) (source.Reply, error) {
	reply, err := r.Asker.Ask(ctx, request)
	for hop := 0; hop < maxHops && err == nil && reply.Status >= 300 && reply.Status < 400; hop++ {
		next, unsafe := secure(reply.Header.Get("Location"))
		if unsafe != nil {
			break
		}
		request.URL = next
		reply, err = r.Asker.Ask(ctx, request)
	}
	return reply, err
}

// askDomain asks about the registered domain of a name, and about the name
// itself where it looks like a name server's.
func askDomain(ctx context.Context, ask source.Asker, q source.Question, server string) (source.Answer, error) {
	domain, ok := observable.RegistrableDomain(q.Value)
	if !ok {
		domain = q.Value
	}
	var registrar string
	endpoints := []source.Endpoint{endpoint("domain", server+"domain/"+domain.Text(), func(r source.Reply) (source.Page, error) {
		page, related, err := decodeDomain(r)
		registrar = related
		return page, err
	})}
	if domain != q.Value && isNameserver(q.Value.Text()) {
		endpoints = append(endpoints, endpoint("nameserver", server+"nameserver/"+q.Value.Text(), decodeNameserver))
	}
	answer, err := source.Follow(ctx, ask, q, endpoints...)
	if err != nil || registrar == "" || strings.HasPrefix(registrar, server) {
		return answer, err
	}
	more, err := source.Follow(ctx, ask, q, endpoint("registrar", registrar, func(r source.Reply) (source.Page, error) {
		page, _, err := decodeDomain(r)
		return page, err
	}))
	return answer.With(more), err
}

// isNameserver guesses from the first label; registries know a host only when
// it serves a zone.
func isNameserver(name string) bool {
	label, _, _ := strings.Cut(name, ".")
	label = strings.TrimRight(label, "0123456789-abcdefgh")
	return label == "n" || label == "ns" || label == "dns"
}

func endpoint(name, address string, decode func(source.Reply) (source.Page, error)) source.Endpoint {
	// Registries answer "nothing known" with a 404 and any sort of body.
	return source.Endpoint{Name: name, Request: request(address), Decode: decode, Any404: true}
}

func request(address string) source.Request {
	return source.Request{URL: address, Header: http.Header{"Accept": {"application/rdap+json"}}}
}

const iana = "https://data.iana.org/rdap/"

// responsible returns the base address of the server to ask about v, ending in a
// slash. Where the bootstrap file cannot be had, or is too old to list the
// registry, a short list of our own stands in.
func responsible(ctx context.Context, ask source.Asker, v observable.Value) (string, error) {
	file := "dns.json"
	if addr, ok := v.Addr(); ok {
		file = "ipv6.json"
		if addr.Is4() {
			file = "ipv4.json"
		}
	}
	reply, err := ask.Ask(ctx, request(iana+file))
	var server string
	if err == nil {
		server, err = lookup(v, reply)
	}
	if server == "" {
		server = known(v)
	}
	switch {
	case server != "":
		return server, nil
	case err != nil:
		return "", err
	}
	return "", errNotOffered
}

// known lists registries with many domains, for when the bootstrap file does
// not help. Source: the bootstrap file of 2026.
func known(v observable.Value) string {
	if v.Kind() != observable.Domain {
		return ""
	}
	switch v.Text()[strings.LastIndexByte(v.Text(), '.')+1:] {
	case "com":
		return "https://rdap.verisign.com/com/v1/"
	case "net":
		return "https://rdap.verisign.com/net/v1/"
	case "org":
		return "https://rdap.publicinterestregistry.org/rdap/"
	case "fr":
		return "https://rdap.nic.fr/"
	case "no":
		return "https://rdap.norid.no/"
	}
	return ""
}

// secure returns address if it is one we may ask: https, on a named host.
func secure(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "", errors.New("not an https address")
	}
	return u.String(), nil
}
