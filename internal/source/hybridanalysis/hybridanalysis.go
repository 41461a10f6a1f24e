// Package hybridanalysis asks Hybrid Analysis (CrowdStrike Falcon Sandbox) what
// a file did when it was run, and which files contacted a host or share a value.
//
// Service: https://hybrid-analysis.com/api/v2, free key. Limits: docs/sources/hybridanalysis.md.
// Visibility: Hybrid Analysis sees the lookup; nothing is uploaded or run.
// Gaps: reports after the first three of a file; similarity of behaviour.
package hybridanalysis

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const (
	base = "https://hybrid-analysis.com/api/v2"
	// www is the same service; recordings have either name.
	www = "https://www.hybrid-analysis.com/api/v2"
)

// mostReports is how many runs of one file are read: the environments differ,
// what the file does mostly not.
const mostReports = 3

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:  "hybridanalysis",
		Title: "Hybrid Analysis",
		Accepts: []observable.Kind{
			observable.Domain, observable.IP, observable.File, observable.Imphash, observable.Ssdeep, observable.Filename,
		},
		Answers: []observation.Relation{
			observation.Digest, observation.Imphash, observation.Ssdeep, observation.Filename, observation.SignedBy, observation.SubjectDN,
			observation.IssuedBy, observation.Serial, observation.Contacts, observation.Drops, observation.DownloadedFrom,
			observation.Mutex, observation.Technique, observation.Reputation, observation.MalwareFamily,
		},
		PAP:       marking.Amber,
		Every:     time.Second,                                                                             // our choice: who hammers is barred
		Quotas:    []source.Quota{{Requests: 200, Per: source.Minute}, {Requests: 2000, Per: source.Hour}}, // recorded
		KeyEnv:    "HYBRIDANALYSIS_API_KEY",
		KeyHeader: "api-key",
		KeyHost:   "hybrid-analysis.com",
		Cost:      1,
	}
}

// Observe implements [source.Source].
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	v := q.Value
	switch v.Kind() {
	case observable.File:
		return file{v}.ask(ctx, ask, q)
	case observable.Domain:
		return source.Follow(ctx, ask, q, terms("domain", observation.Contacts, v))
	case observable.IP:
		return source.Follow(ctx, ask, q, terms("host", observation.Contacts, v))
	case observable.Imphash:
		return source.Follow(ctx, ask, q, terms("imphash", observation.Imphash, v))
	case observable.Ssdeep:
		return source.Follow(ctx, ask, q, terms("ssdeep", observation.Ssdeep, v))
	}
	return source.Follow(ctx, ask, q, terms("filename", 0, v)) // finds parts of names too
}

// terms searches for the files that hold v under relation, 0 when what is found
// may not.
func terms(term string, relation observation.Relation, v observable.Value) source.Endpoint {
	return source.Endpoint{
		Name: "search/terms " + term,
		Request: both(source.Request{
			Method: http.MethodPost, URL: base + "/search/terms", Body: []byte(url.Values{term: {v.Text()}}.Encode()),
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		}),
		Decode: func(r source.Reply) (source.Page, error) { return decodeTerms(relation, v, r) },
	}
}

// both lets recordings of either host name answer.
func both(r source.Request) source.Request {
	older := r
	older.URL = www + r.URL[len(base):]
	r.Older = &older
	return r
}

// file asks about one file: which runs there are, where it came from, and what
// it did in the first few of them.
type file struct{ observable.Value }

func (f file) ask(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	var known reports
	answer, err := source.Follow(ctx, ask, q, source.Endpoint{
		Name:    "search/hash",
		Request: both(source.Request{URL: base + "/search/hash?hash=" + f.Text()}),
		Decode: func(r source.Reply) (page source.Page, err error) {
			page, known, err = decodeHash(f.Value, r)
			return page, err
		},
	})
	state := answer.Parts[0].State
	if err != nil || state != source.Answered && state != source.Empty {
		return answer, err
	}
	if len(known.overview)+len(known.runs) > 0 {
		answer = source.Answer{} // that there are runs is no answer yet
	}
	var endpoints []source.Endpoint
	for _, sha256 := range known.overview {
		endpoints = append(endpoints, source.Endpoint{
			Name:    "overview",
			Request: both(source.Request{URL: base + "/overview/" + sha256}),
			Decode:  func(r source.Reply) (source.Page, error) { return decodeOverview(f.Value, r) },
		})
	}
	for _, id := range known.runs[:min(len(known.runs), mostReports)] {
		endpoints = append(endpoints, source.Endpoint{
			Name:    "report/summary",
			Request: both(source.Request{URL: base + "/report/" + url.PathEscape(id) + "/summary"}),
			Decode:  func(r source.Reply) (source.Page, error) { return decodeSummary(f.Value, r) },
		})
	}
	if len(endpoints) == 0 {
		return answer, nil
	}
	found, err := source.Follow(ctx, ask, q, endpoints...)
	if more := len(known.runs) - mostReports; more > 0 {
		part := source.PartOf("report/summary of further runs", 0, more, nil)
		found = found.With(source.Answer{Parts: []source.Part{part}})
	}
	return answer.With(found), err
}
