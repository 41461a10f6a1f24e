// Package all names the formats that clew import reads.
package all

import (
	"fmt"
	"slices"
	"strings"

	"clew/internal/ingest"
	"clew/internal/ingest/cof"
	"clew/internal/ingest/dnsdb"
	"clew/internal/ingest/mapped"
	"clew/internal/ingest/sandbox"
	"clew/internal/ingest/sysmon"
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
	choices := []Choice{
		{cof.Format{}.Name(), "passive DNS in the Common Output Format (JSON Lines)"},
		{dnsdb.Format{}.Name(), "saved answers of DNSDB, version 1 and 2 (JSON Lines)"},
		{sandbox.Format{}.Name(), "reports of sandboxes: VirusTotal behaviours, Hybrid Analysis, ANY.RUN, CAPE, Cuckoo (JSON)"},
		{sysmon.Format{}.Name(), "Sysmon traces (JSON Lines or XML): what each program started did"},
		{Mapped, "any CSV, TSV or JSON Lines file, with --mapping NAME or FILE; csv, tsv and jsonl mean the same"},
	}
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
			return f, nil
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
			format, claims = f, claims+1
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

func coded() []ingest.Format {
	return []ingest.Format{cof.Format{}, dnsdb.Format{}, sandbox.Format{}, sysmon.Format{}}
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
