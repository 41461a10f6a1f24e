// Package mnemonic asks mnemonic's passive DNS what a name had for records, and
// which names led to an address or a name.
//
// Service: https://api.mnemonic.no/pdns/v3, a little without a key. Limits:
// docs/sources/mnemonic.md.
// Visibility: mnemonic sees the query; the owner of the indicator does not.
// Gaps: records that are not marked TLP:WHITE are left out.
package mnemonic

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/source"
)

const (
	base = "https://api.mnemonic.no/pdns/v3/"
	most = 1000 // rows of one page; more is refused without a key
)

// Source is the connector. Its zero value is ready.
type Source struct{}

// Info implements [source.Source].
func (Source) Info() source.Info {
	return source.Info{
		Name:    "mnemonic",
		Title:   "mnemonic passive DNS",
		Accepts: []observable.Kind{observable.Domain, observable.IP},
		Answers: []observation.Relation{
			observation.ResolvesTo, observation.CNAME, observation.Nameserver, observation.MX, observation.TXT,
			observation.SOAContact, observation.PTR,
		},
		PAP:   marking.Amber,
		Every: time.Second, // our choice
		Quotas: []source.Quota{
			{Requests: 100, Per: source.Minute, Access: source.WithoutKey},
			{Requests: 1000, Per: source.Day, Access: source.WithoutKey},
		},
		KeyEnv:    "MNEMONIC_API_KEY",
		KeyHeader: "Argus-API-Key",
		KeyHost:   "api.mnemonic.no",
		Keyless:   true,
		Cost:      1,
	}
}

// Observe implements [source.Source]. One question covers both directions: rows
// in which the value is the name, and rows in which it is the answer.
func (Source) Observe(ctx context.Context, ask source.Asker, q source.Question) (source.Answer, error) {
	l := list{value: q.Value}
	return source.Follow(ctx, ask, q, source.Endpoint{
		Name: "pdns/v3", Request: l.request(), Pages: 3, Decode: l.decode,
	})
}

// list is a result list that is read page by page.
type list struct {
	value observable.Value
	read  int // rows so far
}

func (l *list) request() source.Request {
	query := url.Values{"limit": {strconv.Itoa(most)}}
	if l.read > 0 {
		query.Set("offset", strconv.Itoa(l.read))
	}
	return source.Request{URL: base + url.PathEscape(l.value.Text()) + "?" + query.Encode()}
}

func (l *list) decode(r source.Reply) (source.Page, error) {
	page, err := decode(r)
	if err != nil {
		return page, err
	}
	first := l.read == 0
	if l.read += page.Rows; page.Rows > 0 && page.Held > source.Number(l.read) {
		page.Next = l.request()
	}
	if first && l.value.Kind() == observable.IP { // a row is a name, so rows can stand for names
		page.Total(observation.ResolvesTo, l.value, max(page.Held, source.Number(page.Rows-page.Dropped)))
	}
	return page, nil
}
