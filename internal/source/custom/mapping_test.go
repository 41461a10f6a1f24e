package custom_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/source/custom"
	"clew/internal/source/sourcetest"
)

var noon = time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC)

// show writes a mapping as text: the listing every connector is compared by, and
// what was dropped.
func show(m custom.Mapping) string {
	state := source.Failed
	if len(m.Answer.Parts) > 0 {
		state = m.Answer.Parts[0].State
	}
	text := sourcetest.Listing(source.Outcome{State: state, Parts: m.Answer.Parts, Answer: m.Answer})
	_, text, _ = strings.Cut(text, "\n") // the part says the state too
	for _, n := range m.Notes {
		text += fmt.Sprintf("row %d: %s\n", n.Row, n.Text)
	}
	return text
}

// mapped maps a reply with one program.
func mapped(t *testing.T, members, about, body string) string {
	t.Helper()
	s := read(t, head+"  - name: all\n    url: https://api.example/{value}\n"+members)
	m, err := s.Map(t.Context(), "", value(t, about), source.Reply{Body: []byte(body), At: noon})
	if err != nil {
		t.Fatal(err)
	}
	return show(m)
}

func TestMap(t *testing.T) {
	const each = "    map: .\n"
	cert := strings.Repeat("ab", 32)
	tests := map[string]struct{ members, body, want string }{
		"fact": {
			each, `[{"subject":"A.example","relation":"resolves-to","object":"192.0.2.1","first":"2026-01-02 03:04:05","last":1772323200,"count":"7"}]`,
			"part all: answered\na.example resolves-to 192.0.2.1 [2026-01-02T03:04:05Z, 2026-03-01T00:00:00Z] x7\n",
		},
		"times_in_milliseconds_and_one_moment": {
			each, `[{"subject":"a.example","relation":"resolves-to","object":"192.0.2.1","at":1772323200123},
				{"subject":"b.example","relation":"resolves-to","object":"192.0.2.1","at":"1772323200"},
				{"subject":"c.example","relation":"resolves-to","object":"192.0.2.1","at":1772323200.9}]`,
			"part all: answered\na.example resolves-to 192.0.2.1 [2026-03-01T00:00:00Z, 2026-03-01T00:00:00Z] x1\n" +
				"b.example resolves-to 192.0.2.1 [2026-03-01T00:00:00Z, 2026-03-01T00:00:00Z] x1\n" +
				"c.example resolves-to 192.0.2.1 [2026-03-01T00:00:00Z, 2026-03-01T00:00:00Z] x1\n",
		},
		"a_time_that_is_none_is_unknown": {
			each, `[{"subject":"a.example","relation":"resolves-to","object":"192.0.2.1","first":"soon","last":"2026-03-01"}]`,
			"part all: answered\na.example resolves-to 192.0.2.1 [?, 2026-03-01T23:59:59Z] x1\nrow 1: \"soon\" is no time: left unknown\n",
		},
		"kinds_given_inferred_and_guessed": {
			each, `[{"subject":"cert:` + cert + `","relation":"names","object":"a.example"},
				{"subject":"` + cert + `","relation":"names","object":"192.0.2.1"},
				{"subject":"` + cert + `","relation":"names","object":"printer.internal"},
				{"subject":"a.example","relation":"resource","object":"https://b.example/x.js"},
				{"subject":"a.example","relation":"resource","object":"text:https://b.example/"},
				{"subject":"192.0.2.0/24","relation":"announced-by","object":64500}]`,
			"part all: answered\n" + cert + " names a.example [?, ?] x1\n" + cert + " names 192.0.2.1 [?, ?] x1\n" + cert + " names printer.internal [?, ?] x1\n" +
				"a.example resource https://b.example/x.js [?, ?] x1\na.example resource https://b.example/ [?, ?] x1\n192.0.2.0/24 announced-by AS64500 [?, ?] x1\n",
		},
		"what_is_no_fact_is_dropped_with_its_reason": {
			each, `[{"subject":"a.example","relation":"resolves-to","object":"192.0.2.1"},
				{"subject":"a.example","relation":"resolves","object":"192.0.2.1"},
				{"subject":"a.example","relation":"resolves-to","object":"b.example"},
				{"subject":null,"relation":"resolves-to","object":"192.0.2.1"},
				{"subject":"a.example","relation":"nameserver","object":"b.example"},
				{"subject":"a.example","relation":"resolves-to","objekt":"192.0.2.1"},
				{"name":"a.example"}, 7]`,
			"part all: answered\na.example resolves-to 192.0.2.1 [?, ?] x1\ndropped 7\n" +
				"row 2: \"resolves\" is no relation of the vocabulary\n" +
				"row 3: object of resolves-to: not an indicator: \"b.example\" is no IP address\n" +
				"row 4: subject of resolves-to: null is no text\n" +
				"row 5: nameserver is not among the relations the source answers\n" +
				"row 6: unknown member \"objekt\": members are relation, subject, object, first, last, at, count\n" +
				"row 7: an object with none of the members relation, dns, certificate, registration, holders, held, missing\n" +
				"row 8: 7 where an object belongs\n",
		},
		"dns_record": {
			each, `[{"dns":{"name":"a.example.","type":"A","data":"192.0.2.1"},"first":"2026-01-01","last":"2026-03-05","count":2},{"dns":{"name":"a.example","type":"CAA","data":"x"}}]`,
			"part all: answered\na.example resolves-to 192.0.2.1 [2026-01-01T00:00:00Z, 2026-03-05T12:00:00Z] x2\ndropped 1\nrow 2: no fact in the record \"a.example\" \"CAA\" \"x\"\n",
		},
		"certificate": {
			each, `[{"certificate":{"sha256":"` + cert + `","issuer":"CN=b, O=a","serial":255,"names":["*.a.example",null],"not_before":"2026-01-01","not_after":"2027-01-01"}}]`,
			"part all: answered\n" + cert + " names a.example [2026-01-01T00:00:00Z, 2026-03-05T12:00:00Z] x1\n" +
				cert + " issued-by O=a, CN=b [2026-01-01T00:00:00Z, 2026-03-05T12:00:00Z] x1\n" + cert + " serial ff [2026-01-01T00:00:00Z, 2026-03-05T12:00:00Z] x1\n",
		},
		"serial_numbers_beyond_64_bits": {
			each, `[{"certificate":{"sha256":"` + cert + `","serial":340282366920938463463374607431768211455}}]`,
			"part all: answered\n" + cert + " serial ffffffffffffffffffffffffffffffff [?, ?] x1\n",
		},
		"registration": {
			each, `[{"registration":{"domain":"a.example","registrar":"R Inc","created":"2026-01-01T10:20:30Z"},"first":"2026-02-01T00:00:00Z"}]`,
			"part all: answered\na.example registrar R Inc [2026-02-01T00:00:00Z, ?] x1\na.example created R Inc|2026-01-01T10:20Z [2026-02-01T00:00:00Z, ?] x1\n",
		},
		"total_and_what_is_missing": {
			"    rows: .rows\n    map: '{subject: ., relation: \"resolves-to\", object: $value}'\n    whole: '{relation: \"resolves-to\", object: $value, holders: .n}, {missing: (.n - $rows)}'\n",
			`{"rows":["a.example"],"n":30}`,
			"part all: truncated (the provider holds 29 more)\na.example resolves-to 192.0.2.9 [?, ?] x1\ntotal resolves-to 192.0.2.9: 30 [2026-03-05T12:00:00Z]\n",
		},
		"more_without_a_number": {
			"    rows: .rows\n    map: '{subject: ., relation: \"resolves-to\", object: $value}'\n    whole: '{missing: .more}'\n",
			`{"rows":["a.example"],"more":true}`,
			"part all: truncated (the provider holds more, it does not say how many)\na.example resolves-to 192.0.2.9 [?, ?] x1\n",
		},
		"not_a_list": {
			each, `{"error":"x"}`, "part all: failed (reply not understood: an object, not a list of rows)\n",
		},
		"rows_not_there": {
			"    rows: .data\n" + each, `{"error":"x"}`, "part all: failed (reply not understood: rows gives null, not a list)\n",
		},
		"a_row_that_cannot_be_read_costs_itself": {
			"    map: '{subject: .n[0], relation: \"resolves-to\", object: $value}'\n", `[{"n":["a.example"]},{"n":7}]`,
			"part all: answered\na.example resolves-to 192.0.2.9 [?, ?] x1\ndropped 1\nrow 2: reply not understood: jq: expected an array but got: number (7)\n",
		},
		"no_row_can_be_read": {
			"    map: '{subject: .n[0], relation: \"resolves-to\", object: $value}'\n", `[{"n":7},{"n":7}]`,
			"part all: failed (every row: reply not understood: jq: expected an array but got: number (7))\ndropped 2\n" +
				"row 1: reply not understood: jq: expected an array but got: number (7)\nrow 2: reply not understood: jq: expected an array but got: number (7)\n",
		},
		"ndjson": {
			"    reply: ndjson\n    map: '{subject: .n, relation: \"resolves-to\", object: $value}'\n", "{\"n\":\"a.example\"}\n{\"n\":\"b.example\"}\n",
			"part all: answered\na.example resolves-to 192.0.2.9 [?, ?] x1\nb.example resolves-to 192.0.2.9 [?, ?] x1\n",
		},
		"ndjson_cut_off": {
			"    reply: ndjson\n    map: '{subject: .n, relation: \"resolves-to\", object: $value}'\n", "{\"n\":\"a.example\"}\n{\"n\":\"b.ex",
			"part all: failed (reply not understood: line 2 of 2 is no JSON document)\n",
		},
		"lines": {
			"    reply: lines\n    map: 'split(\",\") | {subject: .[0], relation: \"resolves-to\", object: .[1]}'\n", "a.example,192.0.2.1\r\n\r\nb.example\n",
			"part all: answered\na.example resolves-to 192.0.2.1 [?, ?] x1\ndropped 1\nrow 2: object of resolves-to: null is no text\n",
		},
		"lines_of_words": {
			"    reply: lines\n    map: 'split(\",\") | {subject: .[0], relation: \"resolves-to\", object: .[1]}'\n", "Sorry, something went wrong",
			"part all: failed (reply not understood: no line of it was understood)\ndropped 1\nrow 1: subject of resolves-to: not an indicator: \"Sorry\" has no dot, so it is no full domain name\n",
		},
		"a_row_left_out_on_purpose": {
			"    map: select(.relation)\n", `[{"subject":"a.example","relation":"resolves-to","object":"192.0.2.1"},{}]`,
			"part all: answered\na.example resolves-to 192.0.2.1 [?, ?] x1\ndropped 1\nrow 2: map gives nothing for it\n",
		},
		"texts_too_long_to_search": {
			each, `[{"subject":"a.example","relation":"resolves-to","object":"192.0.2.1","first":"` + strings.Repeat("a", 70<<10) + `"}]`,
			"part all: answered\na.example resolves-to 192.0.2.1 [?, ?] x1\nrow 0: 1 texts of more than 65536 bytes were left out\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, mapped(t, test.members, "192.0.2.9", test.body)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMapNamesEndpointAndNextPage(t *testing.T) {
	s := read(t, plain+strings.Replace(plain[len(head):], "name: all\n", "name: other\n    next: {by: link, from: '.[0].next'}\n", 1))
	reply := source.Reply{Body: []byte(`[{"next":"/2"}]`)}
	if _, err := s.Map(t.Context(), "", value(t, "a.example"), reply); err == nil || !strings.Contains(err.Error(), "all, other") {
		t.Errorf("no endpoint named: %v", err)
	}
	if _, err := s.Map(t.Context(), "third", value(t, "a.example"), reply); err == nil || !strings.Contains(err.Error(), `no endpoint "third"`) {
		t.Errorf("an endpoint that is not there: %v", err)
	}
	m, err := s.Map(t.Context(), "other", value(t, "a.example"), reply)
	if err != nil || m.Next != "https://api.example/2" || m.Rows != 1 {
		t.Errorf("%+v, %v", m, err)
	}
	if m, err = s.Map(t.Context(), "other", observable.Value{}, reply); err != nil || m.Rows != 1 {
		t.Errorf("without a value: %+v, %v", m, err)
	}
}

// TestProgramsAreStopped gives programs that never end, or grow without end.
func TestProgramsAreStopped(t *testing.T) {
	for name, program := range map[string]string{
		"calls_itself":     "def f: 1 + f; f",
		"outputs_for_ever": "repeat({})",
		"deep_enough":      "reduce range(200000) as $i (null; [.]) | tojson | error",
	} {
		t.Run(name, func(t *testing.T) {
			got := mapped(t, "    map: '"+program+"'\n", "a.example", "[1]")
			if !strings.HasPrefix(got, "part all: failed") {
				t.Errorf("%s gives\n%.300s", program, got)
			}
			if len(got) > 100_000 {
				t.Errorf("%d bytes of notes", len(got))
			}
		})
	}
}

func TestProgramsEndWithTheQuestion(t *testing.T) {
	s := read(t, strings.Replace(plain, `{subject: .name, relation: "resolves-to", object: .ip}`, "last(range(infinite))", 1))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	m, err := s.Map(ctx, "", value(t, "a.example"), source.Reply{Body: []byte("[1]")})
	if err != nil || len(m.Answer.Parts) != 1 || m.Answer.Parts[0].State != source.NotAsked {
		t.Errorf("%+v, %v", m, err)
	}
}

func FuzzMap(f *testing.F) {
	for _, body := range []string{
		`[{"subject":"a.example","relation":"resolves-to","object":"192.0.2.1","first":1e400,"last":"2026","count":-1}]`,
		`[{"certificate":{"der":"MIIB","names":[[]],"serial":1.5}}]`, `[{"registration":{"domain":"a.example","created":9e15}}]`,
		`[{"dns":{"name":"a.example","type":"SOA","data":". ."}}]`, `[{"relation":"resolves-to","object":"192.0.2.1","holders":1e18},{"held":-1},{"missing":"x"}]`,
		"{\"a\":1}\n[]\n", "a,b\n\xff\n", `[[[[]]]]`, `{"rows":[null,1,"x",{}]}`,
	} {
		f.Add(200, body)
	}
	var sources []*custom.Source
	for _, members := range []string{
		"    map: .\n", "    reply: ndjson\n    map: .\n", "    reply: lines\n    map: 'split(\",\") | {subject: .[0], relation: \"resolves-to\", object: .[1], at: .[2]}'\n",
		"    rows: .rows\n    map: '., (.. | {subject: tostring, relation: \"resolves-to\", object: $value})'\n    whole: '{held: .n}, {missing: .m}'\n    next: {by: link, from: '.next | tostring'}\n",
	} {
		sources = append(sources, read(f, head+"  - name: all\n    url: https://api.example/{value}\n"+members))
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		for _, s := range sources {
			m, err := s.Map(t.Context(), "", observable.Must(observable.IP, "192.0.2.9"), source.Reply{Status: status, Body: []byte(body), At: noon})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range m.Answer.Observations {
				if err := o.Check(); err != nil {
					t.Error(err)
				}
			}
			if len(m.Answer.Parts) != 1 || m.Answer.Missing < source.MissingUnknown {
				t.Errorf("%+v", m)
			}
		}
	})
}
