// Package secops asks Google Security Operations (Chronicle) by UDM search.
//
// API: GET URL:udmSearch with query, time_range.start_time, time_range.end_time
// and limit, of the Chronicle API (v1alpha and v1beta, instances.udmSearch) and of
// the Backstory API, which ends on 20 July 2027. Limits: 10,000 events an answer;
// 90 days a query, to be on the safe side.
// The key is an OAuth 2.0 access token, as `gcloud auth print-access-token` gives it.
package secops

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

// Search builds queries for one instance.
type Search struct{ settings siem.Settings }

// New returns the search that s describes.
func New(s siem.Settings) *Search { return &Search{s} }

// Limits implements [siem.Search].
func (*Search) Limits() siem.Limits {
	return siem.Limits{
		Values: 50, Bytes: 6000, Rows: 10_000, Span: 90 * 24 * time.Hour,
		Lacks: []observable.Kind{observable.JARM, observable.JA4, observable.Imphash}, // no field of UDM that is searched for sure
	}
}

// digests are UDM's names of a certificate's fingerprints, by their length.
var digests = map[int]string{32: "md5", 40: "sha1", 64: "sha256"}

// Query implements [siem.Search] with the grouped fields: ip stands for every
// field that holds an address, and so on.
func (s *Search) Query(values []observable.Value, from, to time.Time, rows int) siem.Query {
	var parts []string
	for _, v := range values {
		text, _ := siem.Searchable(v)
		switch v.Kind() {
		case observable.IP:
			parts = append(parts, "ip = "+siem.Quote(text))
		case observable.Email:
			parts = append(parts, "email = "+siem.Quote(text)+" nocase")
		case observable.Domain, observable.URL:
			host, _ := observable.Host(v)
			if host.Kind() == observable.IP {
				parts = append(parts, "ip = "+siem.Quote(text))
				break
			}
			parts = append(parts, `domain = /(^|\.)`+strings.ReplaceAll(regexp.QuoteMeta(text), "/", `\/`)+"$/ nocase")
		case observable.JA3:
			parts = append(parts, "network.tls.client.ja3 = "+siem.Quote(text)+" nocase")
		case observable.JA3S:
			parts = append(parts, "network.tls.server.ja3s = "+siem.Quote(text)+" nocase")
		case observable.Cert:
			for _, side := range []string{"server", "client"} {
				parts = append(parts, fmt.Sprintf("network.tls.%s.certificate.%s = %s nocase", side, digests[len(text)], siem.Quote(text)))
			}
		default:
			parts = append(parts, "hash = "+siem.Quote(text)+" nocase") // of files, in whatever field
		}
	}
	text := strings.Join(parts, " OR ")
	q := url.Values{
		"query": {text}, "limit": {strconv.Itoa(rows)},
		"time_range.start_time": {from.UTC().Format(time.RFC3339)}, "time_range.end_time": {to.UTC().Add(time.Second).Format(time.RFC3339)},
	}
	return siem.Query{Text: text, Request: source.Request{Method: http.MethodGet, URL: strings.TrimSuffix(s.settings.URL, "/") + ":udmSearch?" + q.Encode()}}
}

// Read implements [siem.Search].
func (s *Search) Read(reply source.Reply, rows int) (siem.Page, error) {
	var a struct {
		Events []json.RawMessage `json:"events"`
		More   bool              `json:"moreDataAvailable"`
		Too    bool              `json:"more_data_available"` // as v1alpha was first described
	}
	if err := siem.Decode(reply, &a); err != nil {
		return siem.Page{}, err
	}
	var page siem.Page
	for _, e := range a.Events {
		if len(e) == 0 || e[0] != '{' {
			return siem.Page{}, fmt.Errorf("%w: an event that is no object", source.ErrBadReply)
		}
		page.Records = append(page.Records, siem.Line(e))
	}
	page.Truncated = a.More || a.Too || len(page.Records) >= rows
	return page, nil
}
