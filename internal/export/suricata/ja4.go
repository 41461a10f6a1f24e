package suricata

import (
	"io"

	"clew/internal/export"
	"clew/internal/observable"
	"clew/internal/observation"
)

// JA4 is a rule file by itself: an older Suricata does not know ja4.hash, and one
// rule that it does not know may end its load. Source: Suricata User Guide 8,
// "JA3/JA4 Keywords"; requires lets one that was built without JA4 skip the rules.
func JA4() export.Format {
	return export.Format{
		Name: "suricata-ja4", Title: "Suricata rules on JA4", Use: export.Watch, File: "clew-ja4.rules", Kinds: []observable.Kind{observable.JA4}, Patterns: true,
		Doc:   "for Suricata 8 and later, beside the format suricata: JA4 of TLS and QUIC clients, given and shared, with the false-match estimate",
		Proof: proof,
		Write: func(w io.Writer, s export.Set) error {
			l := export.NewLines(w, "#", "suricata-ja4", s)
			numbers := export.Numbers{}
			for _, e := range s.Entries {
				ja4Rule(e.Value).write(l, numbers, e.Value.String(), "clew ja4", e.Metadata())
			}
			for _, p := range s.PatternsOf(observation.JA4) {
				sharedRule(l, numbers, p, ja4Rule(p.Value))
			}
			return l.Close()
		},
	}
}

// ja4Rule looks for a fingerprint, whose first letter says how the client came.
func ja4Rule(v observable.Value) rule {
	protocol := "tls"
	if v.Text()[0] == 'q' {
		protocol = "quic"
	}
	return rule{protocol, "any", "requires:feature ja4; ja4.hash; " + content(v.Text()), "JA4 of the client"}
}
