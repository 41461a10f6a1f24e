package mapped_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clew/internal/ingest"
	"clew/internal/ingest/mapped"
	"clew/internal/observation"
)

// run imports text by a mapping and returns what it states, one line a fact:
// subject relation object first last count.
func run(t testing.TB, mapping, text string) ([]string, ingest.Summary, error) {
	t.Helper()
	m, err := mapped.Read(strings.NewReader(mapping))
	if err != nil {
		t.Fatal(err)
	}
	var facts []string
	s, err := ingest.Import{Format: m, Source: "test"}.Run(context.Background(), strings.NewReader(text), func(o observation.Observation) error {
		if err := o.Check(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
		line := o.Subject.String() + " " + o.Relation.String() + " " + o.Object.String()
		for _, at := range []string{stamp(o.First.IsZero(), o.First.Format("2006-01-02T15:04:05")), stamp(o.Last.IsZero(), o.Last.Format("2006-01-02T15:04:05"))} {
			line += " " + at
		}
		facts = append(facts, fmt.Sprintf("%s ×%d", line, o.Count))
		return nil
	})
	return facts, s, err
}

func stamp(unknown bool, text string) string {
	if unknown {
		return "?"
	}
	return text
}

func TestMappings(t *testing.T) {
	tests := map[string]struct {
		mapping, text string
		want          []string
	}{
		"registrations_with_a_list_in_a_cell": {
			`
name: whois
layout: csv
empty: ["-", REDACTED]
window: {first: first_seen, last: last_seen}
facts:
  - {relation: registrar, subject: domain, object: registrar}
  - relation: created
    subject: domain
    object: {concat: [{column: registrar, kind: registrar}, {column: created, apply: minute}], with: "|"}
  - {relation: registrant-email, subject: domain, object: {column: email, apply: email}}
  - {relation: nameserver, subject: domain, object: {column: ns, split: " "}}
  - {relation: ns-set, subject: domain, object: {column: ns, split: " ", kind: domain, join: "|", least: 2}}
`,
			"domain,created,registrar,email,ns,first_seen,last_seen\n" +
				"EVIL.example,2026-01-02T03:04:05Z,\"Names, Inc.\",Ivan <ivan@mail.example>,ns2.x.example ns1.x.example,2026-01-02,2026-02-03T00:00:00Z\n" +
				"other.example,2026-01-02,R,-,ns1.x.example,,\n",
			[]string{
				"evil.example registrar registrar:Names, Inc. 2026-01-02T00:00:00 2026-02-03T00:00:00 ×1",
				"evil.example created text:Names, Inc.|2026-01-02T03:04Z 2026-01-02T00:00:00 2026-02-03T00:00:00 ×1",
				"evil.example registrant-email ivan@mail.example 2026-01-02T00:00:00 2026-02-03T00:00:00 ×1",
				"evil.example nameserver ns2.x.example 2026-01-02T00:00:00 2026-02-03T00:00:00 ×1",
				"evil.example nameserver ns1.x.example 2026-01-02T00:00:00 2026-02-03T00:00:00 ×1",
				"evil.example ns-set text:ns1.x.example|ns2.x.example 2026-01-02T00:00:00 2026-02-03T00:00:00 ×1",
				"other.example registrar registrar:R ? ? ×1",
				"other.example nameserver ns1.x.example ? ? ×1",
			},
		},
		"certificates_with_lists_on_both_sides": {
			`
name: certificates
layout: jsonl
facts:
  - {relation: names, subject: {column: sha256, kind: cert}, object: {column: names, apply: wildcard}, window: {first: not_before, last: not_after}}
  - {relation: serves, subject: hosts, object: sha256, window: {at: seen}}
  - {relation: issued-by, subject: sha256, object: {column: issuer.dn, apply: dn}}
`,
			`{"sha256":"` + strings.Repeat("ab", 32) + `","names":["*.evil.example","192.0.2.7"],"hosts":["192.0.2.8","evil.example"],"issuer":{"dn":"CN=Own CA,O=Own,C=US"},"not_before":"2026-01-02T00:00:00Z","not_after":"2026-04-02","seen":1767398400}` + "\n",
			[]string{
				"cert:" + strings.Repeat("ab", 32) + " names evil.example 2026-01-02T00:00:00 2026-04-02T23:59:59 ×1",
				"cert:" + strings.Repeat("ab", 32) + " names 192.0.2.7 2026-01-02T00:00:00 2026-04-02T23:59:59 ×1",
				"192.0.2.8 serves cert:" + strings.Repeat("ab", 32) + " 2026-01-03T00:00:00 2026-01-03T00:00:00 ×1",
				"evil.example serves cert:" + strings.Repeat("ab", 32) + " 2026-01-03T00:00:00 2026-01-03T00:00:00 ×1",
				"cert:" + strings.Repeat("ab", 32) + " issued-by dn:C=US, O=Own, CN=Own CA ? ? ×1",
			},
		},
		"relation_by_column_and_no_header": {
			`
name: feed
layout: csv
delimiter: ";"
columns: [name, type, value, hits]
comment: "#"
count: hits
facts:
  - relation: {column: type, is: {ip: resolves-to, mail: mx}}
    subject: name
    object: value
`,
			"# a comment\nevil.example;ip;192.0.2.7;41\nevil.example;mail;mx.x.example;\nevil.example;other;thing;1\n",
			[]string{"evil.example resolves-to 192.0.2.7 ? ? ×41", "evil.example mx mx.x.example ? ? ×1"},
		},
		"records_by_type": {
			`
name: records
layout: tsv
window: {first: f, last: l}
facts:
  - dns: {name: n, type: t, data: d}
`,
			"n\tt\td\tf\tl\nevil.example\tmx\t10 mx.x.example.\t2026-01-02\t2026-01-02\nevil.example\tCAA\tx\t2026-01-02\t2026-01-02\n",
			[]string{"evil.example mx mx.x.example 2026-01-02T00:00:00 2026-01-02T23:59:59 ×1"},
		},
		"cells_with_quotes_and_line_feeds": {
			`
name: titles
layout: csv
facts:
  - {relation: title, subject: {column: d, kind: domain}, object: title}
`,
			"d,title\r\nevil.example,\"Say \"\"hello\"\",\nworld\"\r\nother.example,5\" disks\r\n",
			[]string{`evil.example title title:Say "hello", world ? ? ×1`, `other.example title title:5" disks ? ? ×1`},
		},
		"conditions_and_constants": {
			`
name: pages
layout: jsonl
skip: [{column: kind, is: [test, ""]}]
facts:
  - {relation: campaign-key, subject: {column: host, apply: host, kind: [ip, domain]}, object: {text: "batch 7"}, when: [{column: kind, is: kit}, {column: note, not: [no]}]}
`,
			`{"host":"192.0.2.7:443","kind":"kit"}` + "\n" + `{"host":"https://evil.example/x","kind":"kit","note":"yes"}` + "\n" +
				`{"host":"a.example","kind":"kit","note":"no"}` + "\n" + `{"host":"b.example","kind":"test"}` + "\n" + `{"host":"c.example"}` + "\n",
			[]string{"192.0.2.7 campaign-key text:batch 7 ? ? ×1", "evil.example campaign-key text:batch 7 ? ? ×1"},
		},
		"times_of_its_own_spelling_and_zone": {
			`
name: times
layout: csv
time: ["02.01.2006 15:04", unix-ms, "02.01.2006"]
zone: "+02:00"
window: {first: a, last: b}
facts:
  - {relation: resolves-to, subject: d, object: ip}
`,
			"d,ip,a,b\nevil.example,192.0.2.7,02.01.2026 03:04,1767398400000\nevil.example,192.0.2.8,02.01.2026,02.01.2026\n",
			[]string{
				"evil.example resolves-to 192.0.2.7 2026-01-02T01:04:00 2026-01-03T00:00:00 ×1",
				"evil.example resolves-to 192.0.2.8 2026-01-01T22:00:00 2026-01-02T21:59:59 ×1",
			},
		},
		"item_of_a_list_and_defanged_values": {
			`
name: items
layout: jsonl
facts:
  - {relation: announced-by, subject: {column: ips, item: 1, apply: refang}, object: asn}
  - {relation: subdomain-of, subject: name, object: {column: name, apply: registrable}}
`,
			`{"ips":["192.0.2[.]7","192.0.2.8"],"asn":"AS64500","name":"a.b.evil.example"}` + "\n" + `{"ips":[],"asn":64501}` + "\n",
			[]string{"192.0.2.7 announced-by AS64500 ? ? ×1", "a.b.evil.example subdomain-of evil.example ? ? ×1"},
		},
		"sets_from_a_history": {
			`
name: history
layout: csv
window: {first: f, last: l}
sets:
  - {relation: ns-set, subject: n, member: {column: d, kind: domain}, when: [{column: t, is: NS}]}
`,
			"n,t,d,f,l\n" +
				"a.example,NS,ns1.x.example,2026-01-01,2026-06-01\n" +
				"a.example,NS,ns2.x.example,2026-02-01,2026-06-01\n" +
				"a.example,NS,old.x.example,2025-01-01,2026-03-01\n" +
				"a.example,A,192.0.2.7,2025-01-01,2027-01-01\n" +
				"b.example,NS,ns1.x.example,2026-01-01,2026-06-01\n",
			[]string{"a.example ns-set text:ns1.x.example|ns2.x.example 2026-03-01T23:59:59 2026-06-01T23:59:59 ×1"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, s, err := run(t, tt.mapping, tt.text)
			if err != nil || s.Rejected > 0 {
				t.Fatalf("%v, %+v", err, s)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRowsRefused(t *testing.T) {
	const addresses = `
name: x
layout: csv
window: {at: t}
count: n
facts:
  - {relation: resolves-to, subject: d, object: {column: ip, split: " "}}
`
	head, good := "d,ip,t,n\n", "good.example,192.0.2.7,2026-01-02,1\n"
	for claim, row := range map[string]struct {
		text   string
		kept   uint64
		reason string
	}{
		"cell missing":              {"evil.example,192.0.2.7,2026-01-02\n", 2, "row of 3 cells"},
		"cell too many":             {"evil.example,192.0.2.7,2026-01-02,1,x\n", 2, "row of 5 cells"},
		"no address":                {"evil.example,192.0.2.700,2026-01-02,1\n", 2, "resolves-to"},
		"one of two is no address":  {"evil.example,192.0.2.8 x,2026-01-02,1\n", 3, "resolves-to"},
		"no domain":                 {"192.0.2.9,192.0.2.7,2026-01-02,1\n", 2, "subject"},
		"no time":                   {"evil.example,192.0.2.7,soon,1\n", 2, `t: "soon" is no time`},
		"no count":                  {"evil.example,192.0.2.7,2026-01-02,many\n", 2, "count is no number"},
		"text after a quote":        {"\"evil.example\"x,192.0.2.7,2026-01-02,1\n", 2, "after a closing quote"},
		"control characters inside": {"evil\x00.example,192.0.2.7,2026-01-02,1\n", 2, "subject"},
	} {
		_, s, err := run(t, addresses, head+good+row.text+good)
		if err != nil || s.Kept != row.kept || s.Rejected != 1 || !strings.Contains(s.FirstRejected[0].Reason, row.reason) || s.FirstRejected[0].Line != 3 {
			t.Errorf("%s: %+v, %v", claim, s, err)
		}
	}
	const objects = `
name: x
layout: jsonl
facts:
  - {relation: resolves-to, subject: d, object: a.ip}
`
	fine := `{"d":"good.example","a":{"ip":"192.0.2.7"}}` + "\n"
	for claim, line := range map[string]string{
		"no object":       "[1]",
		"null":            "null",
		"member is none":  `{"d":"evil.example","a":7}`,
		"object as value": `{"d":{"x":1},"a":{"ip":"192.0.2.7"}}`,
		"list of lists":   `{"d":"evil.example","a":{"ip":[["192.0.2.7"]]}}`,
	} {
		_, s, err := run(t, objects, fine+line+"\n"+fine)
		if err != nil || s.Kept != 2 || s.Rejected != 1 {
			t.Errorf("%s: %+v, %v", claim, s, err)
		}
	}
}

func TestTablesThatEndEarly(t *testing.T) {
	const mapping = `
name: x
layout: csv
facts:
  - {relation: resolves-to, subject: d, object: ip}
`
	for claim, text := range map[string]string{
		"in a quoted cell":   "d,ip\nevil.example,192.0.2.7\nother.example,\"192.0\n",
		"in the last row":    "d,ip\nevil.example,192.0.2.7\nother.exa",
		"in a row's address": "d,ip\nevil.example,192.0.2.7\nother.example,192.0.2",
	} {
		_, s, err := run(t, mapping, text)
		if !errors.Is(err, ingest.ErrCut) || s.Kept != 1 {
			t.Errorf("%s: %v, %+v", claim, err, s)
		}
	}
	_, _, err := run(t, mapping, "domain,address\nevil.example,192.0.2.7\n")
	if !errors.Is(err, ingest.ErrNotFormat) || !strings.Contains(err.Error(), `no column "d"`) {
		t.Errorf("file of another kind: %v", err)
	}
	_, s, err := run(t, mapping, "d,ip\n"+strings.Repeat("evil.example,192.0.2.7\n", 3)+"bad.example,\"x\n"+strings.Repeat("evil.example,192.0.2.7\n", 3000))
	if err != nil || s.Rejected != 1 || s.Kept < 2000 {
		t.Errorf("a quote that is never closed must cost a bounded part: %+v, %v", s, err)
	}
}

func TestSetsNeedTheirRowsTogether(t *testing.T) {
	const mapping = `
name: x
layout: csv
window: {first: f, last: l}
facts:
  - {relation: nameserver, subject: n, object: d}
sets:
  - {relation: ns-set, subject: n, member: d}
`
	rows := "n,d,f,l\nb.example,ns1.x.example,2026-01-01,2026-06-01\nb.example,ns2.x.example,2026-01-01,2026-06-01\n" +
		"a.example,ns1.x.example,2026-01-01,2026-06-01\na.example,ns2.x.example,2026-01-01,2026-06-01\n"
	facts, s, err := run(t, mapping, rows)
	if err != nil || s.Rejected != 2 || !strings.Contains(s.FirstRejected[0].Reason, "sort") {
		t.Errorf("%+v, %v", s, err)
	}
	sets := 0
	for _, f := range facts {
		if strings.Contains(f, " ns-set ") {
			sets++
		}
	}
	if sets != 1 || s.Kept != 5 {
		t.Errorf("%d sets in %v", sets, facts)
	}
}

func TestMappingsRefused(t *testing.T) {
	const facts = "facts: [{relation: mx, subject: a, object: b}]\n"
	for claim, tt := range map[string]struct{ text, want string }{
		"no YAML":                         {"name: [", "not understood"},
		"unknown key":                     {"name: x\nlayout: csv\ncolour: red\n" + facts, "colour"},
		"no name":                         {"layout: csv\n" + facts, "no name"},
		"no layout":                       {"name: x\n" + facts, "layout"},
		"no facts":                        {"name: x\nlayout: csv\n", "no facts"},
		"long delimiter":                  {"name: x\nlayout: csv\ndelimiter: '||'\n" + facts, "one character"},
		"header for JSON":                 {"name: x\nlayout: jsonl\nheader: true\n" + facts, "csv and tsv"},
		"no header and no columns":        {"name: x\nlayout: csv\nheader: false\n" + facts, "columns named"},
		"column that is not there":        {"name: x\nlayout: csv\ncolumns: [a]\n" + facts, `column "b"`},
		"unknown relation":                {"name: x\nlayout: csv\nfacts: [{relation: friend, subject: a, object: b}]\n", `unknown relation "friend"`},
		"unknown relation by column":      {"name: x\nlayout: csv\nfacts: [{relation: {column: t, is: {a: friend}}, subject: a, object: b}]\n", `unknown relation "friend"`},
		"relation by column without is":   {"name: x\nlayout: csv\nfacts: [{relation: {column: t}, subject: a, object: b}]\n", `needs "is"`},
		"no object":                       {"name: x\nlayout: csv\nfacts: [{relation: mx, subject: a}]\n", "subject and an object"},
		"two sources":                     {"name: x\nlayout: csv\nfacts: [{relation: mx, subject: {column: a, text: b}, object: b}]\n", "exactly one"},
		"unknown transform":               {"name: x\nlayout: csv\nfacts: [{relation: mx, subject: {column: a, apply: shout}, object: b}]\n", "unknown transform"},
		"unknown kind":                    {"name: x\nlayout: csv\nfacts: [{relation: mx, subject: {column: a, kind: thing}, object: b}]\n", "unknown kind"},
		"kind the relation does not have": {"name: x\nlayout: csv\nfacts: [{relation: mx, subject: a, object: {column: b, kind: ip}}]\n", "cannot lead to a ip"},
		"dns and a subject":               {"name: x\nlayout: csv\nfacts: [{dns: {name: a, type: b, data: c}, subject: a}]\n", "stands alone"},
		"dns without data":                {"name: x\nlayout: csv\nfacts: [{dns: {name: a, type: b}}]\n", "name, type and data"},
		"condition without claim":         {"name: x\nlayout: csv\nskip: [{column: a}]\n" + facts, "condition"},
		"unknown zone":                    {"name: x\nlayout: csv\ntime: [unix]\nzone: Atlantis/Old\n" + facts, "Atlantis"},
		"zone without layout":             {"name: x\nlayout: csv\nzone: '+02:00'\n" + facts, "needs the layout"},
		"set without an end":              {"name: x\nlayout: csv\nsets: [{relation: ns-set, subject: a, member: b}]\n", "last column"},
		"set that is none":                {"name: x\nlayout: csv\nwindow: {last: l}\nsets: [{relation: mx, subject: a, member: b}]\n", "does not lead to a set"},
	} {
		_, err := mapped.Read(strings.NewReader(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error with %q", claim, err, tt.want)
		}
	}
	if _, err := mapped.Named("no-such-mapping"); err == nil || !strings.Contains(err.Error(), "tweetfeed") {
		t.Errorf("unknown name: %v", err)
	}
}

func TestShippedMappings(t *testing.T) {
	for _, name := range mapped.Names() {
		m, err := mapped.Named(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if m.Name() != name || m.Title() == "" {
			t.Errorf("%s calls itself %q, %q", name, m.Name(), m.Title())
		}
	}
}

func FuzzMapping(f *testing.F) {
	for _, name := range []string{"csv", "tsv", "jsonl"} {
		f.Add("name: x\nlayout: "+name+"\nwindow: {first: a, last: b}\ncount: c\nfacts:\n  - {relation: resolves-to, subject: a, object: {column: b, split: json, apply: [host, email]}}\n  - dns: {name: a, type: b, data: c}\nsets:\n  - {relation: ns-set, subject: a, member: b}\n",
			"a,b,c\nevil.example,\"[\"\"192.0.2.7\"\"]\",1\n")
	}
	f.Fuzz(func(t *testing.T, mapping, text string) {
		if _, err := mapped.Read(strings.NewReader(mapping)); err != nil {
			return
		}
		_, _, _ = run(t, mapping, text)
	})
}

func FuzzRows(f *testing.F) {
	f.Add("domain,ns,t\nevil.example,\"ns1.x.example, ns2\",2026-01-02\n", "csv")
	f.Add(`{"domain":"evil.example","ns":["a.b",1,null,true,[2]],"t":1e9}`+"\n", "jsonl")
	f.Fuzz(func(t *testing.T, text, layout string) {
		if layout != "csv" && layout != "tsv" && layout != "jsonl" {
			return
		}
		_, _, _ = run(t, "name: x\nlayout: "+layout+`
window: {at: t}
facts:
  - {relation: nameserver, subject: domain, object: {column: ns, split: ","}}
  - {relation: ns-set, subject: domain, object: {column: ns, split: ",", kind: domain, join: "|"}}
sets:
  - {relation: ns-set, subject: domain, member: ns, window: {last: t}}
`, text)
	})
}

func BenchmarkTable(b *testing.B) {
	m, err := mapped.Named("dotgov-history")
	if err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("rrname\trrtype\trdata\tfirst_seen\tlast_seen\tsnapshots\n")
	for i := range 50_000 {
		fmt.Fprintf(&text, "n%06d.example\tNS\tns1.x.example\t2026-01-01\t2026-06-30\t6\n", i)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, err := (ingest.Import{Format: m}).Run(context.Background(), strings.NewReader(text.String()), func(observation.Observation) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*50_000/b.Elapsed().Seconds(), "lines/s")
}
