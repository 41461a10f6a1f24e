// Package threatfox asks abuse.ch's ThreatFox which files have a host or a link
// in their configuration, or were fetched from it; of a file which hosts those are.
//
// Service: https://threatfox.abuse.ch/api, free key. Limits: docs/sources/threatfox.md.
// Visibility: abuse.ch sees the query; the owner of the indicator does not.
// Gaps: indicators older than six months.
package threatfox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const api = "https://threatfox-api.abuse.ch/api/v1/"

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:      "threatfox",
		Title:     "ThreatFox",
		Accepts:   []observable.Kind{observable.Domain, observable.IP, observable.URL, observable.File},
		Answers:   []observation.Relation{observation.MalwareFamily, observation.Digest, observation.ConfigC2, observation.DownloadedFrom},
		PAP:       marking.Amber,
		Every:     time.Second, // our choice: fair use, no figure is published
		KeyEnv:    "ABUSECH_AUTH_KEY",
		KeyHeader: "Auth-Key",
		KeyHost:   "threatfox-api.abuse.ch",
		Cost:      1,
	}
}

// Observe implements [source.Source]. An address is in ThreatFox with a port, so
// the search is not for exact matches; what it finds beside is left out.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	query := map[string]string{"query": "search_ioc", "search_term": q.Value.Text()}
	if q.Value.Kind() == observable.File {
		if n := len(q.Value.Text()); n != 32 && n != 64 {
			return source.Answer{}, fmt.Errorf("%w: ThreatFox knows files by MD5 and SHA-256", source.ErrNotOffered)
		}
		query = map[string]string{"query": "search_hash", "hash": q.Value.Text()}
	}
	body, err := json.Marshal(query)
	if err != nil {
		return source.Answer{}, err
	}
	return source.Follow(ctx, ask, q, source.Endpoint{
		Name: query["query"],
		Request: source.Request{
			Method: http.MethodPost, URL: api, Body: body, Header: http.Header{"Content-Type": {"application/json"}},
		},
		Decode: func(r source.Reply) (source.Page, error) { return decode(q.Value, r) },
	})
}
