// Package domaintools asks DomainTools for a domain's records with the count of
// who shares each (Iris Investigate), for their history, and for the domains
// that share an address, a registrant, a certificate or a name server.
//
// Service: https://api.domaintools.com, paid key. Limits: docs/sources/domaintools.md.
// Visibility: DomainTools sees the query; the owner of the indicator does not.
// Gaps: lists of more than 5000 domains; reports that cost extra are quoted, not bought.
package domaintools

import (
	"context"
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

const base = "https://api.domaintools.com/v1/"

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:  "domaintools",
		Title: "DomainTools",
		Accepts: []observable.Kind{
			observable.Domain, observable.IP, observable.Email, observable.Person, observable.Org, observable.Phone,
			observable.Cert, observable.Tracker, observable.Title,
		},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.AnnouncedBy, observation.Nameserver, observation.NSSet, observation.NSDomain,
			observation.MX, observation.SOAContact, observation.TXT, observation.RegistrantEmail, observation.RegistrantName,
			observation.RegistrantOrg, observation.RegistrantPhone, observation.RegistrarOf, observation.Created,
			observation.Serves, observation.Names, observation.SubjectDN, observation.Title, observation.Tracker,
			observation.RedirectsTo,
		},
		PAP:       marking.Amber,
		Every:     time.Second,                                        // our choice
		Quotas:    []source.Quota{{Requests: 20, Per: source.Minute}}, // of the recorded account's Iris Investigate
		KeyEnv:    "DOMAINTOOLS_API_KEY",
		KeyHeader: "X-Api-Key",
		KeyHost:   "api.domaintools.com",
		Cost:      1,
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	v, text := q.Value, q.Value.Text()
	switch v.Kind() {
	case observable.Domain:
		return source.Follow(ctx, ask, q, about(v)...)
	case observable.IP:
		return source.Follow(ctx, ask, q, iris("ip", text, observation.ResolvesTo, v), list(text+"/host-domains", decodeReverseIP))
	case observable.Email:
		answer, err := source.Follow(ctx, ask, q, iris("email", text, observation.RegistrantEmail, v))
		if err != nil || answer.Parts[0].State == source.Refused {
			return answer, err
		}
		found, err := reverseWhois{v}.ask(ctx, ask, q)
		return answer.With(found), err
	case observable.Cert:
		if len(text) != sha1Digits {
			return source.Answer{}, fmt.Errorf("%w: certificates are found by their SHA-1 fingerprint", source.ErrNotOffered)
		}
		return source.Follow(ctx, ask, q, iris("ssl_hash", text, observation.Serves, v))
	case observable.Tracker:
		return source.Follow(ctx, ask, q, iris(trackerFilter(text), text, observation.Tracker, v))
	}
	for _, f := range []struct {
		kind     observable.Kind
		filter   string
		relation observation.Relation
	}{
		{observable.Person, "registrant", observation.RegistrantName},
		{observable.Org, "registrant_org", observation.RegistrantOrg},
		{observable.Phone, "contact_phone", observation.RegistrantPhone},
		{observable.Title, "website_title", observation.Title},
	} {
		if f.kind == v.Kind() {
			return source.Follow(ctx, ask, q, iris(f.filter, strings.TrimPrefix(text, "+"), f.relation, v))
		}
	}
	return source.Answer{}, source.ErrNotOffered
}

const sha1Digits = 40

// trackerFilter tells by its form which service a tracker is of.
func trackerFilter(text string) string {
	switch lower := strings.ToLower(text); {
	case strings.HasPrefix(lower, "gtm-"):
		return "google_tag_manager"
	case strings.Contains(lower, "pub-"):
		return "adsense"
	}
	return "google_analytics"
}

// about lists what is asked of a name. Records and history are kept by
// registered domain; a host below one is asked about as a name server alone.
func about(v observable.Value) []source.Endpoint {
	name := url.PathEscape(v.Text())
	shared := list(name+"/name-server-domains", decodeNameServer)
	if registrable, ok := observable.RegistrableDomain(v); ok && registrable != v {
		return []source.Endpoint{shared}
	}
	return []source.Endpoint{
		iris("domain", v.Text(), 0, observable.Value{}),
		list(name+"/hosting-history", func(r source.Reply) (source.Page, error) { return decodeHosting(v, r) }),
		list(name+"/whois/parsed", func(r source.Reply) (source.Page, error) { return decodeParsed(v, r) }),
		oldRecords(v, name),
		list(name+"/reverse-ip", decodeReverseIP),
		shared,
	}
}

// list asks for one document about a value.
func list(path string, decode func(source.Reply) (source.Page, error)) source.Endpoint {
	return source.Endpoint{
		Name:    path[strings.Index(path, "/")+1:],
		Request: source.Request{URL: base + path},
		Decode:  decode,
	}
}

// iris asks Iris Investigate for the domains that match one filter. Its total
// is the number of holders of shared under relation.
func iris(filter, text string, relation observation.Relation, shared observable.Value) source.Endpoint {
	request := func(position string) source.Request {
		form := url.Values{filter: {text}}
		if position != "" {
			form.Set("position", position)
		}
		return source.Request{
			Method: http.MethodPost, URL: base + "iris-investigate/", Body: []byte(form.Encode()),
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		}
	}
	return source.Endpoint{
		Name:    "iris-investigate " + filter,
		Request: request(""),
		Decode: func(r source.Reply) (source.Page, error) {
			page, position, err := decodeIris(relation, shared, r)
			if position != "" {
				page.Next = request(position)
			}
			return page, err
		},
	}
}

// oldRecords asks for old WHOIS records, newest first, by offset.
func oldRecords(domain observable.Value, name string) source.Endpoint {
	address, rows := base+name+"/whois/history", 0
	return source.Endpoint{
		Name:    "whois/history",
		Request: source.Request{URL: address},
		Decode: func(r source.Reply) (source.Page, error) {
			page, err := decodeWhoisHistory(domain, r)
			rows += page.Rows
			if err == nil && page.Rows > 0 && source.Number(rows) < page.Held {
				page.Next = source.Request{URL: fmt.Sprintf("%s?offset=%d", address, rows)}
			}
			return page, err
		},
	}
}
