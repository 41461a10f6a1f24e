// Package abuseipdb asks AbuseIPDB for the host names of an address that was
// reported, and which addresses of a range were.
//
// Service: https://api.abuseipdb.com/api/v2, free key. Limits: docs/sources/abuseipdb.md.
// Visibility: AbuseIPDB sees the query; the owner of the address does not.
// Nothing is reported from here.
// Gaps: single reports and their categories.
package abuseipdb

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const (
	base     = "https://api.abuseipdb.com/api/v2/"
	freeBits = 24 // the largest range a free key may ask about
)

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:        "abuseipdb",
		Title:       "AbuseIPDB",
		Accepts:     []observable.Kind{observable.IP, observable.Prefix},
		Answers:     []observation.Relation{observation.Reputation, observation.PTR, observation.InPrefix},
		PAP:         marking.Amber,
		PerEndpoint: true,
		Every:       time.Second, // our choice
		Quotas: []source.Quota{ // of a free key
			{Requests: 1000, Per: source.Day, Endpoint: "check"},
			{Requests: 100, Per: source.Day, Endpoint: "check-block"},
		},
		KeyEnv:    "ABUSEIPDB_API_KEY",
		KeyHeader: "Key",
		KeyHost:   "api.abuseipdb.com",
		Cost:      1,
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	if q.Value.Kind() == observable.IP {
		request := source.Request{URL: address("check", "ipAddress", q.Value)}
		request.Older = &source.Request{URL: request.URL + "&maxAgeInDays=30"} // which is what it means without
		return source.Follow(ctx, ask, q, source.Endpoint{
			Name: "check", Request: request,
			Decode: func(r source.Reply) (source.Page, error) { return decodeCheck(q.Value, r) },
		})
	}
	if prefix, err := netip.ParsePrefix(q.Value.Text()); err != nil || !prefix.Addr().Is4() || prefix.Bits() < freeBits {
		return source.Answer{}, fmt.Errorf("%w: AbuseIPDB is asked about IPv4 ranges of a /%d at most", source.ErrNotOffered, freeBits)
	}
	return source.Follow(ctx, ask, q, source.Endpoint{
		Name: "check-block", Request: source.Request{URL: address("check-block", "network", q.Value)},
		Decode: func(r source.Reply) (source.Page, error) { return decodeBlock(q.Value, r) },
	})
}

func address(endpoint, parameter string, v observable.Value) string {
	return base + endpoint + "?" + url.Values{parameter: {v.Text()}}.Encode()
}
