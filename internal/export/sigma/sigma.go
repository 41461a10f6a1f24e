// Package sigma writes Sigma rules, which translate into the query languages of
// most log stores. Source: Sigma rules specification 2.0.
package sigma

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"clew/internal/export"
	"clew/internal/observable"
	"clew/internal/observation"
)

// Format is a file of several rules, separated as YAML documents.
func Format() export.Format {
	return export.Format{
		Name: "sigma", Title: "Sigma rules", Use: export.Watch, File: "clew-sigma.yml", Patterns: true,
		Kinds: []observable.Kind{observable.Domain, observable.IP, observable.Prefix, observable.URL, observable.File},
		Fits:  fits,
		Doc: "rules for DNS, proxy, firewall, Sysmon: names, addresses, URLs, digests; and for shared imphash, user agent, file name, pipe, registry key, " +
			"signer, JA3, JA3S and JA4 (Zeek's ssl.log with the packages that add them) and the learned naming pattern, with the false-match estimate",
		Proof: "parsed and evaluated over log samples by github.com/bradleyjkemp/sigma-go 0.6.6",
		Write: write,
	}
}

func fits(e export.Entry) string {
	if e.Value.Kind() == observable.File && digests[len(e.Value.Text())] == "" {
		return "Sysmon logs no such digest"
	}
	return ""
}

// digests are the names of digests in Sysmon's field Hashes.
var digests = map[int]string{export.MD5: "MD5", export.SHA1: "SHA1", export.SHA256: "SHA256"}

func write(w io.Writer, s export.Set) error {
	l := export.NewLines(w, "#", "sigma", s)
	for _, r := range append(valueRules(s), patternRules(s)...) {
		if len(r.tests) > 0 {
			r.write(l, s)
		}
	}
	return l.Close()
}

// rule is one Sigma rule: any of its tests.
type rule struct {
	title, category, product string
	service                  string
	level                    string
	about                    []string // description, in words of ours
	tags                     []string
	falsePositives           string
	tests                    []test
}

// test is a field with its modifier and the values that satisfy it.
type test struct {
	field  string
	values []value
}

// value is a value with the comment that says where it comes from.
type value struct{ text, trace string }

func (r rule) write(l *export.Lines, s export.Set) {
	l.Line("---")
	l.Line("title: ", scalar("clew: "+r.title))
	l.Line("id: ", export.UUID("sigma", s.CaseIDs(), r.title, r.category))
	l.Line("status: experimental")
	l.Line("description: ", scalar(strings.Join(append(r.about, "Cases "+s.CaseIDs()+", TLP:"+string(s.TLP)), ". ")))
	l.Line("author: ", scalar(s.Producer))
	l.Line("date: ", export.Day(s.Version))
	if len(r.tags) > 0 {
		l.Line("tags:")
		for _, t := range r.tags {
			l.Line("  - ", t)
		}
	}
	l.Line("logsource:")
	for _, part := range []struct{ name, value string }{{"category", r.category}, {"product", r.product}, {"service", r.service}} {
		if part.value != "" {
			l.Line("  ", part.name, ": ", part.value)
		}
	}
	l.Line("detection:")
	for i, t := range r.tests {
		l.Line(fmt.Sprintf("  selection_%d:", i))
		l.Line("    ", t.field, ":")
		for _, v := range t.values {
			l.Line("      - ", scalar(v.text), " # ", export.Comment(v.trace))
		}
	}
	l.Line("  condition: 1 of selection_*")
	l.Line("falsepositives:")
	l.Line("  - ", scalar(r.falsePositives))
	l.Line("level: ", r.level)
}

// valueRules look for the entries themselves.
func valueRules(s export.Set) []rule {
	names, below := names(s)
	addresses, ranges := addresses(s)
	urls, hosts := urls(s)
	const unlikely = "values of the case that expired or changed hands since"
	host := func(field string) []test { return some(test{field, names}, test{field + "|endswith", below}) }
	rules := []rule{
		{title: "name in DNS", category: "dns", tests: host("query")},
		{title: "name asked by a process", category: "dns_query", product: "windows", tests: host("QueryName")},
		{title: "name or URL in proxy", category: "proxy", tests: append(host("cs-host"), some(test{"c-uri", urls}, test{"cs-uri", hosts})...)},
		{title: "address in firewall", category: "firewall", tests: some(test{"dst_ip", addresses}, test{"dst_ip|cidr", ranges})},
		{
			title: "connection of a process", category: "network_connection", product: "windows",
			tests: append(some(test{"DestinationIp", addresses}, test{"DestinationIp|cidr", ranges}), host("DestinationHostname")...),
		},
		{title: "file run", category: "process_creation", product: "windows", tests: some(test{"Hashes|contains", files(s)}), tags: techniques(s)},
		{title: "file loaded", category: "image_load", product: "windows", tests: some(test{"Hashes|contains", files(s)}), tags: techniques(s)},
	}
	for i := range rules {
		rules[i].level, rules[i].falsePositives = "high", unlikely
		rules[i].about = []string{"Indicators of a case that clew investigated"}
	}
	return rules
}

// some writes the values of tests as Sigma compares them, and drops tests
// without values, which would be no YAML list. A value with a wildcard in it is
// compared by a regular expression: evaluators do not agree on how a wildcard
// is escaped.
func some(tests ...test) []test {
	var kept []test
	for _, t := range tests {
		plain, wild := test{field: t.field}, test{field: t.field}
		field, modifier, _ := strings.Cut(t.field, "|")
		for _, v := range t.values {
			switch {
			case modifier == "cidr" || modifier == "re":
				plain.values = append(plain.values, v)
			case strings.ContainsAny(v.text, "*?"):
				wild.field = field + "|re"
				wild.values = append(wild.values, value{expression(v.text, modifier), v.trace})
			default:
				plain.values = append(plain.values, value{literal(v.text), v.trace})
			}
		}
		for _, one := range []test{plain, wild} {
			if len(one.values) > 0 {
				kept = append(kept, one)
			}
		}
	}
	return kept
}

// expression matches text as the modifier would.
func expression(text, modifier string) string {
	text = regexp.QuoteMeta(text)
	switch modifier {
	case "contains":
		return text
	case "endswith":
		return text + "$"
	}
	return "^" + text + "$"
}

func names(s export.Set) (exact, below []value) {
	for _, e := range s.Of(observable.Domain) {
		exact = append(exact, value{e.Value.Text(), e.Trace()})
		below = append(below, value{"." + e.Value.Text(), e.Trace()})
	}
	return exact, below
}

func addresses(s export.Set) (single, ranges []value) {
	for _, e := range s.Of(observable.IP) {
		single = append(single, value{e.Value.Text(), e.Trace()})
	}
	for _, e := range s.Of(observable.Prefix) {
		ranges = append(ranges, value{e.Value.Text(), e.Trace()})
	}
	return single, ranges
}

// urls returns URLs whole, as proxies that see them log them, and without their
// scheme, as others do. A fragment is never sent.
func urls(s export.Set) (whole, bare []value) {
	for _, e := range s.Of(observable.URL) {
		text, _, _ := strings.Cut(e.Value.Text(), "#")
		_, rest, _ := strings.Cut(text, "://")
		whole = append(whole, value{text, e.Trace()})
		bare = append(bare, value{rest, e.Trace()})
	}
	return whole, bare
}

func files(s export.Set) []value {
	var all []value
	for _, e := range s.Of(observable.File) {
		all = append(all, value{digests[len(e.Value.Text())] + "=" + strings.ToUpper(e.Value.Text()), e.Trace()})
	}
	return all
}

// techniques are the ATT&CK techniques of the files, as tags.
func techniques(s export.Set) []string {
	var tags []string
	for _, p := range s.PatternsOf(observation.Technique) {
		tags = append(tags, "attack."+strings.ToLower(p.Value.Text()))
	}
	return tags
}
