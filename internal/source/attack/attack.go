// Package attack names the techniques of MITRE ATT&CK, and the software and
// groups that use them: as a [Library] read from a bundle on disk, which labels
// behaviour without asking anybody, and as a connector that reads the same
// objects over TAXII.
//
// Service: https://attack-taxii.mitre.org, TAXII 2.1, no key. Limits: docs/sources/attack.md.
// Visibility: MITRE sees that somebody reads ATT&CK, not which technique is meant.
// Gaps: mobile and industrial techniques; groups, which are no observable of ours.
package attack

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
	// objects is where the enterprise collection lies. The collection's id is no
	// bare UUID, as the standard would have it.
	objects = "https://attack-taxii.mitre.org/api/v21/collections/x-mitre-collection--1f5f1533-f617-4ca8-9ab4-6a02367fa019/objects/"
	// bundle is the same collection as one file, as MITRE published it before.
	bundle = "https://raw.githubusercontent.com/mitre/cti/master/enterprise-attack/enterprise-attack.json"
)

// mostPages is how many pages are read: what one question may ask at most.
const mostPages = source.DefaultRequests

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "attack",
		Title:   "MITRE ATT&CK",
		Accepts: []observable.Kind{observable.Technique, observable.Malware},
		Answers: []observation.Relation{observation.Technique},
		PAP:     marking.Amber,
		Every:   time.Second, // our choice: pages of one reading
		Quotas:  []source.Quota{{Requests: 50, Per: "10m"}},
		Cost:    1,
		TTL:     30 * 24 * time.Hour, // a release comes twice a year
	}
}

// Observe implements [source.Source]. There is no way to ask about one technique
// by its number: the whole collection is read, and the answer looked up in it.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	types := url.Values{"match[type]": {"attack-pattern,malware,tool,intrusion-set,campaign,relationship"}}
	request := func(next string) source.Request {
		query := types.Encode()
		if next != "" {
			query += "&next=" + url.QueryEscape(next)
		}
		return source.Request{
			URL: objects + "?" + query, Header: http.Header{"Accept": {"application/taxii+json;version=2.1"}},
			Older: &source.Request{URL: bundle},
		}
	}
	var all collection
	pages := 0
	q.Limit = 0 // a limit of facts would end the reading before the first is known
	return source.Follow(ctx, ask, q, source.Endpoint{
		Name:    "collections/objects",
		Request: request(""),
		Pages:   mostPages,
		Decode: func(r source.Reply) (source.Page, error) {
			pages++
			more, next, err := all.add(r)
			if err != nil {
				return source.Page{}, err
			}
			page := source.Page{More: more}
			if more && next != "" && pages < mostPages {
				page.Next = request(next)
				return page, nil
			}
			all.library().answer(&page, q.Value)
			return page, nil
		},
	})
}

// answer adds what the library knows of a technique or of software.
func (l *Library) answer(page *source.Page, v observable.Value) {
	if v.Kind() == observable.Technique {
		technique, ok := l.Technique(v.Text())
		if !ok {
			return
		}
		for _, s := range l.SoftwareUsing(technique.ID) {
			software, err := observable.New(observable.Malware, s.Name)
			if err == nil {
				page.Add(software, observation.Technique, observable.Technique, technique.ID, observation.Window{})
			}
		}
		return
	}
	software, ok := l.Software(v.Text())
	if !ok {
		return
	}
	for _, t := range l.TechniquesOf(software.ID) {
		page.Add(v, observation.Technique, observable.Technique, t.ID, observation.Window{})
		if name, err := observable.New(observable.Malware, software.Name); err == nil && name != v {
			page.Add(name, observation.Technique, observable.Technique, t.ID, observation.Window{})
		}
	}
}
