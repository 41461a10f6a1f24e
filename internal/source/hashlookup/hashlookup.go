// Package hashlookup asks CIRCL's hashlookup whether a file is known to come with
// an operating system or a package, and under which name.
//
// Service: https://hashlookup.circl.lu, no key. Limits: docs/sources/hashlookup.md.
// Visibility: CIRCL sees the query.
// Gaps: that a file is known, and how far it is trusted, is context and cuts no
// pivot; packages and what is in them are not read.
package hashlookup

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://hashlookup.circl.lu/lookup/"

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "hashlookup",
		Title:   "CIRCL hashlookup",
		Accepts: []observable.Kind{observable.File},
		Answers: []observation.Relation{observation.Reputation, observation.Digest, observation.Filename, observation.Ssdeep, observation.TLSH},
		PAP:     marking.Amber,
		Every:   200 * time.Millisecond, // our choice: no limit is published
		Cost:    1,
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	algorithm := map[int]string{32: "md5", 40: "sha1", 64: "sha256"}[len(q.Value.Text())]
	if algorithm == "" {
		return source.Answer{}, fmt.Errorf("%w: hashlookup knows MD5, SHA-1 and SHA-256", source.ErrNotOffered)
	}
	return source.Follow(ctx, ask, q, source.Endpoint{
		Name:    "lookup/" + algorithm,
		Request: source.Request{URL: base + algorithm + "/" + strings.ToUpper(q.Value.Text())},
		Decode:  func(r source.Reply) (source.Page, error) { return decode(q.Value, r) },
	})
}
