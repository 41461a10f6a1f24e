// Package hunt writes queries that search a log store for the values of a set:
// KQL, SPL, ES|QL, Lucene and LogQL.
package hunt

import (
	"fmt"
	"io"
	"strings"

	"clew/internal/export"
	"clew/internal/observable"
)

var kinds = []observable.Kind{observable.Domain, observable.IP, observable.Prefix, observable.URL, observable.File}

const proof = "its grammar is held by the tests; the store itself is not to be had here"

// Formats returns the five query languages.
func Formats() []export.Format {
	return []export.Format{
		{
			Name: "kql", Title: "KQL", Use: export.Watch, File: "clew.kql", Kinds: kinds, Fits: digestKnown, Proof: proof, Write: writeKQL,
			Doc: "Microsoft Defender advanced hunting: device network and file events; each value in a table with its trace",
		},
		{
			Name: "spl", Title: "SPL", Use: export.Watch, File: "clew.spl", Kinds: kinds, Fits: noWildcard, Proof: proof, Write: writeSPL,
			Doc: "Splunk 8.1 or later: fields query, dest_ip, url, file_hash of the Common Information Model",
		},
		{
			Name: "esql", Title: "ES|QL", Use: export.Watch, File: "clew.esql", Kinds: kinds, Fits: digestKnown, Proof: proof, Write: writeESQL,
			Doc: "Elasticsearch 8.14 or later: fields of the Elastic Common Schema",
		},
		{
			Name: "lucene", Title: "Lucene", Use: export.Watch, File: "clew.lucene", Kinds: kinds, Fits: digestKnown, Proof: proof, Write: writeLucene,
			Doc: "one query string for Kibana or OpenSearch, fields of the Elastic Common Schema; it has no comments, so csv says which case a value is from",
		},
		{
			Name: "logql", Title: "LogQL", Use: export.Watch, File: "clew.logql", Kinds: kinds, Fits: noRange, Proof: proof, Write: writeLogQL,
			Doc: "Grafana Loki 2.9 or later: lines that hold a value; put your own stream selector",
		},
	}
}

func digestKnown(e export.Entry) string {
	if e.Value.Kind() == observable.File && hashField[len(e.Value.Text())] == "" {
		return "no field for this digest"
	}
	return ""
}

// noWildcard: SPL cannot escape a star, which would match anything.
func noWildcard(e export.Entry) string {
	if strings.Contains(e.Value.Text(), "*") {
		return "SPL reads its * as a wildcard"
	}
	return digestKnown(e)
}

// noRange: a line filter compares text.
func noRange(e export.Entry) string {
	if e.Value.Kind() == observable.Prefix {
		return "a line filter cannot compare ranges"
	}
	return ""
}

// hashField is the last part of a field's name by the length of a digest.
var hashField = map[int]string{export.MD5: "md5", export.SHA1: "sha1", export.SHA256: "sha256"}

// quoted writes a string constant with backslash escapes, as KQL, SPL, ES|QL
// and LogQL read it.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

func kqlTable(l *export.Lines, name string, entries []export.Entry) {
	l.Line("let ", name, " = datatable(indicator:string, trace:string) [")
	for i, e := range entries {
		comma := ","
		if i == len(entries)-1 {
			comma = ""
		}
		l.Line("  ", quoted(e.Value.Text()), ", ", quoted(e.Trace()), comma)
	}
	l.Line("];")
}

func writeKQL(w io.Writer, s export.Set) error {
	l := export.NewLines(w, "//", "kql", s)
	kqlTable(l, "clew_names", s.Of(observable.Domain))
	kqlTable(l, "clew_addresses", s.Of(observable.IP))
	kqlTable(l, "clew_ranges", s.Of(observable.Prefix))
	kqlTable(l, "clew_urls", s.Of(observable.URL))
	kqlTable(l, "clew_files", s.Of(observable.File))
	// has_any compares whole terms: the name, what is below it, not what only ends alike.
	for _, line := range []string{
		"let clew_name_list = toscalar(clew_names | summarize make_set(indicator));",
		"let clew_range_list = toscalar(clew_ranges | summarize make_set(indicator));",
		"let clew_url_list = toscalar(clew_urls | summarize make_set(indicator));",
		"union isfuzzy=true withsource=clew_table",
		"  (DeviceNetworkEvents | where RemoteUrl has_any (clew_name_list) or RemoteUrl in~ (clew_url_list)",
		"     or RemoteIP in ((clew_addresses | project indicator)) or ipv4_is_in_any_range(RemoteIP, clew_range_list) or ipv6_is_in_any_range(RemoteIP, clew_range_list)),",
		"  (DeviceFileEvents | where SHA256 in~ ((clew_files | project indicator)) or SHA1 in~ ((clew_files | project indicator)) or MD5 in~ ((clew_files | project indicator))),",
		"  (DeviceProcessEvents | where SHA256 in~ ((clew_files | project indicator)) or SHA1 in~ ((clew_files | project indicator)) or MD5 in~ ((clew_files | project indicator)))",
	} {
		l.Line(line)
	}
	return l.Close()
}

// clause is one comparison.
type clause struct{ text, trace string }

// clauses writes the comparisons of every entry, joined by OR, a line each.
func clauses(l *export.Lines, list []clause, comment func(string) string) {
	for i, c := range list {
		or := "  "
		if i > 0 {
			or = "  OR "
		}
		l.Line(or, c.text, " ", comment(c.trace))
	}
}

func writeSPL(w io.Writer, s export.Set) error {
	l := export.NewBare(w)
	comment := func(text string) string { return "```" + export.Comment(text) + "```" }
	var list []clause
	for _, e := range s.Entries {
		text, q := e.Value.Text(), quoted(e.Value.Text())
		switch e.Value.Kind() {
		case observable.Domain:
			q = "query IN (" + q + ", " + quoted("*."+text) + ")"
		case observable.IP, observable.Prefix: // a range in CIDR form is compared as one
			q = "dest_ip=" + q
		case observable.URL:
			q = "url=" + q
		case observable.File:
			q = "file_hash=" + q
		}
		list = append(list, clause{q, e.Trace()})
	}
	if len(list) == 0 {
		list = []clause{{"NOT *", "nothing to search for"}}
	}
	for i, line := range s.Header("spl") {
		if i == 0 {
			l.Line("search index=* (", comment(line))
			continue
		}
		l.Line("  ", comment(line))
	}
	clauses(l, list, comment)
	l.Line(")")
	return l.Close()
}

func writeESQL(w io.Writer, s export.Set) error {
	l := export.NewLines(w, "//", "esql", s)
	var list []clause
	for _, e := range s.Entries {
		text, q := e.Value.Text(), quoted(e.Value.Text())
		switch e.Value.Kind() {
		case observable.Domain:
			q = fmt.Sprintf("dns.question.name == %[1]s OR ENDS_WITH(dns.question.name, %[2]s) OR url.domain == %[1]s OR ENDS_WITH(url.domain, %[2]s)", q, quoted("."+text))
		case observable.IP:
			q = "destination.ip == TO_IP(" + q + ")"
		case observable.Prefix:
			q = "CIDR_MATCH(destination.ip, " + q + ")"
		case observable.URL:
			q = "url.full == " + q
		case observable.File:
			q = "file.hash." + hashField[len(text)] + " == " + q
		}
		list = append(list, clause{q, e.Trace()})
	}
	if len(list) == 0 {
		list = []clause{{"FALSE", "nothing to search for"}}
	}
	l.Line("FROM logs-*")
	l.Line("| WHERE")
	clauses(l, list, func(text string) string { return "// " + export.Comment(text) })
	return l.Close()
}

func writeLucene(w io.Writer, s export.Set) error {
	l := export.NewBare(w)
	var list []string
	for _, e := range s.Entries {
		text, q := e.Value.Text(), quoted(e.Value.Text())
		switch e.Value.Kind() {
		case observable.Domain: // a name has no character that Lucene gives a meaning within a term
			list = append(list, "dns.question.name:"+q, "dns.question.name:*."+text, "url.domain:"+q, "url.domain:*."+text)
		case observable.IP, observable.Prefix: // an ip field compares a range in CIDR form
			list = append(list, "destination.ip:"+q)
		case observable.URL:
			list = append(list, "url.full:"+q)
		case observable.File:
			list = append(list, "file.hash."+hashField[len(text)]+":"+q)
		}
	}
	if len(list) == 0 {
		list = []string{"NOT *"} // nothing to search for
	}
	l.Line(strings.Join(list, " OR "))
	return l.Close()
}

func writeLogQL(w io.Writer, s export.Set) error {
	l := export.NewLines(w, "#", "logql", s)
	l.Line(`{job=~".+"}`)
	if len(s.Entries) == 0 {
		l.Line(`  |= "clew: nothing to search for"`)
	}
	for i, e := range s.Entries {
		or := "  or "
		if i == 0 {
			or = "  |= "
		}
		l.Line(or, quoted(e.Value.Text()), " # ", export.Comment(e.Trace()))
	}
	return l.Close()
}
