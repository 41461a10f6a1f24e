// Package urlhaus asks abuse.ch's URLhaus which files were fetched from a link or
// a host, and from where a file was fetched.
//
// Service: https://urlhaus.abuse.ch/api, free key. Limits: docs/sources/urlhaus.md.
// Visibility: abuse.ch sees the query; the owner of the indicator does not.
// Gaps: of a host only the files of its newest links; tags and blacklists.
package urlhaus

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://urlhaus-api.abuse.ch/v1/"

// linksOfAHost is how many links of a host are asked about: a shared platform
// has thousands, and each costs a request.
const linksOfAHost = 3

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "urlhaus",
		Title:   "URLhaus",
		Accepts: []observable.Kind{observable.Domain, observable.IP, observable.URL, observable.File},
		Answers: []observation.Relation{
			observation.Reputation, observation.MalwareFamily, observation.Digest,
			observation.DownloadedFrom, observation.Filename, observation.Imphash, observation.Ssdeep, observation.TLSH,
		},
		PAP:       marking.Amber,
		Every:     time.Second, // our choice: fair use, no figure is published
		KeyEnv:    "ABUSECH_AUTH_KEY",
		KeyHeader: "Auth-Key",
		KeyHost:   "urlhaus-api.abuse.ch",
		Cost:      1,
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	switch q.Value.Kind() {
	case observable.URL:
		return source.Follow(ctx, ask, q, link(q.Value.Text()))
	case observable.File:
		member := map[int]string{32: "md5_hash", 64: "sha256_hash"}[len(q.Value.Text())]
		if member == "" {
			return source.Answer{}, fmt.Errorf("%w: URLhaus knows files by MD5 and SHA-256", source.ErrNotOffered)
		}
		return source.Follow(ctx, ask, q, post("payload", member, q.Value.Text(),
			func(r source.Reply) (source.Page, error) { return decodePayload(q.Value, r) }))
	}
	return aboutHost(ctx, ask, q)
}

// aboutHost asks for the links on a host, and for the files of the newest.
func aboutHost(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	var links []string
	held := 0
	answer, err := source.Follow(ctx, ask, q, post("host", "host", q.Value.Text(),
		func(r source.Reply) (page source.Page, err error) {
			links, held, err = decodeHost(r)
			return page, err
		}))
	if err != nil || len(links) == 0 {
		return answer, err
	}
	most := linksOfAHost
	if q.Limit > 0 {
		most = q.Limit // a link has at least one file
	}
	asked := links[:min(most, len(links))]
	endpoints := make([]source.Endpoint, 0, len(asked))
	for _, address := range asked {
		endpoints = append(endpoints, link(address))
	}
	more, err := source.Follow(ctx, ask, q, endpoints...)
	answer = answer.With(more)
	answer.Parts[0] = source.PartOf("host", len(links), max(held, len(links))-len(asked), nil)
	return answer.With(source.Answer{}), err // adds up anew what is missing
}

func link(address string) source.Endpoint { return post("url", "url", address, decodeLink) }

// post is one endpoint of URLhaus, which takes a form with one member.
func post(endpoint, member, value string, decode func(source.Reply) (source.Page, error)) source.Endpoint {
	return source.Endpoint{
		Name: endpoint,
		Request: source.Request{
			Method: http.MethodPost, URL: base + endpoint + "/", Body: []byte(url.Values{member: {value}}.Encode()),
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		},
		Decode: decode,
	}
}
