// Package otx asks AlienVault (LevelBlue) Open Threat Exchange for passive DNS
// for the URLs seen on a host, and for what users wrote about it.
//
// Service: https://otx.alienvault.com/api/v1, free key. Limits: docs/sources/otx.md.
// Visibility: OTX sees the query; the owner of the indicator does not.
// Gaps: pulses are opinions of users: their names and families are kept as
// context, the indicators beside ours in a pulse are not.
package otx

import (
	"context"
	"net/url"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://otx.alienvault.com/api/v1/indicators/"

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "otx",
		Title:   "AlienVault OTX",
		Accepts: []observable.Kind{observable.Domain, observable.IP},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.CNAME, observation.Nameserver, observation.MX,
			observation.TXT, observation.SOAContact, observation.PTR, observation.AnnouncedBy, observation.BodyHash,
			observation.Reputation, observation.MalwareFamily,
		},
		PAP:       marking.Amber,
		Every:     time.Second, // a key has 10,000 an hour; half of what that allows
		KeyEnv:    "OTX_API_KEY",
		KeyHeader: "X-OTX-API-KEY",
		KeyHost:   "otx.alienvault.com",
		Cost:      3,
	}
}

// Observe implements [source.Source]: passive DNS first, since it answers in
// both directions and names the subdomains too; opinions last.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	about := base + section(q.Value) + "/" + url.PathEscape(q.Value.Text())
	return source.Follow(ctx, ask, q,
		source.Endpoint{
			Name:    "passive_dns",
			Request: source.Request{URL: about + "/passive_dns"},
			Decode:  func(r source.Reply) (source.Page, error) { return decodePassiveDNS(q.Value, r) },
		},
		source.Endpoint{
			Name:    "url_list",
			Request: source.Request{URL: about + "/url_list?limit=500"},
			Decode:  func(r source.Reply) (source.Page, error) { return decodeURLList(q.Value, r) },
		},
		source.Endpoint{ // last: of a busy address it takes half a minute
			Name:    "general",
			Request: source.Request{URL: about + "/general"},
			Decode:  func(r source.Reply) (source.Page, error) { return decodeGeneral(q.Value, r) },
		},
	)
}

// section is the part of OTX's paths that says what sort of thing is asked
// about: a registrable domain is a domain there, a name below it a hostname.
func section(v observable.Value) string {
	if addr, ok := v.Addr(); ok {
		if addr.Is4() {
			return "IPv4"
		}
		return "IPv6"
	}
	if registrable, ok := observable.RegistrableDomain(v); ok && registrable != v {
		return "hostname"
	}
	return "domain"
}
