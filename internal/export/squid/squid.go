// Package squid writes access lists for the Squid proxy (squid.conf, acl).
package squid

import (
	"io"
	"strconv"
	"strings"

	"clew/internal/export"
	"clew/internal/observable"
)

// Format is a file to include in squid.conf before the http_access lines.
func Format() export.Format {
	return export.Format{
		Name: "squid", Title: "Squid", Use: export.Block, File: "clew-squid.conf",
		Kinds: []observable.Kind{observable.Domain, observable.IP, observable.Prefix, observable.URL}, Fits: fits,
		Doc:   "include clew-squid.conf, before other http_access lines: denies names with what is below them, addresses, http URLs",
		Proof: "parsed and asked: Squid 5.7",
		Write: write,
	}
}

// fits leaves out what a proxy does not see: of https it sees the name only.
func fits(e export.Entry) string {
	if e.Value.Kind() == observable.URL && !strings.HasPrefix(e.Value.Text(), "http://") {
		return "a proxy sees the path of http URLs only"
	}
	return ""
}

func write(w io.Writer, s export.Set) error {
	l := export.NewLines(w, "#", "squid", s)
	// Squid refuses a name beside one that covers it.
	// With -n it asks no reverse DNS, which may be the target's own.
	list(l, "clew_names", "dstdomain -n", export.Uncovered(s.Of(observable.Domain)), func(v observable.Value) string { return "." + v.Text() })
	list(l, "clew_addresses", "dst", apart(s), func(v observable.Value) string { return v.Text() })
	list(l, "clew_urls", "url_regex", s.Of(observable.URL), func(v observable.Value) string { return urlPattern(v.Text()) })
	return l.Close()
}

// list writes one acl, an entry a line, and denies it.
func list(l *export.Lines, name, kind string, entries []export.Entry, value func(observable.Value) string) {
	for _, e := range entries {
		l.Trace(e)
		l.Line("acl ", name, " ", kind, " ", value(e.Value))
	}
	if len(entries) > 0 {
		l.Line("http_access deny ", name)
	}
}

func apart(s export.Set) (entries []export.Entry) {
	for _, v6 := range []bool{false, true} {
		for _, r := range s.Ranges(v6) {
			entries = append(entries, r.Entry)
		}
	}
	return entries
}

// urlPattern writes a URL as a POSIX extended regular expression that matches it
// and nothing longer: what else the host serves may be anybody's. A fragment is
// never sent. Squid compares the URL with its percent escapes undone
// (ACLUrlStrategy, rfc1738_unescape); what the configuration's grammar could
// read as its own is then any one character.
func urlPattern(text string) string {
	text, _, _ = strings.Cut(text, "#")
	var b strings.Builder
	b.WriteByte('^')
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' && i+2 < len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil {
				c = byte(n)
				i += 2
			}
		}
		switch {
		case c <= ' ' || c >= 0x7f || strings.IndexByte("#\"'`\\", c) >= 0:
			b.WriteByte('.')
		case strings.IndexByte(`.*+?()|^$[]{}`, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('$')
	return b.String()
}
