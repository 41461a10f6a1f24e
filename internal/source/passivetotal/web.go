package passivetotal

import (
	"strings"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
	"clew/internal/source"
)

// seen is what every host attribute has: who, and when, "2006-01-02 15:04:05" UTC.
type seen struct {
	First string `json:"firstSeen"`
	Last  string `json:"lastSeen"`
}

// attributes is the envelope of host attributes and trackers.
type attributes[T any] struct {
	Results source.Rows[T] `json:"results"`
	Total   source.Number  `json:"totalRecords"`
}

// decodeAttributes reads the envelope and keeps what fact makes of each row.
func decodeAttributes[T any](reply source.Reply, fact func(T) (observation.Observation, bool)) (source.Page, error) {
	var answer attributes[T]
	if err := source.DecodeJSON(reply, &answer); err != nil {
		return source.Page{}, err
	}
	if err := answer.Results.Require("results"); err != nil {
		return source.Page{}, err
	}
	page := source.Page{Held: answer.Total}
	answer.Results.Count(&page)
	for _, row := range answer.Results.Items {
		o, ok := fact(row)
		page.Keep(o, ok && o.Check() == nil)
	}
	return page, nil
}

type pair struct {
	seen
	Parent string `json:"parent"`
	Child  string `json:"child"`
	Cause  string `json:"cause"` // "script.src", "topLevelRedirect", "parentPage", …
}

// decodePairs reads which hosts a page loads from or sends its visitors to. A
// "parentPage" or "unknown" cause says neither.
func decodePairs(_ observable.Value, reply source.Reply) (source.Page, error) {
	return decodeAttributes(reply, func(p pair) (o observation.Observation, ok bool) {
		relation, kind := observation.Resource, observable.Text
		switch {
		case strings.Contains(strings.ToLower(p.Cause), "redirect"):
			relation, kind = observation.RedirectsTo, observable.Domain
		case !strings.Contains(p.Cause, "."): // element.attribute, as in img.src
			return o, false
		}
		return hostFact(p.Parent, relation, kind, p.Child, p.seen, reply)
	})
}

func hostFact(host string, relation observation.Relation, kind observable.Kind, text string, s seen, reply source.Reply) (o observation.Observation, ok bool) {
	subject, errSubject := observable.New(observable.Domain, host)
	object, errObject := observable.New(kind, text)
	return observation.Observation{
		Subject: subject, Relation: relation, Object: object,
		Window: record.Between(s.First, s.Last, reply.At), Count: 1,
	}, errSubject == nil && errObject == nil
}

type component struct {
	seen
	Hostname string `json:"hostname"`
	Label    string `json:"label"`
	Version  string `json:"version"`
}

// decodeComponents keeps software with its version. Without one it is a product
// that half the web runs, or the name of a hoster.
func decodeComponents(_ observable.Value, reply source.Reply) (source.Page, error) {
	return decodeAttributes(reply, func(c component) (o observation.Observation, ok bool) {
		if c.Version == "" {
			return o, false
		}
		return hostFact(c.Hostname, observation.Banner, observable.Text, c.Label+" "+c.Version, c.seen, reply)
	})
}

type trackerHost struct {
	seen
	Entity string `json:"entity"`
}

func decodeTrackers(asked observable.Value, reply source.Reply) (source.Page, error) {
	page, err := decodeAttributes(reply, func(t trackerHost) (observation.Observation, bool) {
		return hostFact(t.Entity, observation.Tracker, observable.Tracker, asked.Text(), t.seen, reply)
	})
	if page.Held > 0 {
		page.Totals = append(page.Totals, corpus.Total{Relation: observation.Tracker, Object: asked, N: uint64(page.Held)})
	}
	return page, err
}
