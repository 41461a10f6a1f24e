package all

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/telemetry"
	"clew/internal/telemetry/match"
	"clew/internal/telemetry/siem"
)

// Products that do not run here are stood in for by servers that answer as public
// descriptions of them say, and refuse what those forbid. They hold a line for each of
// the first held indicators and say what they were asked.

const held = 7

func manyIndicators(n int) []match.Indicator {
	var all []match.Indicator
	for i := range n {
		all = append(all, match.Indicator{Value: observable.Must(observable.Domain, fmt.Sprintf("h%d.evil.example", i))})
	}
	return all
}

// asked returns the records that a query names.
func asked(query string) (records []string) {
	for i := range held {
		if strings.Contains(strings.ReplaceAll(query, `\`, ""), fmt.Sprintf("h%d.evil.example", i)) {
			records = append(records, fmt.Sprintf(`{"query":"h%d.evil.example","id.orig_h":"10.0.0.1"}`, i))
		}
	}
	return records
}

func joined(records []string) string { return strings.Join(records, ",") }

type stand struct {
	settings siem.Settings
	key      string
	bytes    int // that the product takes in a query
	query    func(r *http.Request, body []byte) (query string, limit int)
	reply    func(records []string, more bool) string
	partial  string   // a reply that is partial
	silent   []string // further replies that hold nothing and mean nothing
	path     string
	header   [2]string
}

func form(body []byte, name string) string {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return ""
	}
	return values.Get(name)
}

func taken(text, before string) int {
	_, after, _ := strings.Cut(text, before)
	n, err := strconv.Atoi(strings.TrimSpace(strings.Split(after, "\n")[0]))
	if err != nil {
		return 0
	}
	return n
}

func stands() map[string]stand {
	field := func(body []byte, name string) string {
		var m map[string]any
		if json.Unmarshal(body, &m) != nil {
			return ""
		}
		text, _ := m[name].(string)
		return text
	}
	return map[string]stand{
		"elastic": {
			settings: siem.Settings{Type: "elastic", Index: "logs-*"}, key: "a2V5", bytes: 1 << 20, path: "/logs-*/_search", header: [2]string{"Authorization", "ApiKey a2V5"},
			query: func(r *http.Request, body []byte) (string, int) {
				var q struct{ Size int }
				if json.Unmarshal(body, &q) != nil || q.Size > 10_000 || strings.Count(string(body), " OR ") > 1024 {
					return "", 0
				}
				return string(body), q.Size
			},
			reply: func(records []string, more bool) string {
				var hits []string
				for _, r := range records {
					hits = append(hits, `{"_index":"logs-1","_source":`+r+`}`)
				}
				total := len(records)
				if more {
					total++
				}
				return fmt.Sprintf(`{"took":3,"timed_out":false,"_shards":{"total":5,"successful":5,"skipped":0,"failed":0},"hits":{"total":{"value":%d,"relation":"eq"},"hits":[%s]}}`, total, joined(hits))
			},
			silent:  []string{`{"timed_out":false,"_shards":{"total":0,"failed":0},"hits":{"total":{"value":0,"relation":"eq"},"hits":[]}}`, `{"timed_out":false,"_shards":{"total":5,"failed":0},"hits":{"total":{"value":1,"relation":"eq"},"hits":[{"_index":"logs-1"}]}}`},
			partial: `{"timed_out":true,"_shards":{"total":5,"failed":0},"hits":{"total":{"value":0,"relation":"eq"},"hits":[]}}`,
		},
		"splunk": {
			settings: siem.Settings{Type: "splunk", Index: "main"}, key: "tok", bytes: 10_000, path: "/services/search/v2/jobs/export", header: [2]string{"Authorization", "Bearer tok"},
			query: func(r *http.Request, body []byte) (string, int) {
				search := form(body, "search")
				if !strings.HasPrefix(search, "search index=main (") || form(body, "output_mode") != "json" || form(body, "earliest_time") == "" {
					return "", 0
				}
				return search, taken(search, "| head ")
			},
			reply: func(records []string, _ bool) string {
				var b strings.Builder
				for i, r := range records {
					raw, _ := json.Marshal(r) //nolint:errchkjson // text
					fmt.Fprintf(&b, `{"preview":false,"offset":%d,"lastrow":%v,"result":{"_raw":%s,"_time":"2026-11-20T10:00:00.000+00:00"}}`+"\n", i, i == len(records)-1, raw)
				}
				if len(records) == 0 {
					b.WriteString(`{"preview":false,"lastrow":true}` + "\n")
				}
				return b.String()
			},
			silent:  []string{"\n", `{"preview":false,"lastrow":true,"messages":[{"type":"INFO","text":"Search auto-finalized after time limit (60 seconds) reached."}]}`},
			partial: `{"preview":false,"lastrow":true,"messages":[{"type":"WARN","text":"The search process with sid=1 on peer=idx2 might have returned partial results"}]}`,
		},
		"sentinel": {
			settings: siem.Settings{Type: "sentinel"}, bytes: 64 << 10, path: "/query",
			query: func(r *http.Request, body []byte) (string, int) {
				text := field(body, "query")
				if field(body, "timespan") == "" || !strings.HasPrefix(text, "search in (*)") {
					return "", 0
				}
				return text, taken(text, "| take ")
			},
			reply: func(records []string, _ bool) string {
				var rows []string
				for _, r := range records {
					var m map[string]string
					if json.Unmarshal([]byte(r), &m) == nil {
						rows = append(rows, fmt.Sprintf(`["DnsEvents",%q,"",null]`, m["query"]))
					}
				}
				return `{"tables":[{"name":"PrimaryResult","columns":[{"name":"$table","type":"string"},{"name":"Name","type":"string"},{"name":"Computer","type":"string"},{"name":"x","type":"real"}],"rows":[` + joined(rows) + `]}]}`
			},
			partial: `{"tables":[{"name":"PrimaryResult","columns":[],"rows":[]}],"error":{"code":"PartialError","message":"There were some errors when processing your query."}}`,
		},
		"defender": {
			settings: siem.Settings{Type: "defender"}, bytes: 64 << 10, path: "/v1.0/security/runHuntingQuery",
			query: func(r *http.Request, body []byte) (string, int) {
				text := field(body, "Query")
				return text, taken(text, "| take ")
			},
			reply:   func(records []string, _ bool) string { return `{"schema":[],"results":[` + joined(records) + `]}` },
			partial: `{"error":{"code":"TooManyRequests"}}`,
		},
		"secops": {
			settings: siem.Settings{Type: "secops"}, key: "tok", bytes: 8000, path: ":udmSearch", header: [2]string{"Authorization", "Bearer tok"},
			query: func(r *http.Request, _ []byte) (string, int) {
				q := r.URL.Query()
				limit, err := strconv.Atoi(q.Get("limit"))
				from, err2 := time.Parse(time.RFC3339, q.Get("time_range.start_time"))
				to, err3 := time.Parse(time.RFC3339, q.Get("time_range.end_time"))
				if err != nil || err2 != nil || err3 != nil || limit > 10_000 || to.Sub(from) > 91*24*time.Hour {
					return "", 0
				}
				return q.Get("query"), limit
			},
			reply: func(records []string, more bool) string {
				return fmt.Sprintf(`{"events":[%s],"moreDataAvailable":%v}`, joined(records), more)
			},
			partial: `{"events":[{"udm":{}}],"moreDataAvailable":true}`,
		},
	}
}

// door asks the stand without the client's pace and tokens, which have tests of
// their own.
type door struct{ client *http.Client }

func (d door) Ask(ctx context.Context, r source.Request) (source.Reply, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, r.URL, strings.NewReader(string(r.Body)))
	if err != nil {
		return source.Reply{}, err
	}
	request.Header = r.Header
	reply, err := d.client.Do(request)
	if err != nil {
		return source.Reply{}, err
	}
	defer reply.Body.Close() //nolint:errcheck // read only
	body, err := io.ReadAll(reply.Body)
	return source.Reply{Status: reply.StatusCode, Body: body}, err
}

func (d door) Pass(ctx context.Context, r source.Request, leave func(context.Context) error) (source.Reply, error) {
	if err := leave(ctx); err != nil {
		return source.Reply{}, err
	}
	return d.Ask(ctx, r)
}

func (door) Judge(context.Context, source.Request, source.Verdict) (time.Time, error) {
	return time.Time{}, nil
}

func TestProductsAsDescribed(t *testing.T) {
	for name, s := range stands() {
		t.Run(name, func(t *testing.T) {
			var trouble string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				query, limit := s.query(r, body)
				switch {
				case trouble != "":
					_, _ = io.WriteString(w, trouble)
				case r.URL.Path != s.path && r.URL.Path != "/x"+s.path || query == "" || limit == 0 || len(query) > s.bytes:
					http.Error(w, "refused: "+r.URL.Path, http.StatusBadRequest)
				default:
					records := asked(query)
					more := len(records) > limit
					_, _ = io.WriteString(w, s.reply(records[:min(len(records), limit)], more))
				}
			}))
			defer server.Close()
			s.settings.URL = server.URL
			if name == "secops" {
				s.settings.URL += "/x"
			}
			search, _, err := New(name, s.settings)
			if err != nil {
				t.Fatal(err)
			}
			disclosed := map[observable.Value]bool{}
			r := &siem.Runner{Name: name, Search: search, Door: door{server.Client()}, Leave: func(_ context.Context, values []observable.Value) error {
				for _, v := range values {
					disclosed[v] = true
				}
				return nil
			}}
			o := telemetry.Options{Indicators: manyIndicators(400), Since: now.Add(-80 * 24 * time.Hour), Until: now}
			if keeps := search.Limits().Keeps; keeps > 0 {
				o.Since = now.Add(-keeps)
			}
			ask := func() (map[int]bool, siem.Answer) {
				hits := map[int]bool{}
				a, err := r.Ask(context.Background(), o, func(s telemetry.Sighting) error {
					hits[s.Indicator] = true
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				return hits, a
			}
			hits, a := ask()
			if len(hits) != held || len(a.Unanswered) > 0 || a.Queries < 4 || len(disclosed) != 400 {
				t.Errorf("%d hits, %+v, %d values disclosed", len(hits), a, len(disclosed))
			}
			r.Limits.Rows = 3 // what is cut short is asked for again in halves
			hits, a = ask()
			if len(hits) != held || len(a.Unanswered) > 0 {
				t.Errorf("cut short: %d hits, %+v", len(hits), a)
			}
			for _, trouble = range append(s.silent, s.partial, "<html>not the product</html>") {
				if name == "secops" && trouble == s.partial {
					continue // it has no partial answers but those cut short
				}
				o.Indicators = manyIndicators(3)
				hits, a = ask()
				if len(hits) != 0 || len(a.Unanswered) != 3 {
					t.Errorf("%.60s: silence passed for an answer: %v, %+v", trouble, hits, a)
				}
			}
		})
	}
}

// What is older than a product keeps is not checked, and not "no hit".
func TestWhatAProductNoLongerHoldsIsNotChecked(t *testing.T) {
	s := stands()["defender"]
	var periods []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		query, _ := s.query(r, body)
		_, period, _ := strings.Cut(query, "between (")
		periods = append(periods, period[:min(len(period), 31)])
		_, _ = io.WriteString(w, s.reply(nil, false))
	}))
	defer server.Close()
	s.settings.URL = server.URL
	search, _, err := New("defender", s.settings)
	if err != nil {
		t.Fatal(err)
	}
	r := &siem.Runner{Name: "defender", Search: search, Door: door{server.Client()}, Now: now, Leave: func(context.Context, []observable.Value) error { return nil }}
	ask := func(from, to time.Duration) siem.Answer {
		a, err := r.Ask(context.Background(), telemetry.Options{Indicators: manyIndicators(2), Since: now.Add(from), Until: now.Add(to)}, func(telemetry.Sighting) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	const day = 24 * time.Hour
	if a := ask(-30*day, 0); len(a.Unanswered) != 0 || a.Queries != 1 {
		t.Errorf("the last 30 days: %+v", a)
	}
	if a := ask(-80*day, 0); len(a.Unanswered) != 2 || a.Queries != 1 || periods[1] != periods[0] {
		t.Errorf("80 days: %+v, asked %q", a, periods)
	}
	if a := ask(-80*day, -40*day); len(a.Unanswered) != 2 || a.Queries != 0 {
		t.Errorf("long ago: %+v", a)
	}
}

func TestTheClientCarriesTheKey(t *testing.T) {
	for name, s := range stands() {
		if s.key == "" {
			continue // a token is drawn first
		}
		var got string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r.Header.Get(s.header[0])
			http.Error(w, "no", http.StatusForbidden)
		}))
		s.settings.URL = server.URL + "/x"
		a, err := runner(t, s.settings, s.key).Ask(context.Background(), options(), func(telemetry.Sighting) error { return nil })
		if err != nil || got != s.header[1] || len(a.Unanswered) != len(wanted) {
			t.Errorf("%s: header %q, %v, %+v", name, got, err, a)
		}
		server.Close()
	}
}

func TestServersThatTheConfigurationDoesNotNameAreNotAsked(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
	defer server.Close()
	r := runner(t, siem.Settings{Type: "loki", URL: "http://127.0.0.1:1"}, "")
	search, _, err := New("test", siem.Settings{Type: "loki", URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	r.Search = search
	a, err := r.Ask(context.Background(), options(), func(telemetry.Sighting) error { return nil })
	if err != nil || len(a.Unanswered) != len(wanted) {
		t.Errorf("%v, %+v", err, a)
	}
}

// Whatever stands before the @ of a mailbox (of all values that are asked for it
// alone may hold quotes), it stays between the quotes of the query.
func FuzzQueriesHoldValues(f *testing.F) {
	f.Add("a'b@evil.example")
	f.Add("a'or'1'='1@evil.example")
	f.Add("|`$*/?^~#!&=+%@evil.example")
	f.Add("`macro`@evil.example")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := observable.New(observable.Email, text)
		if _, ok := siem.Searchable(v); err != nil || !ok {
			return
		}
		plain := observable.Must(observable.Email, "plain@plain.example")
		for _, name := range Types() {
			search, _, err := New(name, siem.Settings{Type: name, URL: "https://siem.example", Index: "x"})
			if err != nil {
				t.Fatal(err)
			}
			query := search.Query([]observable.Value{v}, now, now, 10).Text
			rest, open := outsideQuotes(query)
			if want, _ := outsideQuotes(search.Query([]observable.Value{plain}, now, now, 10).Text); open || rest != want {
				t.Fatalf("%s: %s leaves its quotes in %s", name, v, query)
			}
			if name == "splunk" && strings.Contains(query, "`") {
				t.Fatalf("%s names a macro in %s", v, query)
			}
		}
	})
}

// outsideQuotes returns what of a query stands outside single and double quotes.
func outsideQuotes(query string) (rest string, open bool) {
	var b strings.Builder
	var in byte
	for i := 0; i < len(query); i++ {
		switch c := query[i]; {
		case in != 0 && c == '\\':
			i++
		case in == 0 && (c == '"' || c == '\''):
			in = c
		case in != 0 && c == in:
			in = 0
		case in == 0:
			b.WriteByte(c)
		}
	}
	return b.String(), in != 0
}

// A product that keeps fractions of seconds is asked for the whole of the last one.
func TestTheLastSecondIsAskedAbout(t *testing.T) {
	to := time.Date(2026, 1, 31, 23, 59, 59, 0, time.UTC)
	for name, want := range map[string]string{
		"clickhouse": "< toDateTime('2026-02-01 00:00:00', 'UTC')", "sentinel": "datetime(2026-01-31T23:59:59.9999999Z)", "defender": "datetime(2026-01-31T23:59:59.9999999Z)",
	} {
		search, _, err := New(name, siem.Settings{Type: name, URL: "https://siem.example", Index: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if text := search.Query([]observable.Value{wanted[0].Value}, to.AddDate(0, 0, -1), to, 10).Text; !strings.Contains(text, want) {
			t.Errorf("%s: no %s in %s", name, want, text)
		}
	}
}
