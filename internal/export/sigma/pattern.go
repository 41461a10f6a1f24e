package sigma

import (
	"fmt"
	"strings"

	"clew/internal/export"
	"clew/internal/observation"
)

// behaviour says where logs have a shared attribute: the field, and how its
// value is compared.
type behaviour struct {
	title, category, product, service, field string

	value func(string) string // "" means that it cannot be looked for
}

var behaviours = map[observation.Relation]behaviour{
	observation.Imphash:   {"shared imphash", "process_creation", "windows", "", "Hashes|contains", func(s string) string { return "IMPHASH=" + strings.ToUpper(s) }},
	observation.UserAgent: {"shared user agent", "proxy", "", "", "c-useragent", asIs},
	observation.Filename:  {"shared file name", "process_creation", "windows", "", "Image|endswith", fileName},
	observation.Mutex:     {"shared pipe", "pipe_created", "windows", "", "PipeName", pipe},
	observation.Registry:  {"shared registry key", "registry_set", "windows", "", "TargetObject|contains", registryKey},
	observation.SignedBy:  {"shared signer", "image_load", "windows", "", "Signature", signer},
	// Fields that packages add to Zeek's ssl.log: JA3 by salesforce, JA4 by FoxIO.
	observation.JA3:  {"shared JA3", "", "zeek", "ssl", "ja3", asIs},
	observation.JA3S: {"shared JA3S", "", "zeek", "ssl", "ja3s", asIs},
	observation.JA4:  {"shared JA4", "", "zeek", "ssl", "ja4", asIs},
}

func asIs(text string) string { return text }

// patternRules look for what the entries share. Each rule has one value, since
// each has an estimate of its own.
func patternRules(s export.Set) []rule {
	var rules []rule
	for _, p := range s.Patterns {
		b, ok := behaviours[p.Relation]
		if !ok {
			continue
		}
		text := b.value(p.Value.Text())
		if text == "" {
			continue
		}
		trace := fmt.Sprintf("case=%s members=%d", strings.Join(p.Cases, ","), len(p.Members))
		rules = append(rules, rule{
			title: b.title + " " + export.UUID(p.Value.String())[:8], category: b.category, product: b.product, service: b.service, level: "medium",
			about:          []string{"What " + export.Plural(len(p.Members), "indicator", "indicators") + " of a case share"},
			falsePositives: export.Comment(p.Estimate()), tests: some(test{b.field, []value{{text, trace}}}), tags: techniques(s),
		})
	}
	for _, n := range s.Names {
		for _, at := range []behaviour{{category: "dns", field: "query|re"}, {category: "dns_query", product: "windows", field: "QueryName|re"}} {
			rules = append(rules, rule{
				title: "learned naming pattern", category: at.category, product: at.product, level: "medium",
				about:          []string{"Names as the operators of the case make them, learned from " + export.Plural(n.Learned, "name", "names")},
				falsePositives: export.Comment(n.Estimate()), tests: []test{{at.field, []value{{n.Below(), n.Trace()}}}},
			})
		}
	}
	return rules
}

// fileName compares the last part of a path. A name that many programs have
// would be counted as such and is left to its estimate.
func fileName(text string) string {
	name := text[strings.LastIndexAny(text, `\/`)+1:]
	if len(name) < 4 {
		return ""
	}
	return `\` + name
}

// pipe keeps named pipes: Windows logs no mutex. Sysmon writes \name.
func pipe(text string) string {
	for _, prefix := range []string{`\\.\pipe\`, `\pipe\`} {
		if rest, ok := strings.CutPrefix(text, prefix); ok && rest != "" {
			return `\` + rest
		}
	}
	return ""
}

// registryKey drops the hive, which Sysmon abbreviates.
func registryKey(text string) string {
	_, rest, ok := strings.Cut(text, `\`)
	if !ok || len(rest) < 8 {
		return ""
	}
	return `\` + rest
}

// signer is the common name of a certificate; a thumbprint is in no log.
func signer(text string) string {
	if len(text) == export.SHA1 && strings.Trim(text, "0123456789abcdef") == "" {
		return ""
	}
	if _, rest, ok := strings.Cut(text, "CN="); ok {
		text, _, _ = strings.Cut(rest, ", ")
	}
	return text
}
