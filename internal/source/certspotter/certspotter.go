// Package certspotter asks SSLMate's Cert Spotter which certificates were issued
// for a domain and the names below it.
//
// Service: https://api.certspotter.com/v1, a little without a key. Limits:
// docs/sources/certspotter.md.
// Visibility: SSLMate sees the query; the domain's owner does not.
// Gaps: expired certificates; those that were never logged.
package certspotter

import (
	"context"
	"net/url"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://api.certspotter.com/v1/issuances?"

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "certspotter",
		Title:   "Cert Spotter",
		Accepts: []observable.Kind{observable.Domain},
		Answers: []observation.Relation{
			observation.Names, observation.SubjectDN, observation.IssuedBy, observation.Serial, observation.Key,
		},
		PAP:   marking.Amber,
		Every: time.Second, // our choice
		Quotas: []source.Quota{
			{Requests: 10, Per: source.Hour, Access: source.WithoutKey}, // of those that include subdomains
		},
		KeyEnv:    "CERTSPOTTER_API_KEY",
		KeyHeader: "Authorization",
		KeyHost:   "api.certspotter.com",
		KeyScheme: "Bearer",
		Keyless:   true,
		Cost:      1,
	}
}

// Observe implements [source.Source]. There is one list: of the name itself,
// wildcards that match it, and the names below it.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	return source.Follow(ctx, ask, q, source.Endpoint{
		Name:    "issuances",
		Request: request(q.Value, ""),
		Pages:   3,
		Decode: func(r source.Reply) (source.Page, error) {
			page, last, err := decode(r)
			if last != "" { // the list ends with an empty page
				page.Next = request(q.Value, last)
			}
			return page, err
		},
	})
}

func request(domain observable.Value, after string) source.Request {
	query := url.Values{
		"domain": {domain.Text()}, "include_subdomains": {"true"}, "match_wildcards": {"true"},
		"expand": {"dns_names", "issuer", "cert"},
	}
	if after != "" {
		query.Set("after", after)
		return source.Request{URL: base + query.Encode()}
	}
	return source.Request{
		URL:   base + query.Encode(),
		Older: &source.Request{URL: base + url.Values{"domain": {domain.Text()}}.Encode()}, // recordings of narrower questions
	}
}
