package server

import (
	"time"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/fetch"
	"clew/internal/observable/extract"
)

// What follows is the JSON that the command line prints line by line and the
// API gives as lists. Field names are a contract; fields are only ever added.

// Found is one indicator of a report and where it stands.
type Found struct {
	Kind     string `json:"kind"`
	Value    string `json:"value"`
	Offset   int    `json:"offset" doc:"bytes from the start"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Page     int    `json:"page,omitempty" doc:"of a PDF"`
	Raw      string `json:"raw" doc:"as written"`
	Defanged bool   `json:"defanged"`
	Hidden   bool   `json:"hidden" doc:"not in the text a reader sees"`
}

// FoundIn lists what an extraction found.
func FoundIn(result extract.Result) []Found {
	lines := make([]Found, len(result.Found))
	for i, f := range result.Found {
		lines[i] = Found{
			Kind: f.Value.Kind().String(), Value: f.Value.Text(), Offset: f.Offset, Line: f.Line, Column: f.Column,
			Page: f.Page, Raw: f.Raw, Defanged: f.Defanged, Hidden: f.Hidden,
		}
	}
	return lines
}

// A Question is one question of a dry run.
type Question struct {
	Source   string  `json:"source"`
	Kind     string  `json:"kind"`
	Value    string  `json:"value"`
	Asked    bool    `json:"asked"`
	Reason   string  `json:"reason" doc:"why it would not be asked"`
	Requests int     `json:"requests" doc:"at least"`
	Credits  int     `json:"credits" doc:"at least"`
	Price    float64 `json:"price" doc:"in requests that anybody may make"`
	Promise  float64 `json:"promise" doc:"bits it may bring"`
	PAP      string  `json:"pap"`
	Learns   string  `json:"learns" doc:"what is disclosed; empty when nothing is"`
}

// An Import is what one import brought into the corpus.
type Import struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"`
	Format     string        `json:"format"`
	Digest     string        `json:"digest"`
	Size       uint64        `json:"size"`
	At         casefile.Time `json:"at"`
	Read       uint64        `json:"read"`
	Kept       uint64        `json:"kept"`
	Merged     uint64        `json:"merged"`
	Skipped    uint64        `json:"skipped"`
	Rejected   uint64        `json:"rejected"`
	Incomplete string        `json:"incomplete"`
	Coverage   []Coverage    `json:"coverage"`
}

// Coverage says how many subjects of one kind an import holds under a relation.
type Coverage struct {
	Relation string          `json:"relation"`
	Kind     string          `json:"kind"`
	Subjects uint64          `json:"subjects"`
	Links    uint64          `json:"links"`
	Window   casefile.Window `json:"window"`
}

// ImportsOf lists imports as they are shown.
func ImportsOf(imports []corpus.Import) []Import {
	list := make([]Import, len(imports))
	for i, given := range imports {
		list[i] = importOf(given)
	}
	return list
}

func importOf(i corpus.Import) Import {
	shown := Import{
		ID: i.ID, Name: i.Name, Format: i.Format, Digest: i.Digest, Size: i.Size, At: instant(i.At), Read: i.Read, Kept: i.Kept,
		Merged: i.Merged, Skipped: i.Skipped, Rejected: i.Rejected, Incomplete: i.Incomplete, Coverage: []Coverage{},
	}
	for _, c := range i.Coverage {
		shown.Coverage = append(shown.Coverage, Coverage{c.Relation.String(), c.Kind.String(), c.Subjects, c.Links, casefile.WindowOf(c.Window)})
	}
	return shown
}

// A Source is one provider: what it answers, and whether it can be asked.
type Source struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Accepts []string `json:"accepts"`
	Answers []string `json:"answers"`
	PAP     string   `json:"pap"`
	Every   string   `json:"every"`
	Key     string   `json:"key" doc:"set, missing, optional or none"`
	KeyEnv  string   `json:"key_env"`
	Retired string   `json:"retired"`
	Left    string   `json:"quota_left" doc:"of the tightest limit; empty when none is known"`
	Last    string   `json:"last_outcome" doc:"of the last request; empty when there was none"`
}

// A Quota is how one source stands to its limits.
type Quota struct {
	Source  string        `json:"source"`
	Host    string        `json:"host,omitempty"`
	Every   string        `json:"every"`
	Limits  []Limit       `json:"limits"`
	Closed  []Closed      `json:"closed"`
	Circuit casefile.Time `json:"circuit_open_until"`
	Next    casefile.Time `json:"next"`
	Outcome string        `json:"last_outcome"`
	At      casefile.Time `json:"last_at"`
}

// A Limit is how many requests a source takes in a window.
type Limit struct {
	Per      string        `json:"per"`
	Endpoint string        `json:"endpoint,omitempty"`
	Limit    int           `json:"limit"`
	Spent    int           `json:"spent"`
	Resets   casefile.Time `json:"resets"`
	Origin   string        `json:"origin" doc:"default, header or configuration"`
}

// Closed is an endpoint that is not asked for now.
type Closed struct {
	Endpoint string        `json:"endpoint,omitempty"`
	Until    casefile.Time `json:"until"`
	Why      string        `json:"why"`
}

// QuotasOf lists how the sources stand.
func QuotasOf(usage []fetch.Usage) []Quota {
	list := make([]Quota, len(usage))
	for i, u := range usage {
		list[i] = quotaOf(u)
	}
	return list
}

func quotaOf(u fetch.Usage) Quota {
	quota := Quota{
		Source: u.Source, Host: u.Host, Every: u.Every.String(), Limits: []Limit{}, Closed: []Closed{},
		Circuit: instant(u.Breaker.Until), Next: instant(u.Next), Outcome: u.Outcome, At: instant(u.At),
	}
	for _, l := range u.Limits {
		quota.Limits = append(quota.Limits, Limit{string(l.Window), l.Endpoint, l.Limit, l.Spent, instant(l.Resets), string(l.Origin)})
	}
	for _, c := range u.Closed {
		quota.Closed = append(quota.Closed, Closed{c.Endpoint, instant(c.Until), c.Why})
	}
	return quota
}

func instant(t time.Time) casefile.Time { return casefile.Time{Time: t.UTC()} }
