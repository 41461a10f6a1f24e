// Package greynoise asks GreyNoise what it noticed of an address that scans the
// internet: its reverse name, its autonomous system, and as context whether it scans
// everybody or is a common service.
//
// Service: https://api.greynoise.io/v3/ip, paid key. Limits: docs/sources/greynoise.md.
// Visibility: GreyNoise sees the query; the owner of the address does not.
// Gaps: tags, actor, and fingerprints of what a scanner sends.
package greynoise

import (
	"context"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const (
	base = "https://api.greynoise.io/v3/ip/"
	v2   = "https://api.greynoise.io/v2/noise/context/" // replaced in 2025; recordings are of it
)

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:      "greynoise",
		Title:     "GreyNoise",
		Accepts:   []observable.Kind{observable.IP},
		Answers:   []observation.Relation{observation.Reputation, observation.PTR, observation.AnnouncedBy},
		PAP:       marking.Amber,
		Every:     time.Second, // our choice: limits are those of the plan
		KeyEnv:    "GREYNOISE_API_KEY",
		KeyHeader: "key",
		KeyHost:   "api.greynoise.io",
		Cost:      1,
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	return source.Follow(ctx, ask, q, source.Endpoint{
		Name:    "v3/ip",
		Request: source.Request{URL: base + q.Value.Text(), Older: &source.Request{URL: v2 + q.Value.Text()}},
		Decode:  func(r source.Reply) (source.Page, error) { return decode(q.Value, r) },
	})
}
