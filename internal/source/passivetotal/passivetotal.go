// Package passivetotal reads recorded answers of RiskIQ PassiveTotal, which was
// switched off: old evidence stays usable, new questions go elsewhere.
//
// Service: https://api.passivetotal.org/v2, gone by January 2025. Its successor,
// Microsoft Defender Threat Intelligence, is another API: docs/sources/passivetotal.md.
// Visibility: none, since nothing is asked.
// Gaps: everything after 2024.
package passivetotal

import (
	"context"
	"net/url"
	"strings"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://api.passivetotal.org/v2"

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:  "passivetotal",
		Title: "RiskIQ PassiveTotal",
		Accepts: []observable.Kind{
			observable.Domain, observable.IP, observable.Cert, observable.Tracker,
			observable.Email, observable.Org, observable.Person, observable.Phone,
		},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.CNAME, observation.Nameserver, observation.NSSet, observation.MX,
			observation.TXT, observation.SOAContact, observation.PTR, observation.RegistrantEmail,
			observation.RegistrantName, observation.RegistrantOrg, observation.RegistrantPhone, observation.RegistrarOf,
			observation.Created, observation.Serves, observation.Names, observation.SubjectDN, observation.IssuedBy,
			observation.Serial, observation.Tracker, observation.RedirectsTo, observation.Resource, observation.Banner,
		},
		PAP:     marking.Amber,
		Cost:    1,
		Retired: "RiskIQ PassiveTotal was switched off in January 2025; it answers only from recordings",
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	return source.Follow(ctx, ask, q, endpoints(q.Value)...)
}

type decoder func(asked observable.Value, reply source.Reply) (source.Page, error)

func endpoints(v observable.Value) []source.Endpoint {
	get := func(path string, decode decoder, parameters ...string) source.Endpoint {
		query := url.Values{"query": {v.Text()}}
		for i := 0; i+1 < len(parameters); i += 2 {
			query.Set(parameters[i], parameters[i+1])
		}
		return source.Endpoint{
			Name:    strings.TrimPrefix(path, "/"),
			Request: source.Request{URL: base + path + "?" + query.Encode()},
			Decode:  func(r source.Reply) (source.Page, error) { return decode(v, r) },
		}
	}
	switch v.Kind() {
	case observable.IP:
		return []source.Endpoint{
			get("/dns/passive", decodePassive),
			get("/dns/passive/unique", decodeUnique),
			get("/ssl-certificate/history", decodeCertificateHistory),
		}
	case observable.Cert:
		return []source.Endpoint{
			get("/ssl-certificate", decodeCertificate),
			get("/ssl-certificate/history", decodeCertificateHistory),
		}
	case observable.Tracker:
		return []source.Endpoint{get("/trackers/search", decodeTrackers, "type", trackerType(v.Text()))}
	case observable.Email:
		return []source.Endpoint{get("/whois/search", decodeWhoisSearch, "field", "email")}
	case observable.Org:
		return []source.Endpoint{get("/whois/search", decodeWhoisSearch, "field", "organization")}
	case observable.Person:
		return []source.Endpoint{get("/whois/search", decodeWhoisSearch, "field", "name")}
	case observable.Phone:
		return []source.Endpoint{get("/whois/search", decodeWhoisSearch, "field", "phone")}
	}
	return []source.Endpoint{
		get("/dns/passive", decodePassive),
		get("/dns/passive/unique", decodeUnique),
		get("/whois", decodeWhois),
		get("/host-attributes/pairs", decodePairs, "direction", "children"),
		get("/host-attributes/components", decodeComponents),
	}
}

// trackerType names the kind of identifier as PassiveTotal did.
func trackerType(id string) string {
	switch {
	case strings.HasPrefix(id, "UA-"), strings.HasPrefix(id, "G-"):
		return "GoogleAnalyticsTrackingId"
	case strings.HasPrefix(id, "GTM-"):
		return "GoogleTagManagerId"
	case strings.HasPrefix(id, "pub-"):
		return "GoogleAdsensePublisherId"
	}
	return "FacebookId"
}
