// Package snort writes rules for Snort 3.
//
// Source: Snort 3 Rule Writing Guide. Its names for buffers are sticky
// (http_header), options within a content follow a comma, and it has no buffer
// for DNS names, so names are looked for as the wire has them.
package snort

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"clew/internal/export"
	"clew/internal/observable"
)

// Format is the rule file.
func Format() export.Format {
	return export.Format{
		Name: "snort", Title: "Snort 3 rules", Use: export.Watch, File: "clew-snort.rules",
		Kinds: []observable.Kind{observable.Domain, observable.IP, observable.Prefix, observable.URL}, Fits: fits,
		Doc:   "alerts on names in DNS and HTTP, on addresses and http URLs",
		Proof: "no Snort in Debian 12: checked against its documented grammar by the tests",
		Write: write,
	}
}

func fits(e export.Entry) string {
	if e.Value.Kind() == observable.URL {
		if u, err := url.Parse(e.Value.Text()); err != nil || u.Scheme != "http" || strings.Contains(u.Host, "[") {
			return "a sensor sees the path of http URLs only"
		}
	}
	return ""
}

func write(w io.Writer, s export.Set) error {
	l := export.NewLines(w, "#", "snort", s)
	numbers := export.Numbers{}
	for _, e := range s.Entries {
		for _, r := range rulesOf(e.Value) {
			tests := r.tests
			if tests != "" {
				tests += " "
			}
			l.Line(fmt.Sprintf(`alert %s $HOME_NET any -> %s (msg:"clew %s"; %smetadata:%s; sid:%d; rev:1;)`,
				r.protocol, r.target, e.Value.Kind(), tests, e.Metadata(), numbers.Of("snort "+r.protocol+" "+e.Value.String())))
		}
	}
	return l.Close()
}

// rule is what a value is looked for by.
type rule struct{ protocol, target, tests string }

func rulesOf(v observable.Value) []rule {
	text := v.Text()
	switch v.Kind() {
	case observable.Domain:
		return []rule{
			{"udp", "any 53", `content:"` + labels(text) + `",nocase;`},
			{"http", "any any", `http_header:field host; content:"` + hexed(text) + `",nocase;`},
		}
	case observable.IP, observable.Prefix:
		return []rule{{"ip", text + " any", ""}}
	case observable.URL:
		u, err := url.Parse(text)
		if err != nil {
			return nil
		}
		path, _, _ := strings.Cut(text[strings.Index(text, "://")+3:], "#")
		path = path[strings.IndexByte(path, '/'):]
		return []rule{{"http", "any any", `http_header:field host; content:"` + hexed(u.Hostname()) + `",nocase; http_raw_uri; content:"` + hexed(path) + `";`}}
	}
	return nil
}

// labels writes a name as DNS messages hold it: each label behind its length,
// the root at the end. What is below the name matches too.
func labels(name string) string {
	var b strings.Builder
	for label := range strings.SplitSeq(name, ".") {
		fmt.Fprintf(&b, "|%02X|%s", len(label), hexed(label))
	}
	return b.String() + "|00|"
}

// hexed writes what is not a plain character between bars as hexadecimal.
func hexed(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._-/=?&+@", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "|%02X|", c)
		}
	}
	return b.String()
}
