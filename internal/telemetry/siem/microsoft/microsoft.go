// Package microsoft asks Microsoft Sentinel and Defender XDR in KQL.
//
// Sentinel: POST v1/workspaces/ID/query of the Azure Monitor Log Analytics API:
// 500,000 records, 100 MB and 10 minutes a query; a failure that is not fatal stands
// beside the tables of an answer with status 200 ("Azure Monitor Log Analytics API
// response format"). Defender: POST v1.0/security/runHuntingQuery of Microsoft
// Graph: 100,000 rows, nothing older than 30 days, three minutes. It takes the place
// of advancedhunting/run, whose retirement began in January 2026.
// The key is "tenant:client id:client secret" of an application that may read the
// workspace, or hunt.
package microsoft

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

// What a token is drawn with and for.
const (
	TokenURL      = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token" //nolint:gosec // an address
	SentinelScope = "https://api.loganalytics.io/.default"
	DefenderScope = "https://graph.microsoft.com/.default"
)

// kql writes the search. "has" matches whole words, for which a dot is no letter.
// A datetime counts in tenths of microseconds.
func kql(tables string, values []observable.Value, clock string, from, to time.Time, rows int) string {
	var parts []string
	for _, v := range values {
		text, _ := siem.Searchable(v)
		parts = append(parts, "* has "+siem.Quote(text))
	}
	return fmt.Sprintf("search in (%s) %s between (datetime(%s) .. datetime(%s)) and (%s)\n| take %d",
		tables, clock, from.UTC().Format(time.RFC3339), to.UTC().Truncate(time.Second).Add(time.Second-100*time.Nanosecond).Format(time.RFC3339Nano), strings.Join(parts, " or "), rows)
}

func request(url, text string, body any, timeout time.Duration) siem.Query {
	encoded, _ := json.Marshal(body) //nolint:errchkjson // text alone
	return siem.Query{Text: text, Request: source.Request{
		Method: http.MethodPost, URL: url, Body: encoded,
		Header: http.Header{"Content-Type": {"application/json"}, "Prefer": {fmt.Sprintf("wait=%d", int(timeout.Seconds()))}},
	}}
}

// Sentinel builds queries for one workspace, whose ID is the end of the URL.
type Sentinel struct{ settings siem.Settings }

// NewSentinel returns the search that s describes. Its index lists the tables.
func NewSentinel(s siem.Settings) *Sentinel {
	if s.Index == "" {
		s.Index = "*"
	}
	return &Sentinel{s}
}

// Limits implements [siem.Search].
func (*Sentinel) Limits() siem.Limits { return siem.Limits{Values: 60, Bytes: 32 << 10, Rows: 10_000} }

// Query implements [siem.Search].
func (s *Sentinel) Query(values []observable.Value, from, to time.Time, rows int) siem.Query {
	text := kql(s.settings.Index, values, "TimeGenerated", from, to, rows)
	span := from.UTC().Format(time.RFC3339) + "/" + to.UTC().Add(time.Second).Format(time.RFC3339)
	return request(strings.TrimSuffix(s.settings.URL, "/")+"/query", text, map[string]string{"query": text, "timespan": span}, s.settings.Timeout)
}

type tables struct {
	Tables []struct {
		Columns []struct {
			Name string `json:"name"`
		} `json:"columns"`
		Rows [][]json.RawMessage `json:"rows"`
	} `json:"tables"`
	Error *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// Read implements [siem.Search]. An error beside rows is a partial answer.
func (s *Sentinel) Read(reply source.Reply, rows int) (siem.Page, error) {
	var t tables
	if err := siem.Decode(reply, &t); err != nil {
		return siem.Page{}, err
	}
	if t.Tables == nil {
		return siem.Page{}, fmt.Errorf("%w: no table", source.ErrBadReply)
	}
	var page siem.Page
	for _, table := range t.Tables {
		for _, row := range table.Rows {
			record := map[string]json.RawMessage{}
			for i, value := range row {
				if i < len(table.Columns) && string(value) != `""` && string(value) != "null" {
					record[table.Columns[i].Name] = value
				}
			}
			line, err := json.Marshal(record)
			if err != nil {
				return siem.Page{}, err
			}
			page.Records = append(page.Records, string(line))
		}
	}
	page.Truncated = len(page.Records) >= rows
	if t.Error != nil {
		page.Partial = t.Error.Code + ": " + t.Error.Message
	}
	return page, nil
}

// Defender builds queries of advanced hunting.
type Defender struct{ settings siem.Settings }

// NewDefender returns the search that s describes. Its index lists the tables.
func NewDefender(s siem.Settings) *Defender {
	if s.Index == "" {
		s.Index = "DeviceNetworkEvents, DeviceEvents, DeviceFileEvents, DeviceProcessEvents, EmailEvents, EmailUrlInfo, UrlClickEvents"
	}
	return &Defender{s}
}

// Limits implements [siem.Search].
func (*Defender) Limits() siem.Limits {
	return siem.Limits{Values: 60, Bytes: 32 << 10, Rows: 10_000, Keeps: 30 * 24 * time.Hour}
}

// Query implements [siem.Search].
func (s *Defender) Query(values []observable.Value, from, to time.Time, rows int) siem.Query {
	text := kql(s.settings.Index, values, "Timestamp", from, to, rows)
	return request(strings.TrimSuffix(s.settings.URL, "/")+"/v1.0/security/runHuntingQuery", text, map[string]string{"Query": text}, s.settings.Timeout)
}

// Read implements [siem.Search].
func (s *Defender) Read(reply source.Reply, rows int) (siem.Page, error) {
	var a struct {
		Results []json.RawMessage `json:"results"`
	}
	if err := siem.Decode(reply, &a); err != nil {
		return siem.Page{}, err
	}
	if a.Results == nil {
		return siem.Page{}, fmt.Errorf("%w: no results", source.ErrBadReply)
	}
	var page siem.Page
	for _, r := range a.Results {
		page.Records = append(page.Records, siem.Line(r))
	}
	page.Truncated = len(page.Records) >= rows
	return page, nil
}
