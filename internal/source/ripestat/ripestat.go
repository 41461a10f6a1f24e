// Package ripestat asks the RIPE NCC's RIPEstat which range holds an address,
// which autonomous system announces it, and what else that one announces.
//
// Service: https://stat.ripe.net/data, no key. Limits: docs/sources/ripestat.md.
// Visibility: the RIPE NCC sees the query; the owner of the address does not.
// Gaps: reverse DNS, which RIPEstat looks up at the target's servers.
package ripestat

import (
	"context"
	"net/url"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://stat.ripe.net/data/"

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "ripestat",
		Title:   "RIPEstat",
		Accepts: []observable.Kind{observable.IP, observable.Prefix, observable.ASN},
		Answers: []observation.Relation{observation.InPrefix, observation.AnnouncedBy},
		PAP:     marking.Amber,
		Every:   500 * time.Millisecond, // our choice
		AtOnce:  8,
		Quotas:  []source.Quota{{Requests: 1000, Per: source.Day}}, // more only after asking
		Cost:    1,
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	history := call(q.Value, "routing-history", decodeHistory)
	switch q.Value.Kind() {
	case observable.ASN:
		return source.Follow(ctx, ask, q, call(q.Value, "announced-prefixes", decodeAnnounced))
	case observable.Prefix:
		return source.Follow(ctx, ask, q, call(q.Value, "prefix-overview", decodeOverview), history)
	}
	return source.Follow(ctx, ask, q,
		call(q.Value, "network-info", decodeNetwork), call(q.Value, "prefix-overview", decodeOverview), history)
}

// call is one of RIPEstat's data calls, by the name of its manual.
func call(v observable.Value, name string, decode func(observable.Value, source.Reply) (source.Page, error)) source.Endpoint {
	query := url.Values{"resource": {v.Text()}, "sourceapp": {"clew"}}
	return source.Endpoint{
		Name:    name,
		Request: source.Request{URL: base + name + "/data.json?" + query.Encode()},
		Decode:  func(r source.Reply) (source.Page, error) { return decode(v, r) },
	}
}
