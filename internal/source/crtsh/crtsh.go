// Package crtsh asks crt.sh which certificates name a domain.
//
// Service: https://crt.sh, JSON output, no key. Limits: docs/sources/crtsh.md.
// Visibility: crt.sh sees the query; the domain's owner does not.
// Gaps: certificates that were never logged; names beside those that matched.
package crtsh

import (
	"context"
	"net/url"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "crtsh",
		Title:   "crt.sh",
		Accepts: []observable.Kind{observable.Domain},
		Answers: []observation.Relation{observation.Names, observation.IssuedBy, observation.Serial},
		PAP:     marking.Amber,
		Every:   5 * time.Second, // our choice: no limit is published, and it fails under load
		Cost:    2,
	}
}

// Observe implements [source.Source]. The name itself and the names below it
// are two searches: the second may be too large to come back.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	return source.Follow(ctx, ask, q,
		search("q=name", q.Value.Text()),
		search("q=%.name", "%."+q.Value.Text()),
	)
}

// attempts is how often an empty list is asked for again: under load crt.sh
// says "none" of names it knows, so one empty answer is not taken for none.
const attempts = 3

func search(name, identity string) source.Endpoint {
	request := source.Request{URL: "https://crt.sh/?" + url.Values{"q": {identity}, "output": {"json"}}.Encode()}
	attempt := 0
	return source.Endpoint{
		Name:    name,
		Request: request,
		Pages:   attempts,
		Decode: func(r source.Reply) (source.Page, error) {
			attempt++
			page, err := decode(r)
			if err == nil && page.Rows == 0 && attempt < attempts {
				page.Next = request
				page.Next.Anew = true
			}
			return page, err
		},
	}
}
