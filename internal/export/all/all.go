// Package all is the table of formats: the only place that names every exporter.
package all

import (
	"slices"
	"strings"

	"clew/internal/export"
	"clew/internal/export/csv"
	"clew/internal/export/dnsmasq"
	"clew/internal/export/graph"
	"clew/internal/export/hosts"
	"clew/internal/export/hunt"
	"clew/internal/export/ipset"
	"clew/internal/export/misp"
	"clew/internal/export/navigator"
	"clew/internal/export/nftables"
	"clew/internal/export/openioc"
	"clew/internal/export/plain"
	"clew/internal/export/rpz"
	"clew/internal/export/sigma"
	"clew/internal/export/snort"
	"clew/internal/export/squid"
	"clew/internal/export/stix"
	"clew/internal/export/suricata"
	"clew/internal/export/unbound"
	"clew/internal/export/yara"
	"clew/internal/export/zeek"
)

// Formats returns every format, by name.
func Formats() []export.Format {
	formats := []export.Format{
		plain.List(), csv.Format(), rpz.Format(), hosts.Format(), dnsmasq.Format(), unbound.Format(), nftables.Format(),
		ipset.Sets(), ipset.Rules(), ipset.IP6Rules(), squid.Format(), stix.Format(), misp.Format(), misp.Feed(),
		suricata.Format(), suricata.JA4(), suricata.Dataset(), snort.Format(), zeek.Intel(), zeek.Script(), sigma.Format(), yara.Format(), openioc.Format(), navigator.Format(),
	}
	formats = slices.Concat(formats, plain.EDLs(), hunt.Formats(), graph.Formats())
	slices.SortFunc(formats, func(a, b export.Format) int { return strings.Compare(a.Name, b.Name) })
	return formats
}

// Named returns the format of that name.
func Named(name string) (export.Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return export.Format{}, false
}
