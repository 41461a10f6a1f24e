// Package loki asks Grafana Loki.
//
// API: GET loki/api/v1/query_range with a line filter (LogQL). Limits, as shipped:
// a query of 5,120 bytes, 5,000 lines an answer, 30 days and an hour of period
// (limits_config: max_entries_limit_per_query, max_query_length).
package loki

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/telemetry/siem"
)

// Search builds queries for one stream selector.
type Search struct{ settings siem.Settings }

// New returns the search that s describes. Its index is a stream selector.
func New(s siem.Settings) *Search {
	if s.Index == "" {
		s.Index = `{service_name=~".+"}`
	}
	return &Search{s}
}

// Limits implements [siem.Search].
func (*Search) Limits() siem.Limits {
	return siem.Limits{Values: 150, Bytes: 5000, Rows: 5000, Span: 30 * 24 * time.Hour}
}

// Query implements [siem.Search].
func (s *Search) Query(values []observable.Value, from, to time.Time, rows int) siem.Query {
	var parts []string
	for _, v := range values {
		text, _ := siem.Searchable(v)
		parts = append(parts, regexp.QuoteMeta(text))
	}
	text := s.settings.Index + " |~ " + siem.Quote("(?i)("+strings.Join(parts, "|")+")")
	q := url.Values{
		"query": {text}, "limit": {strconv.Itoa(rows)}, "direction": {"forward"},
		"start": {strconv.FormatInt(from.UnixNano(), 10)}, "end": {strconv.FormatInt(to.Add(time.Second).UnixNano(), 10)},
	}
	return siem.Query{Text: text, Request: source.Request{
		Method: http.MethodGet, URL: strings.TrimSuffix(s.settings.URL, "/") + "/loki/api/v1/query_range?" + q.Encode(),
	}}
}

type answer struct {
	Status   string   `json:"status"`
	Warnings []string `json:"warnings"`
	Data     struct {
		Type   string `json:"resultType"`
		Result []struct {
			Values [][]json.RawMessage `json:"values"`
		} `json:"result"`
	} `json:"data"`
}

// Read implements [siem.Search].
func (s *Search) Read(reply source.Reply, rows int) (siem.Page, error) {
	var a answer
	if err := siem.Decode(reply, &a); err != nil {
		return siem.Page{}, err
	}
	if a.Status != "success" || a.Data.Type != "streams" {
		return siem.Page{}, fmt.Errorf("%w: status %q, result type %q", source.ErrBadReply, a.Status, a.Data.Type)
	}
	var page siem.Page
	for _, stream := range a.Data.Result {
		for _, v := range stream.Values {
			var text string
			if len(v) < 2 || json.Unmarshal(v[1], &text) != nil {
				return siem.Page{}, fmt.Errorf("%w: an entry without a line", source.ErrBadReply)
			}
			page.Records = append(page.Records, text)
		}
	}
	page.Truncated = len(page.Records) >= rows
	page.Partial = strings.Join(a.Warnings, "; ")
	return page, nil
}
