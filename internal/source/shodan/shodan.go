// Package shodan asks Shodan what it saw on an address, which names a domain
// has, and which hosts show the same certificate, page, icon or key.
//
// Service: https://api.shodan.io, key. Limits: docs/sources/shodan.md.
// Visibility: Shodan sees the query. It is asked for what it scanned before: no
// scan is requested, and names are not resolved through it.
// Gaps: banners of earlier scans; trackers inside pages, unless searched for.
package shodan

import (
	"context"
	"fmt"
	"math/big"
	"net/url"
	"strconv"
	"strings"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://api.shodan.io"

// A search costs a credit, a count none. What more hosts than this share
// connects nobody: the count is kept, and no credit is spent unless the question
// sets a limit of its own.
const worthSearching = 1000

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:  "shodan",
		Title: "Shodan",
		Accepts: []observable.Kind{
			observable.Domain, observable.IP, observable.Prefix, observable.Cert, observable.Serial, observable.JARM,
			observable.SSHKey, observable.Favicon, observable.BodyHash, observable.Title, observable.Tracker,
		},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.CNAME, observation.Nameserver, observation.NSSet, observation.MX,
			observation.TXT, observation.SubdomainOf, observation.PTR, observation.AnnouncedBy, observation.Serves,
			observation.Names, observation.SubjectDN, observation.IssuedBy, observation.Serial, observation.Key,
			observation.JARM, observation.SSHKey, observation.BodyHash, observation.Favicon, observation.Title,
			observation.Tracker, observation.Reputation,
		},
		PAP:          marking.Amber,
		Every:        time.Second,
		Quotas:       []source.Quota{{Requests: 1, Per: source.Second}}, // as others report it
		KeyEnv:       "SHODAN_API_KEY",
		KeyParameter: "key",
		KeyHost:      "api.shodan.io",
		Cost:         1,
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	v := q.Value
	switch v.Kind() {
	case observable.IP:
		return source.Follow(ctx, ask, q, source.Endpoint{
			Name:    "shodan/host",
			Request: source.Request{URL: base + "/shodan/host/" + v.Text()},
			Decode:  func(r source.Reply) (source.Page, error) { return decodeHost(v, r) },
		})
	case observable.Domain:
		answer, err := source.Follow(ctx, ask, q, records(v))
		if err != nil {
			return answer, err
		}
		if answer.Parts[0].State == source.Refused {
			return answer.With(source.Answer{Parts: []source.Part{{
				Endpoint: "shodan/host/search", State: source.NotAsked, Reason: "not asked after dns/domain was turned down",
			}}}), nil
		}
		shown, err := search{query: `ssl.cert.subject.cn:"` + v.Text() + `"`}.ask(ctx, ask, q)
		return answer.With(shown), err
	}
	s, err := searchFor(v)
	if err != nil {
		return source.Answer{}, err
	}
	return s.ask(ctx, ask, q)
}

// records asks for the DNS records and names of a domain.
func records(domain observable.Value) source.Endpoint {
	page := 1
	address := base + "/dns/domain/" + url.PathEscape(domain.Text())
	return source.Endpoint{
		Name:    "dns/domain",
		Request: source.Request{URL: address},
		Decode: func(r source.Reply) (source.Page, error) {
			p, more, err := decodeDomain(domain, r)
			if page++; err == nil && more {
				p.Next = source.Request{URL: address + "?page=" + strconv.Itoa(page)}
			}
			return p, err
		},
	}
}

// A search is a query for hosts. shared is what they have in common, which the
// query's total is a count of.
type search struct {
	query    string
	relation observation.Relation // 0 when the total counts no holders
	shared   observable.Value
}

// searchFor writes the query for a value in Shodan's filters.
func searchFor(v observable.Value) (search, error) {
	text := v.Text()
	switch v.Kind() {
	case observable.Prefix:
		return search{query: "net:" + text}, nil
	case observable.Cert:
		return search{"ssl.cert.fingerprint:" + text, observation.Serves, v}, nil
	case observable.Serial:
		n, _ := new(big.Int).SetString(text, 16) // a Serial is hexadecimal
		return search{query: "ssl.cert.serial:" + n.String()}, nil
	case observable.JARM:
		return search{"ssl.jarm:" + text, observation.JARM, v}, nil
	case observable.SSHKey:
		if strings.HasPrefix(text, "SHA256:") {
			return search{}, fmt.Errorf("%w: SSH keys are found by MD5 fingerprint", source.ErrNotOffered)
		}
		return search{`"` + text + `"`, observation.SSHKey, v}, nil
	case observable.Favicon, observable.BodyHash:
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return search{}, fmt.Errorf("%w: pages and icons are found by their mmh3 hash", source.ErrNotOffered)
		}
		if v.Kind() == observable.Favicon {
			return search{"http.favicon.hash:" + text, observation.Favicon, v}, nil
		}
		return search{"http.html_hash:" + text, observation.BodyHash, v}, nil
	case observable.Title:
		return search{"http.title:" + quote(text), observation.Title, v}, nil
	}
	return search{"http.html:" + quote(text), observation.Tracker, v}, nil
}

// quote makes one term of a text. Shodan has no way to write a quotation mark
// inside of one, so a blank stands for it.
func quote(text string) string {
	return `"` + strings.ReplaceAll(text, `"`, " ") + `"`
}

// ask counts first, for nothing, and searches what is worth a credit.
func (s search) ask(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	var total source.Number
	counted, err := source.Follow(ctx, ask, q, source.Endpoint{
		Name:    "shodan/host/count",
		Request: source.Request{URL: base + "/shodan/host/count?" + url.Values{"query": {s.query}}.Encode()},
		Decode: func(r source.Reply) (page source.Page, err error) {
			total, err = decodeCount(r)
			page.Total(s.relation, s.shared, total)
			return page, err
		},
	})
	if err != nil {
		return counted, err
	}
	state := counted.Parts[0].State
	known := state == source.Answered || state == source.Empty
	if total > 0 && s.relation == 0 {
		counted = source.Answer{} // a number of no value's holders is no answer
	}
	switch {
	case state == source.Refused, known && total == 0:
		return counted, nil
	case known && total > worthSearching && q.Limit == 0:
		held := int(min(total, 1<<30))
		part := source.PartOf("shodan/host/search", 0, held, nil)
		part.Reason = fmt.Sprintf("%d services: not searched, since so many share it that it connects nobody", held)
		return counted.With(source.Answer{Parts: []source.Part{part}}), nil
	}
	found, err := source.Follow(ctx, ask, q, s.endpoint())
	if known {
		found.Totals = nil // counted already
	}
	return counted.With(found), err
}

// endpoint asks for the hosts, 100 a page.
func (s search) endpoint() source.Endpoint {
	page := 1
	address := base + "/shodan/host/search?" + url.Values{"query": {s.query}}.Encode()
	rows := source.Number(0)
	return source.Endpoint{
		Name:    "shodan/host/search",
		Request: source.Request{URL: address},
		Decode: func(r source.Reply) (source.Page, error) {
			p, err := decodeSearch(s, r)
			rows += source.Number(p.Rows)
			if page++; err == nil && p.Rows > 0 && rows < p.Held {
				p.Next = source.Request{URL: address + "&page=" + strconv.Itoa(page)}
			}
			return p, err
		},
	}
}
