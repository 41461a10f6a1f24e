// Package splunk asks Splunk Enterprise and Splunk Cloud.
//
// API: POST services/search/v2/jobs/export with output_mode=json, which streams
// one JSON object a line (REST API Reference, "search/v2/jobs/export"). max_time is
// not asked for: it ends a search early and calls that done; the client's own
// patience ends it with an error.
// Limits: 50,000 rows as results are usually bounded (limits.conf, maxresultrows);
// a query of some kilobytes.
package splunk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/telemetry/siem"
)

// Search builds queries for one index pattern.
type Search struct{ settings siem.Settings }

// New returns the search that s describes.
func New(s siem.Settings) *Search {
	if s.Index == "" {
		s.Index = "*"
	}
	return &Search{s}
}

// Limits implements [siem.Search].
func (*Search) Limits() siem.Limits { return siem.Limits{Values: 100, Bytes: 8000, Rows: 50_000} }

// Query implements [siem.Search]. Names are words of the index behind a wildcard,
// since "www.evil.example" is one word to Splunk as well as three.
func (s *Search) Query(values []observable.Value, from, to time.Time, rows int) siem.Query {
	var parts []string
	for _, v := range values {
		text, _ := siem.Searchable(v)
		text = strings.ReplaceAll(text, "`", "*") // backticks may name a macro even within quotes; a wildcard finds more, and the log readers see to the rest
		parts = append(parts, siem.Quote(text))
		switch v.Kind() {
		case observable.Domain, observable.URL:
			parts = append(parts, siem.Quote("*."+text))
		}
	}
	// The period goes beside the search, and into the text to paste: as seconds,
	// which Splunk reads in whatever form of time its user has set.
	search := func(period string) string {
		return fmt.Sprintf("search index=%s%s (%s) | head %d", word(s.settings.Index), period, strings.Join(parts, " OR "), rows)
	}
	form := url.Values{
		"search": {search("")}, "output_mode": {"json"}, "preview": {"false"},
		"earliest_time": {from.UTC().Format("2006-01-02T15:04:05.000Z")}, "latest_time": {to.UTC().Add(time.Second).Format("2006-01-02T15:04:05.000Z")},
	}
	return siem.Query{
		Text: search(fmt.Sprintf(" earliest=%d latest=%d", from.Unix(), to.Unix()+1)),
		Request: source.Request{
			Method: http.MethodPost, URL: strings.TrimSuffix(s.settings.URL, "/") + "/services/search/v2/jobs/export",
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(form.Encode()),
		},
	}
}

// word leaves of an index pattern what Splunk allows in one.
func word(pattern string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("_-*", r) {
			return r
		}
		return -1
	}, strings.ToLower(pattern))
}

type line struct {
	Preview bool                       `json:"preview"`
	LastRow bool                       `json:"lastrow"`
	Result  map[string]json.RawMessage `json:"result"`
	Message []struct {
		Type, Text string
	} `json:"messages"`
}

// Read implements [siem.Search]. A stream that ends without its last row was cut.
func (s *Search) Read(reply source.Reply, rows int) (siem.Page, error) {
	var page siem.Page
	complete := false
	err := siem.Lines(reply.Body, func(text []byte) error {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return fmt.Errorf("%w: %w", source.ErrBadReply, err)
		}
		for _, m := range l.Message {
			if m.Type == "ERROR" || m.Type == "FATAL" || m.Type == "WARN" || strings.Contains(m.Text, "finalized") {
				page.Partial = strings.ToLower(m.Type) + ": " + m.Text
			}
		}
		complete = complete || l.LastRow
		if l.Preview || l.Result == nil {
			return nil
		}
		record, err := recordOf(l.Result)
		page.Records = append(page.Records, record)
		return err
	})
	if err != nil {
		return siem.Page{}, err
	}
	if !complete && page.Partial == "" {
		page.Partial = "the stream of results ended before its last row"
	}
	page.Truncated = len(page.Records) >= rows
	return page, nil
}

// recordOf returns the event as it was indexed, or its fields.
func recordOf(result map[string]json.RawMessage) (string, error) {
	var raw string
	if err := json.Unmarshal(result["_raw"], &raw); err == nil && raw != "" {
		return raw, nil
	}
	text, err := json.Marshal(result)
	return string(text), err
}
