// Package suricata writes rules for Suricata 6 and later, and the same as
// datasets, which stay fast with many thousand values.
//
// Source: Suricata User Guide, "Rules": rule format, meta keywords, DNS, HTTP,
// TLS and file keywords, transformations (dotprefix), datasets.
package suricata

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"clew/internal/export"
	"clew/internal/observable"
	"clew/internal/observation"
)

var kinds = []observable.Kind{observable.Domain, observable.IP, observable.Prefix, observable.URL, observable.Cert, observable.JA3, observable.JA3S}

const proof = "no Suricata in Debian 12: checked against its documented grammar by the tests"

// Format is the rule file.
func Format() export.Format {
	return export.Format{
		Name: "suricata", Title: "Suricata rules", Use: export.Watch, File: "clew.rules", Kinds: kinds, Fits: fits, Patterns: true,
		Doc: "alerts on names in DNS, TLS and HTTP, addresses, http URLs, certificates; and on shared certificate subjects, issuers, serials, JA3, user agents " +
			"and the learned naming pattern, with the false-match estimate",
		Proof: proof,
		Write: func(w io.Writer, s export.Set) error {
			l := export.NewLines(w, "#", "suricata", s)
			numbers := export.Numbers{}
			for _, e := range s.Entries {
				for _, r := range rulesOf(e.Value) {
					r.write(l, numbers, e.Value.String(), "clew "+e.Value.Kind().String(), e.Metadata())
				}
			}
			patterns(l, numbers, s)
			return l.Close()
		},
	}
}

// fits leaves out what no sensor sees.
func fits(e export.Entry) string {
	switch e.Value.Kind() {
	case observable.URL:
		if u, err := url.Parse(e.Value.Text()); err != nil || u.Scheme != "http" || strings.Contains(u.Host, "[") {
			return "a sensor sees the path of http URLs only"
		}
	case observable.Cert:
		if len(e.Value.Text()) != export.SHA1 {
			return "Suricata knows certificates by SHA-1 only"
		}
	}
	return ""
}

// rule is what a value is looked for by: protocol, target, and the tests.
type rule struct {
	protocol, target, tests, where string
}

func rulesOf(v observable.Value) []rule {
	text := v.Text()
	switch v.Kind() {
	case observable.Domain:
		// dotprefix puts a dot before the name, so that the name and what is below
		// it match, and a name that only ends alike does not.
		name := ` dotprefix; ` + content("."+text) + ` `
		return []rule{
			{"dns", "any", "dns.query;" + name + "nocase; endswith;", "dns"},
			{"tls", "any", "tls.sni;" + name + "nocase; endswith;", "tls"},
			{"http", "any", "http.host;" + name + "endswith;", "http"}, // lower case already
		}
	case observable.IP, observable.Prefix:
		return []rule{{"ip", text, "", "ip"}}
	case observable.URL:
		u, err := url.Parse(text)
		if err != nil {
			return nil
		}
		path, _, _ := strings.Cut(text[strings.Index(text, "://")+3:], "#")
		path = path[strings.IndexByte(path, '/'):]
		return []rule{{"http", "any", "http.host; " + content(strings.ToLower(u.Hostname())) + " startswith; endswith; http.uri.raw; " +
			content(path) + " startswith; endswith;", "url"}}
	case observable.Cert:
		return []rule{{"tls", "any", "tls.cert_fingerprint; " + content(pairs(text)), "certificate"}}
	case observable.JA3, observable.JA3S:
		return []rule{{"tls", "any", v.Kind().String() + ".hash; " + content(text), "handshake"}}
	}
	return nil
}

// pairs writes a digest as Suricata does: d8:f3:….
func pairs(digest string) string {
	var b strings.Builder
	for i := 0; i+1 < len(digest); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(digest[i : i+2])
	}
	return b.String()
}

// content writes a content match. What is not a plain character goes between
// bars as hexadecimal, so that nothing ends the match, the option or the rule.
func content(text string) string {
	var b strings.Builder
	b.WriteString(`content:"`)
	within := false
	for i := range len(text) {
		c := text[i]
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(" ._-/=,?&+@", c) >= 0
		if plain == within { // a run of hexadecimal begins or ends
			b.WriteByte('|')
			within = !within
		} else if within {
			b.WriteByte(' ')
		}
		if plain {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%02X", c)
		}
	}
	if within {
		b.WriteByte('|')
	}
	b.WriteString(`"`)
	return b.String() + ";"
}

func (r rule) write(l *export.Lines, numbers export.Numbers, name, message, metadata string) {
	tests := r.tests
	if tests != "" {
		tests += " "
	}
	l.Line(fmt.Sprintf(`alert %s $HOME_NET any -> %s any (msg:"%s in %s"; %smetadata:%s; sid:%d; rev:1;)`,
		r.protocol, r.target, message, r.where, tests, metadata, numbers.Of(r.where+" "+name)))
}

// shared says where a sensor sees a shared attribute. JARM is the answer to
// probes that only a scanner sends, so no sensor sees it in traffic. JA4 has a
// file of its own, see [JA4].
var shared = map[observation.Relation]struct{ protocol, buffer, where string }{
	observation.SubjectDN: {"tls", "tls.cert_subject", "certificate subject"},
	observation.IssuedBy:  {"tls", "tls.cert_issuer", "certificate issuer"},
	observation.Serial:    {"tls", "tls.cert_serial", "certificate serial"},
	observation.UserAgent: {"http", "http.user_agent", "user agent"},
	observation.JA3:       {"tls", "ja3.hash", "JA3 of the client"},
	observation.JA3S:      {"tls", "ja3s.hash", "JA3S of the server"},
}

// patterns writes rules on what the entries share, each behind its estimate.
func patterns(l *export.Lines, numbers export.Numbers, s export.Set) {
	for _, p := range s.Patterns {
		at, ok := shared[p.Relation]
		if !ok || len(p.Value.Text()) > maxContent {
			continue
		}
		sharedRule(l, numbers, p, rule{at.protocol, "any", at.buffer + "; " + tests(p), at.where})
	}
	for _, n := range s.Names {
		l.Comment(fmt.Sprintf("naming pattern learned from %s. %s", export.Plural(n.Learned, "name", "names"), n.Estimate()))
		rule{"dns", "any", `dns.query; pcre:"/` + n.Below() + `/i";`, "dns"}.
			write(l, numbers, n.Regexp, "clew naming pattern", "case "+strings.Join(n.Cases, ", case "))
	}
}

func sharedRule(l *export.Lines, numbers export.Numbers, p export.Pattern, r rule) {
	l.Comment(fmt.Sprintf("%s of %s. %s", p.Relation, export.Plural(len(p.Members), "entry", "entries"), p.Estimate()))
	r.write(l, numbers, p.Value.String(), "clew shared attribute", "case "+strings.Join(p.Cases, ", case "))
}

// tests compare a buffer with a shared value. A sensor writes the attributes of a
// distinguished name in the order of the certificate, we in one of our own, so
// each is looked for by itself, in any case: EMAILADDRESS is emailAddress there.
func tests(p export.Pattern) string {
	text := p.Value.Text()
	switch p.Relation {
	case observation.Serial:
		if len(text)%2 == 1 {
			text = "0" + text
		}
		return content(strings.ToUpper(pairs(text)))
	case observation.SubjectDN, observation.IssuedBy:
		attributes := strings.Split(text, ", ")
		if len(attributes) == 1 {
			return content(text) + " nocase; startswith; endswith;"
		}
		all := make([]string, 0, len(attributes))
		for _, a := range attributes {
			if a != "" {
				all = append(all, content(a)+" nocase;")
			}
		}
		return strings.Join(all, " ")
	}
	return content(text)
}

// maxContent is the longest content match that Suricata takes, in bytes.
const maxContent = 255
