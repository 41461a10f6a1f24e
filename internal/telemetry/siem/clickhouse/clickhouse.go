// Package clickhouse asks a table of logs in ClickHouse.
//
// API: the HTTP interface, with the query as the body of a POST and FORMAT
// JSONEachRow. Limits: max_query_size, 256 KiB, and what max_execution_time and
// max_result_rows are set to by the query itself; both end it with an error.
package clickhouse

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

// Search builds queries for one table.
type Search struct{ settings siem.Settings }

// New returns the search that s describes. Its index is the table; the fields are
// the columns to search, of type String, "message" when none is named.
func New(s siem.Settings) *Search {
	if len(s.Fields) == 0 {
		s.Fields = []string{"message"}
	}
	if s.Time == "" {
		s.Time = "timestamp"
	}
	return &Search{s}
}

// Limits implements [siem.Search].
func (*Search) Limits() siem.Limits { return siem.Limits{Values: 200, Bytes: 200 << 10, Rows: 10_000} }

// Query implements [siem.Search]. A regular expression over the columns is what
// every version of ClickHouse has; it finds more than words, and the log readers
// drop the rest.
func (s *Search) Query(values []observable.Value, from, to time.Time, rows int) siem.Query {
	var parts []string
	for _, v := range values {
		text, _ := siem.Searchable(v)
		parts = append(parts, regexp.QuoteMeta(text))
	}
	pattern := literal("(?i)(" + strings.Join(parts, "|") + ")")
	var columns []string
	for _, f := range s.settings.Fields {
		columns = append(columns, "match("+name(f)+", "+pattern+")")
	}
	const layout = "2006-01-02 15:04:05"
	text := fmt.Sprintf("SELECT * FROM %[1]s WHERE %[2]s >= toDateTime('%[3]s', 'UTC') AND %[2]s < toDateTime('%[4]s', 'UTC') AND (%[5]s) LIMIT %[6]d FORMAT JSONEachRow",
		table(s.settings.Index), name(s.settings.Time), from.UTC().Format(layout), to.UTC().Add(time.Second).Format(layout), strings.Join(columns, " OR "), rows)
	q := url.Values{
		"max_execution_time": {strconv.Itoa(int(s.settings.Timeout.Seconds()))}, "timeout_overflow_mode": {"throw"}, "readonly": {"2"},
		// Buffered by the server, so that an error after the first rows is still one of
		// status: newer versions write it as a row of JSON, like any other.
		"wait_end_of_query": {"1"},
	}
	return siem.Query{Text: text, Request: source.Request{
		Method: http.MethodPost, URL: strings.TrimSuffix(s.settings.URL, "/") + "/?" + q.Encode(), Body: []byte(text),
		Header: http.Header{"Content-Type": {"text/plain; charset=UTF-8"}},
	}}
}

// literal writes a string of SQL. ClickHouse reads backslashes in it.
func literal(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

func name(column string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(column) + "`"
}

func table(text string) string {
	parts := strings.SplitN(text, ".", 2)
	for i := range parts {
		parts[i] = name(parts[i])
	}
	return strings.Join(parts, ".")
}

// Read implements [siem.Search]. An error that comes after rows were sent stands
// in the body, behind them.
func (s *Search) Read(reply source.Reply, rows int) (siem.Page, error) {
	var page siem.Page
	err := siem.Lines(reply.Body, func(line []byte) error {
		if strings.HasPrefix(string(line), "Code: ") {
			page.Partial = fmt.Sprintf("the query was ended: %.200s", line)
			return nil
		}
		if !json.Valid(line) {
			return fmt.Errorf("%w: a row that is no JSON", source.ErrBadReply)
		}
		record := string(line)
		if len(s.settings.Fields) == 1 {
			record = siem.Message(line, s.settings.Fields[0])
		}
		page.Records = append(page.Records, record)
		return nil
	})
	page.Truncated = len(page.Records) >= rows
	return page, err
}
