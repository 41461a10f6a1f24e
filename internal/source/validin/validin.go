// Package validin asks Validin for passive DNS in both directions.
//
// Service: https://app.validin.com/api/axon, key. Limits: docs/sources/validin.md.
// Visibility: Validin sees the query; the owner of the indicator does not.
// Gaps: certificates, registrations and pivots by hash, whose replies nobody
// here has seen.
package validin

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const (
	base = "https://app.validin.com/api/axon"
	most = 1000 // rows of one answer; there are no pages
)

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "validin",
		Title:   "Validin",
		Accepts: []observable.Kind{observable.Domain, observable.IP},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.CNAME, observation.Nameserver, observation.MX, observation.TXT,
			observation.SOAContact, observation.PTR,
		},
		PAP:       marking.Amber,
		Every:     time.Second, // our choice: limits are those of the plan
		KeyEnv:    "VALIDIN_API_KEY",
		KeyHeader: "Authorization",
		KeyHost:   "app.validin.com",
		KeyScheme: "Bearer",
		Cost:      1,
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	name := url.PathEscape(q.Value.Text())
	if q.Value.Kind() == observable.IP {
		return source.Follow(ctx, ask, q, history("ip/dns/history", "/ip/dns/history/"+name, "", q.Limit))
	}
	return source.Follow(ctx, ask, q,
		history("domain/dns/history", "/domain/dns/history/"+name, "/A", q.Limit),
		history("domain/dns/history NS_FOR", "/domain/dns/history/"+name+"/NS_FOR", "", q.Limit))
}

// history asks for the records of one path. Recordings hold narrower questions,
// of one type of record.
func history(name, path, narrower string, limit int) source.Endpoint {
	if limit == 0 {
		limit = most
	}
	request := source.Request{URL: base + path + "?limit=" + strconv.Itoa(limit)}
	if narrower != "" {
		request.Older = &source.Request{URL: base + path + narrower}
	}
	return source.Endpoint{Name: name, Request: request, Decode: decode}
}
