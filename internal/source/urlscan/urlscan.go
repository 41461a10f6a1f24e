// Package urlscan searches urlscan.io for pages on a domain or an address, and
// reads the newest result for what the page showed and loaded.
//
// Service: https://urlscan.io/api/v1; search without a key, results with one.
// Limits: docs/sources/urlscan.md.
// Visibility: urlscan.io sees the search. Nothing is scanned: that would touch
// the target, and publish it.
// Gaps: pages nobody scanned; certificates, which come without serial and fingerprint.
package urlscan

import (
	"context"
	"net/url"
	"regexp"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://urlscan.io/api/v1"

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "urlscan",
		Title:   "urlscan.io",
		Accepts: []observable.Kind{observable.Domain, observable.IP, observable.URL},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.PTR, observation.InPrefix, observation.AnnouncedBy,
			observation.RedirectsTo, observation.Title, observation.Banner, observation.BodyHash, observation.Resource,
			observation.Reputation,
		},
		PAP:       marking.Amber,
		Every:     2 * time.Second,                                                             // our choice: the limits are by day, and the terms ask for restraint
		Quotas:    []source.Quota{{Requests: 500, Per: source.Day, Access: source.WithoutKey}}, // with a key, headers tell
		KeyEnv:    "URLSCAN_API_KEY",
		KeyHeader: "API-Key",
		KeyHost:   "urlscan.io",
		Keyless:   true,
		// Headers count searches and results apart.
		PerEndpoint: true,
		Cost:        1,
	}
}

// resultPage matches the address of a result, as analysts pass it on.
var resultPage = regexp.MustCompile(`^https://urlscan\.io/result/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?$`)

// Observe implements [source.Source]. Of a link to a result it reads that result
// and what looks the same; of everything else it searches, and then reads the
// newest result on the domain asked about.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	if m := resultPage.FindStringSubmatch(q.Value.Text()); m != nil {
		return source.Follow(ctx, ask, q, result(m[1]), similar(m[1]))
	}
	newest := ""
	answer, err := source.Follow(ctx, ask, q, search(q.Value, &newest))
	if err != nil || newest == "" {
		return answer, err
	}
	more, err := source.Follow(ctx, ask, q, result(newest))
	return answer.With(more), err
}

// query is the search for pages that v has to do with. "domain" matches every
// page that talked to it: its own, those it redirects to, those that load from it.
func query(v observable.Value) string {
	switch v.Kind() {
	case observable.IP:
		return `page.ip:"` + v.Text() + `"`
	case observable.URL:
		return `page.url:"` + escapeQuotes(v.Text()) + `"`
	}
	return "domain:" + v.Text()
}

// search asks for 100 pages at a time. It leaves in newest the identifier of the
// latest result on the domain itself.
func search(v observable.Value, newest *string) source.Endpoint {
	address := base + "/search/?" + url.Values{"q": {query(v)}, "size": {"100"}}.Encode()
	return source.Endpoint{
		Name:    "search",
		Request: source.Request{URL: address},
		Pages:   2,
		Decode: func(r source.Reply) (source.Page, error) {
			page, found, err := decodeSearch(v, r)
			if after := found.after; err == nil && after != "" {
				page.Next = source.Request{URL: address + "&search_after=" + url.QueryEscape(after)}
			}
			if *newest == "" {
				*newest = found.newest
			}
			return page, err
		},
	}
}

func result(uuid string) source.Endpoint {
	return source.Endpoint{
		Name:    "result",
		Request: source.Request{URL: base + "/result/" + uuid + "/"},
		Decode:  decodeResult,
	}
}

// similar asks for pages that look the same, which needs a paid plan.
func similar(uuid string) source.Endpoint {
	return source.Endpoint{
		Name:    "similar",
		Request: source.Request{URL: base + "/pro/result/" + uuid + "/similar/"},
		Decode: func(r source.Reply) (source.Page, error) {
			page, _, err := decodeSearch(observable.Value{}, r)
			return page, err
		},
	}
}
