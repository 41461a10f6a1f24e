// Package robtex asks Robtex for the names on an address, passive DNS in both
// directions, and the ranges of an autonomous system.
//
// Service: https://freeapi.robtex.com, no key. Limits: docs/sources/robtex.md.
// Visibility: Robtex sees the query; the owner of the indicator does not.
// Gaps: whether the free service still stands as of 2026 is not proven here.
package robtex

import (
	"context"
	"net/url"
	"strings"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://freeapi.robtex.com/"

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "robtex",
		Title:   "Robtex",
		Accepts: []observable.Kind{observable.Domain, observable.IP, observable.ASN},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.CNAME, observation.Nameserver, observation.MX, observation.TXT,
			observation.SOAContact, observation.PTR, observation.InPrefix, observation.AnnouncedBy,
		},
		PAP:   marking.Amber,
		Every: 10 * time.Second, // our choice: limits are strict and unpublished
		Cost:  1,
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	text := url.PathEscape(q.Value.Text())
	reverse := endpoint("pdns/reverse", text, decodeRecords)
	switch q.Value.Kind() {
	case observable.ASN:
		number := strings.TrimPrefix(q.Value.Text(), "AS")
		return source.Follow(ctx, ask, q, endpoint("asquery", number,
			func(r source.Reply) (source.Page, error) { return decodeSystem(q.Value, r) }))
	case observable.IP:
		return source.Follow(ctx, ask, q, endpoint("ipquery", text,
			func(r source.Reply) (source.Page, error) { return decodeAddress(q.Value, r) }), reverse)
	}
	return source.Follow(ctx, ask, q, endpoint("pdns/forward", text, decodeRecords), reverse)
}

func endpoint(name, about string, decode func(source.Reply) (source.Page, error)) source.Endpoint {
	return source.Endpoint{Name: name, Request: source.Request{URL: base + name + "/" + about}, Decode: decode}
}
