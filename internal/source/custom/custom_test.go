package custom_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/source/custom"
	"clew/internal/source/sourcetest"
)

// head begins a file; endpoints follow.
const head = `name: test
accepts: [domain, ip, url, filename]
answers: [resolves-to, names, issued-by, serial, registrar, created, resource, announced-by]
pap: amber
pace: 1s
endpoints:
`

// plain is a whole file with one endpoint.
const plain = head + `  - name: all
    url: https://api.example/v1/{value}
    map: '{subject: .name, relation: "resolves-to", object: .ip}'
`

func value(t testing.TB, text string) observable.Value {
	t.Helper()
	v, err := observable.Parse(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func read(t testing.TB, text string) *custom.Source {
	t.Helper()
	s, err := custom.Read(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return s
}

// parrot answers every request the same.
type parrot struct{ reply source.Reply }

// Ask implements [source.Asker].
func (p parrot) Ask(context.Context, source.Request) (source.Reply, error) { return p.reply, nil }

// script answers each request with the next body, and keeps what it was asked.
type script struct {
	bodies []string
	asked  []source.Request
}

// Ask implements [source.Asker].
func (s *script) Ask(_ context.Context, r source.Request) (source.Reply, error) {
	s.asked = append(s.asked, r)
	if len(s.bodies) == 0 {
		return source.Reply{}, source.ErrNotRecorded
	}
	body := s.bodies[0]
	s.bodies = s.bodies[1:]
	return source.Reply{Status: 200, Body: []byte(body)}, nil
}

func TestReadSaysWhatIsWrongAndWhere(t *testing.T) {
	tests := map[string]struct{ old, new, want string }{
		"no_yaml":                   {"name: test", "name: [", "line "},
		"unknown_member":            {"pace: 1s", "pase: 1s", `line 5: unknown field "pase"`},
		"alias":                     {"name: test", "name: &a test", "line 1: anchors"},
		"deep":                      {"name: test", "name: " + strings.Repeat("[", 100_000), "line 1: more than 50 lists"},
		"deep_without_brackets":     {"name: test", strings.Repeat("- ", 100_000), "line 1: more than 50 lists"},
		"too_large":                 {"name: test", "name: test #" + strings.Repeat("x", 256<<10), "larger than 262144 bytes"},
		"name":                      {"name: test", "name: My Source", "line 1: name"},
		"kind":                      {"[domain, ip,", "[host, ip,", `line 2: accepts: "host"`},
		"kind_twice":                {"[domain, ip,", "[ip, ip,", `line 2: accepts: "ip" stands there twice`},
		"relation":                  {"[resolves-to,", "[resolves,", `line 3: answers: "resolves"`},
		"pap":                       {"pap: amber", "pap: pink", "line 4: pap"},
		"no_pap":                    {"pap: amber\n", "", "pap: "},
		"no_pace":                   {"pace: 1s\n", "", "pace: missing"},
		"pace":                      {"pace: 1s", "pace: 1 second", "line 5: pace"},
		"quota":                     {"pace: 1s", "pace: 1s\nquotas: [{requests: 5, per: fortnight}]", "line 6: quota 1: per"},
		"no_endpoints":              {plain[len(head):], "", "0 endpoints"},
		"no_map":                    {`map: '{subject: .name, relation: "resolves-to", object: .ip}'`, "pages: 1", "without map or whole"},
		"plain_http":                {"https://", "http://", "line 8: endpoint all: url:"},
		"host_by_value":             {"api.example/v1/{value}", "{value}.example/", "host is written out"},
		"port_by_value":             {"api.example/v1/{value}", "api.example:{offset}/{value}", "url"},
		"user_in_address":           {"api.example", "me:secret@api.example", "neither user nor fragment"},
		"unknown_placeholder":       {"{value}", "{vaule}", "placeholders are {value}"},
		"nothing_of_the_value":      {"{value}", "all", "put {value}"},
		"folder_above":              {"v1/{value}", "../{value}", "out of its own folder"},
		"page_without_paging":       {"{value}", "{value}?p={page}", "next does not go by it"},
		"paging_without_page":       {"    map:", "    next: {by: page}\n    map:", "{page} is not in the request"},
		"paging_unknown":            {"    map:", "    next: {by: scroll}\n    map:", "none of link, cursor"},
		"cursor_without_program":    {"    map:", "    next: {by: cursor}\n    map:", "needs from"},
		"authorization":             {"    map:", "    header: {authorization: Bearer x}\n    map:", "not set here"},
		"line_feed_in_header":       {"    map:", "    header: {X-A: \"a\\r\\nB: c\"}\n    map:", "printable text"},
		"body_of_get":               {"    map:", "    method: GET\n    form: {q: \"{value}\"}\n    map:", "GET has no body"},
		"jq_syntax":                 {"object: .ip}'", "object: .ip'", "line 9: endpoint all: map: jq: unexpected"},
		"jq_in_a_block":             {"map: '{subject: .name, relation: \"resolves-to\", object: .ip}'", "map: |\n      # facts\n      {subject: .name,,}", "line 11: endpoint all: map: jq: line 2"},
		"jq_unknown_function":       {"{subject: .name,", "{subject: (.name | lower),", "function not defined: lower/0"},
		"jq_environment":            {"{subject: .name,", "{subject: $ENV.HOME,", "$ENV is not offered"},
		"jq_clock":                  {"{subject: .name,", "{subject: (.name | if true then [now] else . end),", "now is not offered"},
		"jq_other_inputs":           {"{subject: .name,", "{subject: input,", "input is not offered"},
		"jq_import":                 {"'{subject: .name,", "'import \"x\" as x; {subject: .name,", "not offered"},
		"jq_define":                 {"pace: 1s", "pace: 1s\ndefine: .a", "functions are defined here"},
		"jq_define_and_more":        {"pace: 1s", "pace: 1s\ndefine: 'def a: 1; a |'", "line 6: define: jq: nothing but functions"},
		"state_for_everything":      {"pace: 1s", "pace: 1s\nstates: [{is: empty}]", "line 6: state 1"},
		"state_unknown":             {"pace: 1s", "pace: 1s\nstates: [{status: [404], is: fine}]", "line 6: state 1: is"},
		"kind_without_endpoint":     {"    map:", "    accepts: [ip]\n    map:", "line 2: accepts: no endpoint takes a domain"},
		"kind_not_of_the_source":    {"    map:", "    accepts: [domain, ip, url, filename, file]\n    map:", "does not accept a file"},
		"two_endpoints_of_one_name": {plain[len(head):], plain[len(head):] + plain[len(head):], "line 10: a second endpoint named all"},
		"key_in_the_file":           {"pace: 1s", "pace: 1s\nkey: {env: sk-12345, header: X-Key}", "line 6: key: env"},
		"key_without_place":         {"pace: 1s", "pace: 1s\nkey: {env: A_KEY}", "header or parameter"},
		"key_for_another_host":      {"pace: 1s", "pace: 1s\nkey: {env: A_KEY, header: X-Key, host: evil.example}", "no request goes to"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(plain, test.old, test.new, 1)
			if text == plain {
				t.Fatalf("%q is not in the file", test.old)
			}
			_, err := custom.Read(strings.NewReader(text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant …%s…\nin\n%s", err, test.want, text)
			}
		})
	}
}

func TestInfo(t *testing.T) {
	s := read(t, `name: test
title: A test
accepts: [ip]
answers: [ptr]
pap: green
pace: 250ms
at-once: 2
credits: 5
fresh: 24h
quotas: [{requests: 5, per: day, key: true}, {requests: 9, per: 10m}]
key: {env: A_KEY, parameter: apikey, optional: true}
endpoints:
  - {name: a, url: "https://api.example/{value}", map: .}
  - {name: b, url: "https://api.example/b/{value}", map: .}
`)
	want := source.Info{
		Name: "test", Title: "A test", Accepts: []observable.Kind{observable.IP}, Answers: s.Info().Answers, PAP: s.Info().PAP,
		Every: 250 * time.Millisecond, AtOnce: 2, Credits: 5, TTL: 24 * time.Hour, Cost: 2,
		Quotas: []source.Quota{{Requests: 5, Per: source.Day, Access: source.WithKey}, {Requests: 9, Per: "10m"}},
		KeyEnv: "A_KEY", KeyParameter: "apikey", KeyHost: "api.example", Keyless: true,
	}
	if diff := cmp.Diff(want, s.Info()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRequestsEscapeWhatIsAsked(t *testing.T) {
	endpoint := func(members string) string { return head + "  - name: all\n    map: .\n" + members }
	tests := map[string]struct{ file, ask, want string }{
		"path":                  {endpoint(`    url: https://api.example/v1/{value}`), "url:http://a.example/x?y=1#z", "GET https://api.example/v1/http:%2F%2Fa.example%2Fx%3Fy=1%23z "},
		"path_upwards":          {endpoint(`    url: https://api.example/v1/{value}/x`), "filename:..", "skipped"},
		"part_of_a_segment":     {endpoint(`    url: https://api.example/v1/_{value}/x`), "filename:..", "GET https://api.example/v1/_../x "},
		"query":                 {endpoint(`    url: https://api.example/v1?q={value}&n=1`), "url:http://a.example/?b=1&n=2", "GET https://api.example/v1?q=http%3A%2F%2Fa.example%2F%3Fb%3D1%26n%3D2&n=1 "},
		"query_in_a_phrase":     {endpoint(`    url: https://api.example/v1?q=ip:%22{value}%22`), "192.0.2.1", "GET https://api.example/v1?q=ip:%22192.0.2.1%22 "},
		"json":                  {endpoint("    url: https://api.example/v1\n    json: {a: {b: [\"x {value}\"]}, n: 5, t: true}"), `filename:a"},"x":{"\y`, `POST https://api.example/v1 {"a":{"b":["x a\"},\"x\":{\"\\y"]},"n":5,"t":true}`},
		"json_keeps_its_braces": {endpoint("    url: https://api.example/v1\n    json: {query: \"{ host(name: $n) {ip} }\", n: \"{value}\"}"), "a.example", `POST https://api.example/v1 {"n":"a.example","query":"{ host(name: $n) {ip} }"}`},
		"form":                  {endpoint("    url: https://api.example/v1\n    form: {q: \"{value}\", \"a b\": c&d}"), "filename:x&y=z", `POST https://api.example/v1 a+b=c%26d&q=x%26y%3Dz`},
		"value_by_program":      {endpoint("    url: https://api.example/v1/{value}\n    value: '@base64 + \".\" + $kind'"), "a.example", "GET https://api.example/v1/YS5leGFtcGxl.domain "},
		"registrable":           {endpoint("    url: https://api.example/v1/{value}\n    value: registrable"), "www.shop.example", "GET https://api.example/v1/shop.example "},
		"not_taken":             {endpoint("    url: https://api.example/v1/{value}\n    value: select(startswith(\"b\"))"), "a.example", "skipped"},
		"value_never_ends":      {endpoint("    url: https://api.example/v1/{value}\n    value: last(repeat(1))"), "a.example", "skipped"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			asker := &script{}
			out := source.NewRunner(source.RunnerOptions{Asker: asker, Replay: true}).
				Ask(t.Context(), read(t, test.file), source.Question{Value: value(t, test.ask)})
			got := string(out.State)
			if len(asker.asked) > 0 {
				r := asker.asked[0]
				got = r.Method + " " + r.URL + " " + string(r.Body)
			}
			if got != test.want {
				t.Errorf("\ngot  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestPages(t *testing.T) {
	rows := func(members string) string {
		return head + "  - name: all\n    pages: 3\n    rows: .rows\n    map: '{subject: ., relation: \"resolves-to\", object: \"192.0.2.1\"}'\n" + members
	}
	tests := map[string]struct {
		file   string
		bodies []string
		asked  []string
		want   source.State
	}{
		"cursor": {
			rows("    url: https://api.example/{value}?after={cursor}&n=2\n    next: {by: cursor, from: .next}"),
			[]string{`{"rows":["a.example"],"next":"x&y"}`, `{"rows":["b.example"],"next":7}`, `{"rows":["c.example"],"next":null}`},
			[]string{"https://api.example/a.example?n=2", "https://api.example/a.example?after=x%26y&n=2", "https://api.example/a.example?after=7&n=2"},
			source.Answered,
		},
		"cursor_in_json": {
			rows("    url: https://api.example/\n    json: {q: \"{value}\", after: \"{cursor}\"}\n    next: {by: cursor, from: .next}"),
			[]string{`{"rows":["a.example"],"next":"\"x"}`, `{"rows":["b.example"]}`},
			[]string{`https://api.example/{"q":"a.example"}`, `https://api.example/{"after":"\"x","q":"a.example"}`},
			source.Answered,
		},
		"page_until_one_is_short": {
			rows("    url: https://api.example/{value}?page={page}\n    next: {by: page, first: 0, size: 2}"),
			[]string{`{"rows":["a.example","b.example"]}`, `{"rows":["c.example"]}`},
			[]string{"https://api.example/a.example?page=0", "https://api.example/a.example?page=1"},
			source.Answered,
		},
		"page_until_one_is_empty": {
			rows("    url: https://api.example/{value}?page={page}\n    next: {by: page}"),
			[]string{`{"rows":["a.example","b.example"]}`, `{"rows":[]}`},
			[]string{"https://api.example/a.example?page=1", "https://api.example/a.example?page=2"},
			source.Answered,
		},
		"offset_while_there_is_more": {
			rows("    url: https://api.example/\n    json: {q: \"{value}\", offset: \"{offset}\"}\n    next: {by: offset, more: .total > $before + $rows}"),
			[]string{`{"rows":["a.example","b.example"],"total":3}`, `{"rows":["c.example"],"total":3}`},
			[]string{`https://api.example/{"offset":0,"q":"a.example"}`, `https://api.example/{"offset":2,"q":"a.example"}`},
			source.Answered,
		},
		"link": {
			rows("    url: https://api.example/v1/{value}\n    next: {by: link, from: .links.next}"),
			[]string{`{"rows":["a.example"],"links":{"next":"?p=2"}}`, `{"rows":["b.example"]}`},
			[]string{"https://api.example/v1/a.example", "https://api.example/v1/a.example?p=2"},
			source.Answered,
		},
		"link_elsewhere_is_not_followed": {
			rows("    url: https://api.example/v1/{value}\n    next: {by: link, from: .next}"),
			[]string{`{"rows":["a.example"],"next":"https://10.0.0.1/"}`},
			[]string{"https://api.example/v1/a.example"},
			source.Truncated,
		},
		"link_that_is_none": {
			rows("    url: https://api.example/v1/{value}\n    next: {by: link, from: .next}"),
			[]string{`{"rows":["a.example"],"next":{"a":1}}`},
			[]string{"https://api.example/v1/a.example"},
			source.Truncated,
		},
		"no_more_pages_than_wanted": {
			rows("    url: https://api.example/{value}?page={page}\n    next: {by: page}"),
			[]string{`{"rows":["a.example"]}`, `{"rows":["b.example"]}`, `{"rows":["c.example"]}`, `{"rows":["d.example"]}`},
			[]string{"https://api.example/a.example?page=1", "https://api.example/a.example?page=2", "https://api.example/a.example?page=3"},
			source.Truncated,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			asker := &script{bodies: test.bodies}
			out := source.NewRunner(source.RunnerOptions{Asker: asker, Replay: true}).
				Ask(t.Context(), read(t, test.file), source.Question{Value: value(t, "a.example")})
			var asked []string
			for _, r := range asker.asked {
				asked = append(asked, r.URL+string(r.Body))
			}
			if diff := cmp.Diff(test.asked, asked); diff != "" || out.State != test.want {
				t.Errorf("%s (%s), want %s; (-want +got):\n%s", out.State, out.Reason, test.want, diff)
			}
		})
	}
}

func TestKeyRepeatedInALinkIsTakenOut(t *testing.T) {
	s := read(t, strings.Replace(head, "endpoints:", "key: {env: A_KEY, parameter: apikey}\nendpoints:", 1)+`  - name: all
    url: https://api.example/{value}
    next: {by: link, from: .next}
    rows: .rows
    map: empty
`)
	asker := &script{bodies: []string{`{"rows":[],"next":"/a?page=2&apikey=SECRET"}`}}
	source.NewRunner(source.RunnerOptions{Asker: asker, Replay: true}).
		Ask(t.Context(), s, source.Question{Value: value(t, "a.example"), Limit: 5})
	if n := len(asker.asked); n != 2 || asker.asked[1].URL != "https://api.example/a?page=2" {
		t.Errorf("%d requests: %+v", n, asker.asked)
	}
}

func TestStates(t *testing.T) {
	s := read(t, strings.Replace(plain, "endpoints:", `states:
  - {status: [400], matches: unknown, is: empty}
  - {status: [418], is: answered}
  - {when: .error == "quota", is: refused, reason: quota used up}
  - {when: .error == "key", is: no-access}
  - {when: .error == "plan", is: not-offered, reason: not in this plan}
  - {when: .error, is: failed, reason: it says so}
  - {when: .rows == null, is: empty}
endpoints:`, 1)+"    rows: .rows\n")
	tests := map[string]struct {
		status int
		body   string
		want   source.State
	}{
		"answer":                              {200, `{"rows":[{"name":"a.example","ip":"192.0.2.1"}]}`, source.Answered},
		"answer_with_an_odd_status":           {418, `{"rows":[{"name":"a.example","ip":"192.0.2.1"}]}`, source.Answered},
		"nothing_known_with_an_odd_status":    {400, `unknown domain`, source.Empty},
		"status_alone_is_not_enough":          {400, `bad request`, source.Failed},
		"nothing_known_in_so_many_words":      {200, `{"rows":null}`, source.Empty},
		"a_refusal_is_not_taken_for_empty":    {500, `{"rows":null}`, source.Failed},
		"a_web_page_is_not_taken_for_empty":   {200, `<html></html>`, source.Failed},
		"half_a_document_is_no_empty_one":     {200, `{"rows":null`, source.Failed},
		"quota":                               {200, `{"error":"quota"}`, source.Refused},
		"key":                                 {200, `{"error":"key"}`, source.Refused},
		"plan":                                {200, `{"error":"plan"}`, source.Skipped},
		"failure":                             {200, `{"error":"other"}`, source.Failed},
		"without_a_rule_as_everywhere":        {429, `{}`, source.Refused},
		"without_a_rule_not_found_is_nothing": {404, `{}`, source.Empty},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			out := source.NewRunner(source.RunnerOptions{Asker: parrot{source.Reply{Status: test.status, Body: []byte(test.body)}}, Replay: true}).
				Ask(t.Context(), s, source.Question{Value: value(t, "a.example")})
			if out.State != test.want {
				t.Errorf("%s (%s), want %s", out.State, out.Reason, test.want)
			}
		})
	}
}

func TestLoadDir(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.yaml": plain, "b.yml": strings.Replace(plain, "test", "other", 1), "c.yaml": plain, "d.yaml": "name: [", "e.txt": "x", ".f.yaml": "x",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sources, err := custom.LoadDir(dir)
	var names []string
	for _, s := range sources {
		names = append(names, s.Info().Name)
	}
	if diff := cmp.Diff([]string{"test", "other"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text := errors.Join(err).Error(); !strings.Contains(text, "c.yaml: ") || !strings.Contains(text, "a.yaml has that name") || !strings.Contains(text, "d.yaml: line 1") {
		t.Errorf("errors: %v", err)
	}
	if none, err := custom.LoadDir(filepath.Join(dir, "missing")); none != nil || err != nil {
		t.Errorf("a folder that is not there: %v, %v", none, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(plain)
	paths, err := filepath.Glob(filepath.Join(examples, "*.yaml"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no examples: %v", err)
	}
	for _, path := range paths {
		f.Add(string(readFile(f, path)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := custom.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		info := s.Info()
		if info.Name == "" || len(info.Accepts) == 0 || len(info.Answers) == 0 || info.PAP == 0 || info.Every <= 0 || info.Cost <= 0 {
			t.Errorf("incomplete: %+v", info)
		}
		for _, kind := range info.Accepts {
			for _, sent := range sourcetest.Requests(t, s, kind) {
				if _, address, _ := strings.Cut(sent, " "); !strings.HasPrefix(address, "https://") {
					t.Errorf("sends %q", sent)
				}
			}
		}
	})
}
