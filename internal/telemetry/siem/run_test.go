package siem_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/telemetry"
	"clew/internal/telemetry/match"
	"clew/internal/telemetry/siem"
)

var (
	evil  = match.Indicator{Value: observable.Must(observable.Domain, "evil.example")}
	other = match.Indicator{Value: observable.Must(observable.IP, "203.0.113.7")}
	until = time.Date(2026, 1, 31, 23, 59, 59, 0, time.UTC)
)

// product is a search that holds records, and answers with those that hold one of
// the values, in their order; the other half of it is the door to it.
type product struct {
	records []string
	limits  siem.Limits
	asked   [][]string // the values of each query
}

func (p *product) Limits() siem.Limits { return p.limits }

func (p *product) Query(values []observable.Value, from, to time.Time, _ int) siem.Query {
	var texts []string
	for _, v := range values {
		texts = append(texts, v.Text())
	}
	text := strings.Join(texts, " ")
	return siem.Query{Text: text, Request: source.Request{Body: []byte(from.Format(time.RFC3339) + " " + to.Format(time.RFC3339) + " " + text)}}
}

func (p *product) Read(reply source.Reply, rows int) (siem.Page, error) {
	var page siem.Page
	if len(reply.Body) > 0 {
		page.Records = strings.Split(string(reply.Body), "\x00")
	}
	page.Truncated = len(page.Records) > rows
	page.Records = page.Records[:min(rows, len(page.Records))]
	return page, nil
}

func (p *product) Ask(context.Context, source.Request) (source.Reply, error) {
	return source.Reply{}, source.ErrBadReply
}

func (p *product) Judge(context.Context, source.Request, source.Verdict) (time.Time, error) {
	return time.Time{}, nil
}

func (p *product) Pass(ctx context.Context, r source.Request, leave func(context.Context) error) (source.Reply, error) {
	words := strings.Fields(string(r.Body))
	p.asked = append(p.asked, words)
	var found []string
	for _, record := range p.records {
		for _, value := range words[2:] {
			if strings.Contains(record, value) {
				found = append(found, record)
				break
			}
		}
	}
	return source.Reply{Status: http.StatusOK, Body: []byte(strings.Join(found, "\x00"))}, leave(ctx)
}

// ask returns how often each indicator was seen.
func ask(t *testing.T, p *product, indicators ...match.Indicator) (map[string]int, siem.Answer) {
	t.Helper()
	if p.limits.Values == 0 {
		p.limits.Values = 10
	}
	if p.limits.Rows == 0 {
		p.limits.Rows = 100
	}
	r := siem.Runner{Name: "test", Search: p, Door: p}
	seen := map[string]int{}
	a, err := r.Ask(t.Context(), telemetry.Options{Indicators: indicators, Since: until.AddDate(0, 0, -30), Until: until}, func(s telemetry.Sighting) error {
		seen[indicators[s.Indicator].Value.Text()]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen, a
}

// What a record looks like is its writer's to choose, and must not hide those
// behind it.
func TestARecordHidesNoOther(t *testing.T) {
	for name, first := range map[string]string{
		"rar":             "Rar!\x1a evil.example",
		"zip":             "PK\x03\x04 evil.example",
		"tar":             "evil.example" + strings.Repeat(" ", 245) + "ustar",
		"list":            `[{"query":"evil.example"}]`,
		"object_of_lists": `{"data":["evil.example"],"x":1}`,
		"xml":             `<Event evil.example`,
		"evtx":            "ElfFile\x00 evil.example",
		"zeek_header":     `#separator \x09 evil.example`,
		"csv_header":      "time,src_ip,dst_ip,query,evil.example",
	} {
		t.Run(name, func(t *testing.T) {
			p := &product{records: []string{first, `{"query":"evil.example","id.orig_h":"10.0.0.1"}`}}
			if seen, a := ask(t, p, evil); seen["evil.example"] != 2 || len(a.Unanswered) != 0 {
				t.Errorf("seen %v, want both records; %+v", seen, a)
			}
		})
	}
}

// What the readers refuse to look for would never be a hit: it is not asked, and
// its silence means nothing.
func TestWhatIsNotLookedForIsNotChecked(t *testing.T) {
	suffix := match.Indicator{Value: observable.Must(observable.Domain, "co.uk")}
	p := &product{records: []string{`{"query":"www.example.co.uk"}`}}
	_, a := ask(t, p, suffix, evil)
	if a.Unanswered[0] == "" || a.Unanswered[1] != "" || len(p.asked) != 1 || p.asked[0][2] != "evil.example" {
		t.Errorf("%+v, asked %v", a, p.asked)
	}
	p.asked = nil
	if _, a := ask(t, p, suffix); a.Unanswered[0] == "" || len(p.asked) != 0 {
		t.Errorf("alone: %+v, asked %v", a, p.asked)
	}
}

// What a product has no field for is not asked: an empty answer would read as
// "not seen".
func TestWhatAProductHasNoFieldForIsNotChecked(t *testing.T) {
	print := match.Indicator{Value: observable.Must(observable.JARM, strings.Repeat("ab", 31))}
	p := &product{limits: siem.Limits{Lacks: []observable.Kind{observable.JARM}}}
	_, a := ask(t, p, print, evil)
	if a.Unanswered[0] == "" || a.Unanswered[1] != "" || len(p.asked) != 1 || p.asked[0][2] != "evil.example" {
		t.Errorf("%+v, asked %v", a, p.asked)
	}
}

// A host is asked for once, whether it is an indicator or URLs on it are.
func TestAHostIsAskedForOnce(t *testing.T) {
	url := func(text string) match.Indicator {
		return match.Indicator{Value: observable.Must(observable.URL, text)}
	}
	p := &product{records: []string{`{"query":"www.evil.example"}`}}
	found, a := ask(t, p, evil, url("http://evil.example/a"), url("http://evil.example/b"), other, url("http://203.0.113.7/c"), url("http://else.example/"))
	if len(found) != 1 || len(a.Unanswered) != 0 || len(p.asked) != 1 || strings.Join(p.asked[0][2:], " ") != "evil.example 203.0.113.7 http://else.example/" {
		t.Errorf("%+v, %+v, asked %v", found, a, p.asked)
	}
}

// A record with indicators of two queries is one record; two that are the same
// to the letter, in one answer, are two.
func TestRecordsAreCountedOnce(t *testing.T) {
	both := `{"query":"evil.example","answers":["203.0.113.7"]}`
	for name, limits := range map[string]siem.Limits{"two_batches": {Values: 1}, "halves": {Values: 2, Rows: 3}, "one_query": {Values: 2}} {
		p := &product{records: []string{both, `{"query":"evil.example"}`, `{"query":"evil.example"}`, `{"answers":["203.0.113.7"]}`}, limits: limits}
		seen, a := ask(t, p, evil, other)
		if seen["evil.example"] != 3 || seen["203.0.113.7"] != 2 || a.Records != 4 || a.More != 0 {
			t.Errorf("%s: seen %v in %d records of %d queries, want 3 and 2 in 4; %+v", name, seen, a.Records, len(p.asked), a)
		}
	}
}

// Spans meet without a gap and without a second that is asked about twice.
func TestSpansDoNotOverlap(t *testing.T) {
	p := &product{limits: siem.Limits{Span: 10 * 24 * time.Hour}}
	ask(t, p, evil)
	var last time.Time
	for i, q := range p.asked {
		from, err1 := time.Parse(time.RFC3339, q[0])
		to, err2 := time.Parse(time.RFC3339, q[1])
		if err1 != nil || err2 != nil || i > 0 && !from.Equal(last.Add(time.Second)) || to.Sub(from) > p.limits.Span {
			t.Errorf("span %d is %s to %s, after %s", i, q[0], q[1], last)
		}
		last = to
	}
	if len(p.asked) != 3 || !last.Equal(until) {
		t.Errorf("%d spans, to %s", len(p.asked), last)
	}
}
