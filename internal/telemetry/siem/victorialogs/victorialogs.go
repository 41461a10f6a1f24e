// Package victorialogs asks VictoriaLogs.
//
// API: POST select/logsql/query, which streams one JSON object a line (LogsQL,
// "HTTP API"). Limits: a query of 16 KiB (-search.maxQueryLen).
package victorialogs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/telemetry/siem"
)

// Search builds queries. Its index is a further filter, such as a stream.
type Search struct{ settings siem.Settings }

// New returns the search that s describes.
func New(s siem.Settings) *Search {
	if len(s.Fields) == 0 {
		s.Fields = []string{"_msg"}
	}
	return &Search{s}
}

// Limits implements [siem.Search].
func (*Search) Limits() siem.Limits { return siem.Limits{Values: 100, Bytes: 15 << 10, Rows: 10_000} }

// Query implements [siem.Search]. A phrase matches whole words, for which a dot is
// no letter: "evil.example" is in www.evil.example and not in notevil.example.
func (s *Search) Query(values []observable.Value, from, to time.Time, rows int) siem.Query {
	var parts []string
	for _, v := range values {
		text, _ := siem.Searchable(v)
		for _, field := range s.settings.Fields {
			parts = append(parts, siem.Quote(field)+":i("+siem.Quote(text)+")")
		}
	}
	filter := "(" + strings.Join(parts, " or ") + ")"
	if s.settings.Index != "" {
		filter = s.settings.Index + " " + filter
	}
	text := fmt.Sprintf("_time:[%s, %s] %s", from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339), filter)
	form := url.Values{"query": {text}, "limit": {strconv.Itoa(rows)}, "timeout": {fmt.Sprintf("%ds", int(s.settings.Timeout.Seconds()))}}
	return siem.Query{Text: text, Request: source.Request{
		Method: http.MethodPost, URL: strings.TrimSuffix(s.settings.URL, "/") + "/select/logsql/query",
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(form.Encode()),
	}}
}

// Read implements [siem.Search]. A record that is nothing but its message is that.
func (s *Search) Read(reply source.Reply, rows int) (siem.Page, error) {
	var page siem.Page
	err := siem.Lines(reply.Body, func(line []byte) error {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(line, &fields); err != nil {
			return fmt.Errorf("%w: %w", source.ErrBadReply, err)
		}
		record := siem.Message(line, "_msg")
		own := 0
		for name := range fields {
			if strings.HasPrefix(name, "_") {
				own++
			}
		}
		var message string
		if own == len(fields) && json.Unmarshal(fields["_msg"], &message) == nil && message != "" {
			record = message
		}
		page.Records = append(page.Records, record)
		return nil
	})
	page.Truncated = len(page.Records) >= rows
	return page, err
}
