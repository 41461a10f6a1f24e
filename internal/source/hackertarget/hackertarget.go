// Package hackertarget asks HackerTarget for the names below a domain, the names
// on an address, and the range that holds it.
//
// Service: https://api.hackertarget.com, a little without a key. Limits: docs/sources/hackertarget.md.
// Visibility: HackerTarget sees the query; the owner of the indicator does not.
// Gaps: times; whatever the small free allowance leaves out.
package hackertarget

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://api.hackertarget.com/"

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "hackertarget",
		Title:   "HackerTarget",
		Accepts: []observable.Kind{observable.Domain, observable.IP},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.SubdomainOf, observation.InPrefix, observation.AnnouncedBy,
		},
		PAP:   marking.Amber,
		Every: 500 * time.Millisecond,
		Quotas: []source.Quota{ // as others report them
			{Requests: 2, Per: source.Second}, {Requests: 50, Per: source.Day, Access: source.WithoutKey},
		},
		KeyEnv:       "HACKERTARGET_API_KEY",
		KeyParameter: "apikey",
		KeyHost:      "api.hackertarget.com",
		Keyless:      true,
		Cost:         1,
	}
}

// Observe implements [source.Source]. What HackerTarget would look up in the DNS
// itself is not asked: the target's servers would see it.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	if q.Value.Kind() == observable.IP {
		return source.Follow(ctx, ask, q,
			endpoint("reverseiplookup", q.Value, decodeNames), endpoint("aslookup", q.Value, decodeSystem))
	}
	return source.Follow(ctx, ask, q, endpoint("hostsearch", q.Value, decodeHosts))
}

func endpoint(name string, v observable.Value, decode func(observable.Value, source.Reply) (source.Page, error)) source.Endpoint {
	return source.Endpoint{
		Name: name,
		Request: source.Request{
			URL: base + name + "/?" + url.Values{"q": {v.Text()}}.Encode(), Header: http.Header{"Accept": {"text/plain"}},
		},
		Decode: func(r source.Reply) (source.Page, error) { return decode(v, r) },
	}
}
