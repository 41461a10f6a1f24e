// Package defender asks Microsoft Defender Threat Intelligence, the successor
// of RiskIQ PassiveTotal, on Microsoft Graph: passive DNS in both directions,
// certificates, trackers, cookies, pages and registrations.
//
// Service: https://graph.microsoft.com/v1.0/security/threatIntelligence, for
// tenants with Defender XDR or Sentinel. Limits: docs/sources/defender.md.
// Visibility: Microsoft sees the query; the owner of the indicator does not.
// Gaps: unproven: no recording here. It is built from the documentation alone.
package defender

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/url"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://graph.microsoft.com/v1.0/security/threatIntelligence/"

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{ //nolint:gosec // names and addresses, no credentials
		Name:  "defender",
		Title: "Microsoft Defender Threat Intelligence (unproven: no recording here)",
		Accepts: []observable.Kind{
			observable.Domain, observable.IP, observable.Email, observable.Person, observable.Org, observable.Phone,
			observable.Cert, observable.Serial,
		},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.CNAME, observation.Nameserver, observation.NSSet, observation.MX,
			observation.TXT, observation.SOAContact, observation.PTR, observation.RegistrantEmail,
			observation.RegistrantName, observation.RegistrantOrg, observation.RegistrantPhone, observation.RegistrarOf,
			observation.Created, observation.Serves, observation.Names, observation.SubjectDN, observation.IssuedBy,
			observation.Serial, observation.SubdomainOf, observation.Tracker, observation.Cookie, observation.Resource,
			observation.RedirectsTo,
		},
		PAP:        marking.Amber,
		Every:      time.Second, // our choice: the service's own throttling is answered with 429
		KeyEnv:     "DEFENDER_CREDENTIALS",
		KeyHeader:  "Authorization",
		KeyScheme:  "Bearer",
		KeyHost:    "graph.microsoft.com",
		TokenURL:   "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
		TokenScope: "https://graph.microsoft.com/.default",
		Cost:       1,
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	v := q.Value
	switch v.Kind() {
	case observable.Domain, observable.IP:
		return source.Follow(ctx, ask, q, about(v)...)
	case observable.Cert:
		sha1 := v.Text()
		if len(sha1) != sha1Digits {
			return source.Answer{}, fmt.Errorf("%w: certificates are found by their SHA-1 fingerprint", source.ErrNotOffered)
		}
		id := url.PathEscape(base64.StdEncoding.EncodeToString([]byte(sha1))) // as the manual's examples are made
		hosts := list("sslCertificates/"+id+"/relatedHosts", "relatedHosts", func(h relatedHost, p *source.Page, _ time.Time) bool {
			return h.keep(p, v)
		})
		return source.Follow(ctx, ask, q,
			counting(hosts, observation.Serves, v), search("sslCertificates", "sha1:"+sha1, certificate.keep))
	case observable.Serial:
		n, _ := new(big.Int).SetString(v.Text(), 16) // a Serial is hexadecimal
		certificates := search("sslCertificates", "serialNumber:"+n.String(), certificate.keep)
		return source.Follow(ctx, ask, q, counting(certificates, observation.Serial, v))
	}
	field, relation := contactField(v.Kind())
	records := search("whoisRecords", "registrant/"+field+":"+v.Text(), whoisRecord.keep)
	return source.Follow(ctx, ask, q, counting(records, relation, v))
}

const sha1Digits = 40

// contactField names the field of a WHOIS contact that holds such values, and
// the relation it stands for.
func contactField(k observable.Kind) (string, observation.Relation) {
	switch k {
	case observable.Email:
		return "email", observation.RegistrantEmail
	case observable.Person:
		return "name", observation.RegistrantName
	case observable.Phone:
		return "telephone", observation.RegistrantPhone
	}
	return "organization", observation.RegistrantOrg
}

// about lists what is asked of a host: who leads to it first.
func about(v observable.Value) []source.Endpoint {
	host := "hosts/" + url.PathEscape(v.Text()) + "/"
	all := []source.Endpoint{
		list(host+"passiveDnsReverse", "passiveDnsReverse", passiveDNS.keep),
		list(host+"passiveDns", "passiveDns", passiveDNS.keep),
		list(host+"sslCertificates", "sslCertificates", hostCertificate.keep),
		list(host+"trackers", "trackers", tracker.keep),
		list(host+"cookies", "cookies", cookie.keep),
		list(host+"hostPairs", "hostPairs", pair.keep),
	}
	if v.Kind() == observable.IP {
		all[0] = counting(all[0], observation.ResolvesTo, v)
		return all
	}
	return append(all,
		list(host+"subdomains", "subdomains", func(s subdomain, p *source.Page, _ time.Time) bool { return s.keep(p, v) }),
		source.Endpoint{Name: "whois", Request: source.Request{URL: base + host + "whois"}, Decode: decodeWhois},
		search("whoisRecords", "nameservers/host/id:"+v.Text(), whoisRecord.keep),
	)
}

// list asks for a collection, with the count of all of it.
func list[T any](path, name string, keep func(T, *source.Page, time.Time) bool) source.Endpoint {
	return source.Endpoint{
		Name:    name,
		Request: source.Request{URL: base + path + "?$count=true"},
		Decode:  func(r source.Reply) (source.Page, error) { return decodeList(r, keep) },
	}
}

// search asks a collection for what has a value in one of its fields.
func search[T any](collection, query string, keep func(T, *source.Page, time.Time) bool) source.Endpoint {
	e := list(collection, collection, keep)
	e.Request.URL += "&" + url.Values{"$search": {`"` + query + `"`}}.Encode()
	return e
}

// counting keeps the count of the whole collection as that of the holders of v.
func counting(e source.Endpoint, relation observation.Relation, v observable.Value) source.Endpoint {
	decode := e.Decode
	e.Decode = func(r source.Reply) (source.Page, error) {
		page, err := decode(r)
		page.Total(relation, v, page.Held)
		return page, err
	}
	return e
}
