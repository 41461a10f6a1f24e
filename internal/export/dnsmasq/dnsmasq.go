// Package dnsmasq writes configuration for dnsmasq (dnsmasq(8), --address).
package dnsmasq

import (
	"io"

	"clew/internal/export"
	"clew/internal/observable"
)

// Format is the configuration file.
func Format() export.Format {
	return export.Format{
		Name: "dnsmasq", Title: "dnsmasq", Use: export.Block, File: "clew-dnsmasq.conf", Kinds: []observable.Kind{observable.Domain},
		Doc:   "for conf-dir: NXDOMAIN for a name and what is below it",
		Proof: "loaded and asked: dnsmasq 2.90",
		Write: func(w io.Writer, s export.Set) error {
			l := export.NewLines(w, "#", "dnsmasq", s)
			for _, e := range s.Entries {
				l.Trace(e)
				l.Line("address=/", e.Value.Text(), "/")
			}
			return l.Close()
		},
	}
}
