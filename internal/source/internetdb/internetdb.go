// Package internetdb asks Shodan's InternetDB for the names of an address.
//
// Service: https://internetdb.shodan.io, no key. Limits: docs/sources/internetdb.md.
// Visibility: Shodan sees the query; the owner of the address does not.
// Gaps: ports, software and vulnerabilities, which are no relations of ours;
// when a name was seen.
package internetdb

import (
	"context"
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
		Name:    "internetdb",
		Title:   "Shodan InternetDB",
		Accepts: []observable.Kind{observable.IP},
		Answers: []observation.Relation{observation.PTR, observation.Reputation},
		PAP:     marking.Amber,
		Every:   time.Second, // our choice: no number is published, and abuse is met with 429
		Cost:    1,
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	return source.Follow(ctx, ask, q, source.Endpoint{
		Name:    "internetdb",
		Request: source.Request{URL: "https://internetdb.shodan.io/" + q.Value.Text()},
		Decode:  func(r source.Reply) (source.Page, error) { return decode(q.Value, r) },
	})
}

// host is the whole answer. It is put together once a week, from scans of which
// it gives no time.
type host struct {
	Names source.Rows[string] `json:"hostnames"`
	Tags  source.Texts        `json:"tags"`
}

func decode(asked observable.Value, reply source.Reply) (page source.Page, err error) {
	var h host
	if err := source.DecodeJSON(reply, &h); err != nil {
		return page, err
	}
	if err := h.Names.Require("hostnames"); err != nil {
		return page, err
	}
	h.Names.Count(&page)
	for _, name := range h.Names.Items {
		if !page.Add(asked, observation.PTR, observable.Domain, name, observation.Window{Last: reply.At}) {
			page.Dropped++
		}
	}
	for _, tag := range h.Tags {
		if tag != "" && page.Judge(asked, "tagged "+tag, observation.Window{Last: reply.At}) {
			page.Rows++
		}
	}
	return page, nil
}
