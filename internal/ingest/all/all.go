// Package all names the formats that clew import reads.
package all

import (
	"fmt"
	"slices"
	"strings"

	"clew/internal/ingest"
	"clew/internal/ingest/asn"
	"clew/internal/ingest/certs"
	"clew/internal/ingest/cof"
	"clew/internal/ingest/dnsdb"
	"clew/internal/ingest/export"
	"clew/internal/ingest/mapped"
	"clew/internal/ingest/misp"
	"clew/internal/ingest/sandbox"
	"clew/internal/ingest/stix"
	"clew/internal/ingest/suricata"
	"clew/internal/ingest/sysmon"
	"clew/internal/ingest/whois"
	"clew/internal/ingest/zeek"
	"clew/internal/ingest/zone"
	"clew/internal/source/censys"
	"clew/internal/source/certspotter"
	"clew/internal/source/crtsh"
	"clew/internal/source/ctlog"
	"clew/internal/source/shodan"
	"clew/internal/source/urlscan"
	"clew/internal/source/virustotal"
	whoissource "clew/internal/source/whois"
)

// Mapped is the name under which a mapping is chosen with --mapping.
const Mapped = "mapped"

// tables are other names for Mapped: the mapping says which of them a file is.
var tables = []string{"csv", "tsv", "jsonl"}

// A Choice is one line of clew import's help.
type Choice struct{ Name, Title string }

// Choices lists the formats: those with code of their own, "mapped", and the
// mappings that ship with clew, which are formats too.
func Choices() ([]Choice, error) {
	var choices []Choice
	for _, c := range coded() {
		choices = append(choices, Choice{c.Name(), c.title})
	}
	choices = append(choices,
		Choice{Mapped, "any CSV, TSV or JSON Lines file, with --mapping NAME or FILE; csv, tsv and jsonl mean the same"})
	for _, name := range mapped.Names() {
		m, err := mapped.Named(name)
		if err != nil {
			return nil, fmt.Errorf("mapping %s: %w", name, err)
		}
		choices = append(choices, Choice{name, m.Title()})
	}
	return choices, nil
}

// Named returns the format of that name. mapping is the name or file of a
// mapping for "mapped", and must be empty otherwise.
func Named(name, mapping string) (ingest.Format, error) {
	if slices.Contains(tables, name) {
		name = Mapped
	}
	if mapping != "" && name == "whois" { // a table of WHOIS data
		name = Mapped
	}
	if mapping != "" && name != Mapped {
		return nil, fmt.Errorf("format %q takes no mapping: use the format %q", name, Mapped)
	}
	switch {
	case name == Mapped && mapping == "":
		return nil, fmt.Errorf("format %q needs a mapping: --mapping FILE, or one of %s", Mapped, strings.Join(mapped.Names(), ", "))
	case name == Mapped:
		return mapped.Named(mapping)
	case slices.Contains(mapped.Names(), name):
		return mapped.Named(name)
	}
	for _, f := range coded() {
		if f.Name() == name {
			return f.Format, nil
		}
	}
	return nil, fmt.Errorf("unknown format %q: use one of %s", name, strings.Join(names(), ", "))
}

// Guess returns the format of a file by its first bytes, unpacked: 64 KiB are
// plenty. ok is false when none, or more than one, claims it.
func Guess(head []byte) (format ingest.Format, ok bool) {
	claims := 0
	for _, f := range coded() {
		if f.Likely(head) {
			format, claims = f.Format, claims+1
		}
	}
	for _, name := range mapped.Names() {
		m, err := mapped.Named(name)
		if err == nil && m.Likely(head) {
			format, claims = m, claims+1
		}
	}
	return format, claims == 1
}

// titled is a format with code of its own and a line about it.
type titled struct {
	ingest.Format
	title string
}

// coded returns those formats, each for one import.
func coded() []titled {
	return []titled{
		{cof.Format{}, "passive DNS in the Common Output Format (JSON Lines)"},
		{dnsdb.Format{}, "saved answers of DNSDB, version 1 and 2 (JSON Lines)"},
		{zeek.New(), "Zeek's dns, ssl, x509, files and http logs, tab-separated or JSON"},
		{suricata.Format{}, "dns, tls and fileinfo events of Suricata's EVE JSON"},
		{whois.Format{Decode: whoissource.ReadReply}, "raw WHOIS replies, one a file, in a folder or an archive; tables with --mapping"},
		{certs.Format{Entry: ctlog.ReadEntry, CrtSh: crtsh.ReadRow, Issuance: certspotter.ReadIssuance}, "certificates: PEM, DER, certstream, crt.sh, Cert Spotter, RFC 6962 entries"},
		{zone.Format{}, "zone files, RFC 1035; name their date with --as-of"},
		{asn.Format{}, "tables of prefixes or ranges and autonomous systems, MaxMind databases"},
		{sandbox.Format{}, "reports of sandboxes: VirusTotal behaviours, Hybrid Analysis, ANY.RUN, CAPE, Cuckoo (JSON)"},
		{sysmon.Format{}, "Sysmon traces (JSON Lines or XML): what each program started did"},
		{misp.Format{}, "MISP events and feeds (JSON)"},
		{stix.Format{}, "STIX 2.0 and 2.1 bundles and TAXII answers (JSON)"},
		{export.Format{
			Label: "urlscan", Lists: []string{"results"}, Decode: urlscan.ReadExport,
			Marks: [][]string{{"task", "page", "_id"}, {"task", "page", "requests"}},
		}, "saved searches and results of urlscan (JSON)"},
		{export.Format{
			Label: "virustotal", Lists: []string{"data"}, Decode: virustotal.ReadExport,
			Marks: [][]string{{"attributes", "type", "id", "links"}, {"attributes", "last_analysis_stats"}},
		}, "saved objects and lists of VirusTotal, version 3 (JSON)"},
		{export.Format{
			Label: "shodan", Lists: []string{"matches", "data"}, Decode: shodan.ReadExport,
			Marks: [][]string{{"ip_str", "_shodan"}, {"ip_str", "transport"}},
		}, "banners of Shodan: downloads, searches, hosts (JSON)"},
		{export.Format{
			Label: "censys", Lists: []string{"result.hits", "results", "hits"}, Decode: censys.ReadExport,
			Marks: [][]string{{"result", "services"}, {"ip", "services", "autonomous_system"}, {"parsed.fingerprint_sha256"}, {"fingerprint_sha256", "parsed"}, {"host_v1"}},
		}, "hosts and certificates of Censys, version 1 to 3 (JSON)"},
	}
}

func names() []string {
	all := []string{Mapped}
	for _, f := range coded() {
		all = append(all, f.Name())
	}
	all = append(all, mapped.Names()...)
	slices.Sort(all)
	return all
}
