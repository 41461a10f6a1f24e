package sigma

import (
	"context"
	"slices"
	"strings"
	"testing"

	sigmago "github.com/bradleyjkemp/sigma-go"
	"github.com/bradleyjkemp/sigma-go/evaluator"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/export/exporttest"
)

func TestGolden(t *testing.T) { exporttest.Golden(t, Format()) }

func TestHostile(t *testing.T) { exporttest.Hold(t, Format(), rulesParse) }

func FuzzFormat(f *testing.F) { exporttest.Fuzz(f, Format(), rulesParse) }

// parsed reads the rules with a parser that is not ours.
func parsed(t testing.TB, content []byte) []sigmago.Rule {
	t.Helper()
	var rules []sigmago.Rule
	for i, document := range strings.Split("\n"+string(content), "\n---\n") {
		if i == 0 {
			continue // the header
		}
		rule, err := sigmago.ParseRule([]byte(document))
		if err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		rules = append(rules, rule)
	}
	return rules
}

// rulesParse finds every value of a rule again as the entry has it, and none else.
func rulesParse(t testing.TB, files map[string][]byte, s export.Set) {
	t.Helper()
	known := map[string]bool{}
	for _, r := range append(valueRules(s), patternRules(s)...) {
		for _, test := range r.tests {
			for _, v := range test.values {
				known[v.text] = true
			}
		}
	}
	for _, rule := range parsed(t, files[Format().File]) {
		if len(rule.AdditionalFields) > 3 { // date, falsepositives, and one to spare
			t.Errorf("fields nobody wrote: %v", rule.AdditionalFields)
		}
		for name, search := range rule.Detection.Searches {
			for _, matcher := range search.EventMatchers {
				for _, field := range matcher {
					for _, v := range field.Values {
						if text, ok := v.(string); !ok || !known[text] {
							t.Errorf("%s %s: %v is no value of the set", name, field.Field, v)
						}
					}
				}
			}
		}
	}
}

// hit reports which rules of a category an event satisfies.
func hit(t *testing.T, rules []sigmago.Rule, category string, event map[string]any) []string {
	t.Helper()
	var titles []string
	for _, rule := range rules {
		if rule.Logsource.Category+rule.Logsource.Service != category {
			continue
		}
		result, err := evaluator.ForRule(rule).Matches(context.Background(), event)
		if err != nil {
			t.Fatalf("%s: %v", rule.Title, err)
		}
		if result.Match {
			titles = append(titles, strings.TrimPrefix(rule.Title, "clew: "))
		}
	}
	return titles
}

func worked(t *testing.T) []sigmago.Rule {
	t.Helper()
	d := exporttest.Worked()
	pipe := casefile.Factor{Relation: "mutex", Kind: "mutex", Value: `\\.\pipe\upd*te`, Bits: 5, Holders: 2, Of: 100, CountOf: "test"}
	registry := casefile.Factor{Relation: "registry", Kind: "text", Value: `HKLM\Software\Update Services\Run?`, Bits: 5, Holders: 2, Of: 100, CountOf: "test"}
	for i := range d.Findings {
		if d.Findings[i].Kind == "file" {
			d.Findings[i].Factors = append(d.Findings[i].Factors, pipe, registry)
		}
	}
	return parsed(t, exporttest.Write(t, Format(), exporttest.Set(t, Format(), exporttest.Rules(), d))[Format().File])
}

func TestRulesHitWhatTheyMust(t *testing.T) {
	rules := worked(t)
	for name, row := range map[string]struct {
		category string
		event    map[string]any
		want     string // beginning of the title; "" for no hit
	}{
		"name":                     {"dns", map[string]any{"query": "cdn-update.example"}, "name in DNS"},
		"below_the_name":           {"dns", map[string]any{"query": "a.CDN-update.example"}, "name in DNS"},
		"only_ends_alike":          {"dns", map[string]any{"query": "9cdn-update.example"}, ""},
		"only_begins_alike":        {"dns", map[string]any{"query": "cdn-update.example.test"}, ""},
		"expired":                  {"dns", map[string]any{"query": "old-find.example"}, ""},
		"by_pattern_alone":         {"dns", map[string]any{"query": "www.bank-secure.example"}, "learned naming pattern"},
		"pattern_not_inside":       {"dns", map[string]any{"query": "bank-secure.example.test"}, ""},
		"process_asks":             {"dns_query", map[string]any{"QueryName": "login-portal.example"}, "name asked"},
		"address":                  {"firewall", map[string]any{"dst_ip": "203.0.113.7"}, "address in firewall"},
		"in_range":                 {"firewall", map[string]any{"dst_ip": "198.51.100.9"}, "address in firewall"},
		"beside_range":             {"firewall", map[string]any{"dst_ip": "198.51.100.16"}, ""},
		"six":                      {"network_connection", map[string]any{"DestinationIp": "2001:db8::bad"}, "connection"},
		"host_of_connection":       {"network_connection", map[string]any{"DestinationHostname": "www.login-portal.example"}, "connection"},
		"question_mark_is_literal": {"proxy", map[string]any{"c-uri": "http://files.example/a/bXphp_x=1&y=%27"}, ""},
		"url":                      {"proxy", map[string]any{"c-uri": "http://files.example/a/b.php?x=1&y=%27"}, "name or URL"},
		"digest":                   {"process_creation", map[string]any{"Hashes": "SHA1=00,MD5=44D88612FEA8A8F36DE82E1278ABB02F,IMPHASH=00"}, "file run"},
		"imphash":                  {"process_creation", map[string]any{"Hashes": "MD5=00,IMPHASH=F34D5F2D4577ED6D9CEEC516C1F5A745"}, "shared imphash"},
		"file_name":                {"process_creation", map[string]any{"Image": `C:\Users\a\invoice_update.exe`}, "shared file name"},
		"other_file_name":          {"process_creation", map[string]any{"Image": `C:\Users\a\my_invoice_update.exe`}, ""},
		"user_agent":               {"proxy", map[string]any{"c-useragent": "Mozilla/4.0 (compatible; Updater 1.0)"}, "shared user agent"},
		"pipe":                     {"pipe_created", map[string]any{"PipeName": `\upd*te`}, "shared pipe"},
		"star_is_literal":          {"pipe_created", map[string]any{"PipeName": `\update`}, ""},
		"registry":                 {"registry_set", map[string]any{"TargetObject": `HKLM\Software\Update Services\Run?\x`}, "shared registry key"},
		"signer":                   {"image_load", map[string]any{"Signature": "Update Services Ltd"}, "shared signer"},
		"ja3":                      {"ssl", map[string]any{"ja3": "e7d705a3286e19ea42f587b344ee6865"}, "shared JA3"},
		"ja4":                      {"ssl", map[string]any{"ja4": "t13d1516h2_8daaf6152771_b186095e22b6"}, "shared JA4"},
		"other_ja4":                {"ssl", map[string]any{"ja4": "t13d1516h2_8daaf6152771_b186095e22b7"}, ""},
		"other_signer":             {"image_load", map[string]any{"Signature": "Update Services"}, ""},
	} {
		got := hit(t, rules, row.category, row.event)
		if row.want == "" && len(got) > 0 || row.want != "" && !slices.ContainsFunc(got, func(title string) bool { return strings.HasPrefix(title, row.want) }) {
			t.Errorf("%s: hit by %v, want %q", name, got, row.want)
		}
	}
}
