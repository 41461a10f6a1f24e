// Package elastic asks Elasticsearch, OpenSearch and what speaks their language.
//
// API: POST INDEX/_search with a query_string query over all fields, or those of
// the settings (Elasticsearch 7.x and 8.x, "Search API"; OpenSearch 1.x, 2.x).
// Limits: index.max_result_window, 10,000 records; indices.query.bool.max_clause_count,
// 1,024 at the least, which a value uses once for each field searched.
package elastic

import (
	"encoding/json"
	"fmt"
	"net/http"
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
	if s.Time == "" {
		s.Time = "@timestamp"
	}
	return &Search{s}
}

// Limits implements [siem.Search].
func (*Search) Limits() siem.Limits { return siem.Limits{Values: 40, Bytes: 16 << 10, Rows: 10_000} }

type body struct {
	Size  int            `json:"size"`
	Track bool           `json:"track_total_hits"`
	Query map[string]any `json:"query"`
}

// Query implements [siem.Search]. Text fields hold the name as words of their
// own; keyword fields hold a name below it only behind a wildcard.
func (s *Search) Query(values []observable.Value, from, to time.Time, rows int) siem.Query {
	var parts []string
	for _, v := range values {
		text, _ := siem.Searchable(v)
		parts = append(parts, siem.Quote(text))
		switch v.Kind() {
		case observable.Domain, observable.URL:
			parts = append(parts, "*."+escape(text))
		}
	}
	words := strings.Join(parts, " OR ")
	query := map[string]any{"query": words, "analyze_wildcard": true}
	if len(s.settings.Fields) > 0 {
		query["fields"], query["lenient"] = s.settings.Fields, true
	} else {
		query["default_field"] = "*" // which is lenient by itself: numbers are passed over
	}
	b := body{
		Size: rows, Track: true,
		Query: map[string]any{"bool": map[string]any{
			"must":   []any{map[string]any{"query_string": query}},
			"filter": []any{map[string]any{"range": map[string]any{s.settings.Time: map[string]any{"gte": from.UTC().Format(time.RFC3339), "lte": to.UTC().Format(time.RFC3339)}}}},
		}},
	}
	text, _ := json.Marshal(b) //nolint:errchkjson // maps of text
	return siem.Query{
		Text: "(" + words + ")" + fmt.Sprintf(" AND %s:[%s TO %s]", s.settings.Time, from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339)),
		Request: source.Request{
			Method: http.MethodPost, URL: strings.TrimSuffix(s.settings.URL, "/") + "/" + s.settings.Index + fmt.Sprintf("/_search?timeout=%ds", int(s.settings.Timeout.Seconds())),
			Header: http.Header{"Content-Type": {"application/json"}}, Body: text,
		},
	}
}

// escape puts a backslash before what query_string reads as syntax. Those that
// cannot be escaped, < and >, stand in no value.
func escape(text string) string {
	var b strings.Builder
	for _, c := range text {
		if strings.ContainsRune(`+-=&|!(){}[]^"~*?:\/ `, c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

type answer struct {
	TimedOut bool `json:"timed_out"`
	Shards   struct {
		Total, Failed int
	} `json:"_shards"`
	Hits struct {
		Total json.RawMessage `json:"total"`
		Hits  []struct {
			Source json.RawMessage `json:"_source"`
		} `json:"hits"`
	} `json:"hits"`
	Clusters struct {
		Skipped int `json:"skipped"`
	} `json:"_clusters"`
}

// Read implements [siem.Search].
func (s *Search) Read(reply source.Reply, rows int) (siem.Page, error) {
	var a answer
	if err := siem.Decode(reply, &a); err != nil {
		return siem.Page{}, err
	}
	var page siem.Page
	bare := 0
	for _, h := range a.Hits.Hits {
		if len(h.Source) == 0 {
			bare++
			continue
		}
		page.Records = append(page.Records, siem.Line(h.Source))
	}
	total, err := totalOf(a.Hits.Total)
	if err != nil {
		return page, err
	}
	page.Truncated = total > len(a.Hits.Hits) || len(a.Hits.Hits) >= rows
	switch {
	case a.TimedOut:
		page.Partial = "the search timed out before it had looked everywhere"
	case a.Shards.Failed > 0:
		page.Partial = fmt.Sprintf("%d of %d shards failed", a.Shards.Failed, a.Shards.Total)
	case bare > 0:
		page.Partial = fmt.Sprintf("%d of %d documents came without their text: the index does not keep _source", bare, len(a.Hits.Hits))
	case a.Shards.Total == 0: // allow_no_indices is true where nothing else is said
		page.Partial = "no index matches " + s.settings.Index
	case a.Clusters.Skipped > 0:
		page.Partial = fmt.Sprintf("%d clusters were not asked", a.Clusters.Skipped)
	}
	return page, nil
}

// totalOf reads the number of hits: an object since Elasticsearch 7, a number before.
func totalOf(raw json.RawMessage) (int, error) {
	var number int
	if json.Unmarshal(raw, &number) == nil {
		return number, nil
	}
	var object struct {
		Value *int `json:"value"`
	}
	if err := json.Unmarshal(raw, &object); err != nil || object.Value == nil {
		return 0, fmt.Errorf("%w: no number of hits", source.ErrBadReply)
	}
	return *object.Value, nil
}
