// Package zeek writes indicators for Zeek's intelligence framework, and a script
// that raises a notice for names of the learned pattern.
//
// Source: Book of Zeek, "Intelligence Framework"; base/frameworks/input for the
// file's form: tab-separated, with #fields.
package zeek

import (
	"fmt"
	"io"
	"strings"

	"clew/internal/export"
	"clew/internal/observable"
)

// Intel is the indicator file.
func Intel() export.Format {
	return export.Format{
		Name: "zeek", Title: "Zeek intel", Use: export.Watch, File: "clew.intel", Kinds: kinds(), Fits: fits,
		Doc:   "for Intel::read_files: addresses, ranges, names, URLs, e-mail addresses, files and certificates by digest, user agents, file names",
		Proof: "no Zeek in Debian 12: read back by the input framework's rules in the tests",
		Write: writeIntel,
	}
}

// types are Zeek's names for kinds (Intel::Type). A certificate is known by SHA-1.
var types = map[observable.Kind]string{
	observable.IP: "ADDR", observable.Prefix: "SUBNET", observable.Domain: "DOMAIN", observable.URL: "URL", observable.Email: "EMAIL",
	observable.File: "FILE_HASH", observable.Cert: "CERT_HASH", observable.UserAgent: "SOFTWARE", observable.Filename: "FILE_NAME",
}

func kinds() []observable.Kind {
	var list []observable.Kind
	for _, k := range observable.Kinds() {
		if types[k] != "" {
			list = append(list, k)
		}
	}
	return list
}

func fits(e export.Entry) string {
	switch k := e.Value.Kind(); {
	case k == observable.Cert && len(e.Value.Text()) != export.SHA1:
		return "Zeek knows certificates by SHA-1 only"
	case k == observable.File && len(e.Value.Text()) == export.SHA512:
		return "Zeek computes no such digest"
	}
	return ""
}

func writeIntel(w io.Writer, s export.Set) error {
	l := export.NewBare(w)
	l.Line("#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\tmeta.do_notice")
	for _, e := range s.Entries {
		l.Line(field(indicator(e.Value)), "\tIntel::", types[e.Value.Kind()], "\tclew:", strings.Join(e.Cases, "+"), "\t", field(e.Trace()), "\t", notice(e))
	}
	return l.Close()
}

// indicator writes a value the way Zeek's logs have it: URLs without scheme.
func indicator(v observable.Value) string {
	if v.Kind() == observable.URL {
		_, rest, _ := strings.Cut(v.Text(), "://")
		rest, _, _ = strings.Cut(rest, "#")
		return rest
	}
	return v.Text()
}

// notice asks for a notice where the band is high: the rest is logged only.
func notice(e export.Entry) string {
	if e.Band == "high" || e.Seed {
		return "T"
	}
	return "F"
}

// field escapes what the input framework gives a meaning: the separator, the
// escape itself, and the mark of an unset field.
func field(text string) string {
	if text == "-" || text == "(empty)" {
		return fmt.Sprintf(`\x%02x`, text[0]) + text[1:]
	}
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f || c == '\\' || i == 0 && c == '#' {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Script is the notice script.
func Script() export.Format {
	return export.Format{
		Name: "zeek-naming", Title: "Zeek naming script", Use: export.Watch, File: "clew-naming.zeek", Kinds: []observable.Kind{observable.Domain}, Patterns: true,
		Doc:   "script that raises Clew::Name_Pattern for DNS queries and TLS names of the learned pattern, with its false-match estimate; empty when none was learned",
		Proof: "no Zeek in Debian 12: the pattern is tried against names in the tests",
		Write: writeScript,
	}
}

const script = `module Clew;

export {
	redef enum Notice::Type += { Name_Pattern };
	## Names as the operators of the case make them.
	const name_pattern = /%s/ &redef;
}

function seen(c: connection, name: string)
	{
	if ( name_pattern in to_lower(name) )
		NOTICE([$note=Name_Pattern, $conn=c, $msg=fmt("%%s follows a naming pattern of %s", name), $sub=name, $identifier=name]);
	}

event dns_request(c: connection, msg: dns_msg, query: string, qtype: count, qclass: count)
	{
	seen(c, query);
	}

event ssl_extension_server_name(c: connection, is_client: bool, names: string_vec)
	{
	for ( i in names )
		seen(c, names[i]);
	}
`

func writeScript(w io.Writer, s export.Set) error {
	l := export.NewLines(w, "#", "zeek-naming", s)
	for _, n := range s.Names {
		l.Comment(fmt.Sprintf("learned from %s. %s", export.Plural(n.Learned, "name", "names"), n.Estimate()))
		l.Line(fmt.Sprintf(script, pattern(n), strings.Join(n.Cases, ", ")))
	}
	return l.Close()
}

// pattern writes the pattern in Zeek's grammar, which is flex's: no
// non-capturing groups, and a slash would end it.
func pattern(n export.NamePattern) string {
	return strings.NewReplacer("(?:", "(", "/", `\/`).Replace(n.Below())
}
