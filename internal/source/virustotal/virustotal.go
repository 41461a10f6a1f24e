// Package virustotal asks VirusTotal v3 for resolutions, WHOIS, certificates,
// and the files around a host; of a file for its hashes and what it contacts.
//
// Service: https://www.virustotal.com/api/v3, free key. Limits: docs/sources/virustotal.md.
// Visibility: VirusTotal sees the lookup; nothing is uploaded or scanned.
// Gaps: a resolution has no first sighting; what needs a paid key is not asked.
package virustotal

import (
	"context"
	"encoding/base64"
	"net/url"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://www.virustotal.com/api/v3"

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "virustotal",
		Title:   "VirusTotal",
		Accepts: []observable.Kind{observable.Domain, observable.IP, observable.URL, observable.File},
		Answers: []observation.Relation{
			observation.Reputation, observation.MalwareFamily,
			observation.ResolvesTo, observation.CNAME, observation.Nameserver, observation.NSSet, observation.MX,
			observation.TXT, observation.SOAContact, observation.RegistrarOf, observation.Created, observation.RegistrantEmail,
			observation.RegistrantName, observation.RegistrantOrg, observation.RegistrantPhone, observation.Serves,
			observation.Names, observation.SubjectDN, observation.IssuedBy, observation.Serial, observation.JARM,
			observation.Favicon, observation.InPrefix, observation.AnnouncedBy, observation.SubdomainOf,
			observation.BodyHash, observation.Title, observation.Tracker, observation.RedirectsTo, observation.Imphash,
			observation.Digest, observation.Rich, observation.Ssdeep, observation.TLSH, observation.PDB, observation.Filename,
			observation.SignedBy, observation.Contacts, observation.Drops, observation.Mutex, observation.Technique,
			observation.Registry,
		},
		PAP:   marking.Amber,
		Every: 250 * time.Millisecond, // our choice
		Quotas: []source.Quota{ // of a public key; others are seen with less, and paid ones have more
			{Requests: 4, Per: source.Minute}, {Requests: 500, Per: source.Day}, {Requests: 15500, Per: source.Month},
		},
		KeyEnv:    "VIRUSTOTAL_API_KEY",
		KeyHeader: "x-apikey",
		KeyHost:   "www.virustotal.com",
		Cost:      2,
	}
}

// Observe implements [source.Source]. Resolutions come first: where the quota
// ends early, that is what pivots need most.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	return source.Follow(ctx, ask, q, endpoints(q.Value)...)
}

func endpoints(v observable.Value) []source.Endpoint {
	switch v.Kind() {
	case observable.IP:
		about := path{v, "/ip_addresses/" + v.Text()}
		return []source.Endpoint{
			about.list("resolutions", decodeResolutions),
			about.object("ip_address", decodeAddress),
			about.list("communicating_files", decodeCommunicating),
			about.list("historical_ssl_certificates", decodeCertificates),
		}
	case observable.URL:
		about := path{v, "/urls/" + base64.RawURLEncoding.EncodeToString([]byte(v.Text()))}
		return []source.Endpoint{
			about.object("url", decodeURL),
			about.object("last_serving_ip_address", decodeServing, "/last_serving_ip_address"),
		}
	case observable.File:
		about := path{v, "/files/" + v.Text()}
		return []source.Endpoint{
			about.object("file", decodeFile),
			about.list("behaviours", decodeBehaviours),
			about.list("contacted_domains", decodeContacted),
			about.list("contacted_ips", decodeContacted),
			about.list("contacted_urls", decodeContacted),
			about.list("dropped_files", decodeDropped),
		}
	}
	about := path{v, "/domains/" + url.PathEscape(v.Text())}
	relatives := about.list("subdomains", decodeSubdomains)
	if registrable, ok := observable.RegistrableDomain(v); ok && registrable != v {
		relatives = about.list("siblings", decodeSiblings)
	}
	return []source.Endpoint{
		about.list("resolutions", decodeResolutions),
		about.object("domain", decodeDomain),
		about.list("historical_whois", decodeWhoisHistory),
		about.list("communicating_files", decodeCommunicating),
		relatives,
		about.list("historical_ssl_certificates", decodeCertificates),
	}
}

// path is where VirusTotal keeps what it knows of a value.
type path struct {
	value observable.Value
	path  string
}

// object asks for one object: the value's own, or the one at a relationship.
func (p path) object(name string, decode func(observable.Value, source.Reply) (source.Page, error), relationship ...string) source.Endpoint {
	address := base + p.path
	for _, r := range relationship {
		address += r
	}
	return source.Endpoint{
		Name:    name,
		Request: source.Request{URL: address},
		Decode:  func(r source.Reply) (source.Page, error) { return decode(p.value, r) },
	}
}

// list asks for a relationship, 40 objects a page, which is the most there is.
// Pages after the first are named by a cursor.
func (p path) list(name string, decode func(observable.Value, list) source.Page) source.Endpoint {
	address := base + p.path + "/" + name + "?limit=40"
	return source.Endpoint{
		Name:    name,
		Request: source.Request{URL: address},
		Pages:   2, // a request of a public key costs 15 seconds
		Decode: func(r source.Reply) (source.Page, error) {
			l, err := decodeList(r)
			if err != nil {
				return source.Page{}, err
			}
			page := decode(p.value, l)
			l.Data.Count(&page)
			page.Held = l.Meta.Count
			if l.Meta.Cursor != "" {
				page.Next = source.Request{URL: address + "&cursor=" + url.QueryEscape(l.Meta.Cursor)}
			}
			return page, nil
		},
	}
}
