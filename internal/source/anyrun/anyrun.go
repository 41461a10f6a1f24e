// Package anyrun asks the ANY.RUN sandbox what a file did when it was run, and
// its TI Lookup in which runs a value was seen.
//
// Service: https://api.any.run/v1, paid key. Limits: docs/sources/anyrun.md.
// Visibility: ANY.RUN sees the lookup. Nothing is submitted: a run of the free
// plan would be public.
// Gaps: runs after the first few; public reports, which are pages for people.
package anyrun

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const base = "https://api.any.run/v1/"

const (
	mostReports  = 3  // runs read for one question: a report has megabytes
	historyPages = 4  // pages of our own runs looked through
	historyRows  = 25 // runs a page
)

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "anyrun",
		Title:   "ANY.RUN",
		Accepts: []observable.Kind{observable.Domain, observable.IP, observable.URL, observable.File, observable.Mutex},
		Answers: []observation.Relation{
			observation.Digest, observation.Filename, observation.Ssdeep, observation.Contacts, observation.Drops, observation.Registry,
			observation.UserAgent, observation.Technique, observation.ResolvesTo, observation.JARM, observation.JA3, observation.JA3S,
			observation.Reputation,
		},
		PAP:       marking.Amber,
		Every:     2 * time.Second, // our choice: limits are by plan
		KeyEnv:    "ANYRUN_API_KEY",
		KeyHeader: "Authorization",
		KeyScheme: "API-Key",
		KeyHost:   "api.any.run",
		Cost:      2,
	}
}

// Observe implements [source.Source]: first which runs there are, those of our
// own account before everybody's, then what the reports of the first few say.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	var runs tasks
	var answer source.Answer
	var err error
	if q.Value.Kind() == observable.File {
		answer, err = source.Follow(ctx, ask, source.Question{Value: q.Value}, runs.history(q.Value))
		if err != nil || turnedDown(answer) {
			return answer, err
		}
	}
	found, err := source.Follow(ctx, ask, q, runs.lookup(q.Value))
	answer = answer.With(found)
	if err != nil || len(runs.ids) == 0 {
		return answer, err
	}
	answer.Parts = silent(answer.Parts)
	var reports []source.Endpoint
	for _, id := range runs.ids[:min(len(runs.ids), mostReports)] {
		reports = append(reports, source.Endpoint{
			Name:    "analysis/{uuid}",
			Request: source.Request{URL: base + "analysis/" + url.PathEscape(id)},
			Decode:  func(r source.Reply) (source.Page, error) { return decodeReport(q.Value, r) },
		})
	}
	read, err := source.Follow(ctx, ask, q, reports...)
	answer = answer.With(read)
	if more := len(runs.ids) - mostReports; more > 0 {
		part := source.PartOf("analysis of further runs", 0, more, nil)
		answer = answer.With(source.Answer{Parts: []source.Part{part}})
	}
	return answer, err
}

func turnedDown(a source.Answer) bool {
	return len(a.Parts) > 0 && a.Parts[0].State == source.Refused
}

// silent keeps the parts that went wrong: that runs were found is no answer yet.
func silent(parts []source.Part) (kept []source.Part) {
	for _, p := range parts {
		if p.State != source.Answered && p.State != source.Empty {
			kept = append(kept, p)
		}
	}
	return kept
}

// tasks are the runs found so far, each once, in the order found.
type tasks struct{ ids []string }

func (t *tasks) add(id string) {
	for _, known := range t.ids {
		if known == id {
			return
		}
	}
	t.ids = append(t.ids, id)
}

// history looks through the runs of our own account for those of a file.
func (t *tasks) history(file observable.Value) source.Endpoint {
	request := func(page int) source.Request {
		return source.Request{URL: base + "analysis?team=false&skip=" + strconv.Itoa(page*historyRows) + "&limit=" + strconv.Itoa(historyRows)}
	}
	page := 0
	return source.Endpoint{
		Name:    "analysis",
		Request: request(page),
		Pages:   historyPages,
		Decode: func(r source.Reply) (source.Page, error) {
			p, rows, err := t.decodeHistory(file, r)
			if page++; err == nil && rows == historyRows {
				p.Next = request(page)
			}
			return p, err
		},
	}
}

// lookup asks TI Lookup for the runs a value was seen in.
func (t *tasks) lookup(v observable.Value) source.Endpoint {
	body, _ := json.Marshal(map[string]string{"query": field(v) + `:"` + strings.ReplaceAll(v.Text(), `"`, `\"`) + `"`}) // texts always marshal
	return source.Endpoint{
		Name: "intelligence/api/search",
		Request: source.Request{
			Method: http.MethodPost, URL: base + "intelligence/api/search", Body: body,
			Header: http.Header{"Content-Type": {"application/json"}},
		},
		Decode: t.decodeLookup,
	}
}

// field names the field of TI Lookup that holds such values.
func field(v observable.Value) string {
	switch v.Kind() {
	case observable.Domain:
		return "domainName"
	case observable.IP:
		return "destinationIP"
	case observable.URL:
		return "url"
	case observable.Mutex:
		return "syncObjectName"
	}
	switch len(v.Text()) {
	case 32:
		return "md5"
	case 40:
		return "sha1"
	}
	return "sha256"
}
