// Package unbound writes local zones for Unbound (unbound.conf(5), local-zone).
package unbound

import (
	"io"

	"clew/internal/export"
	"clew/internal/observable"
)

// Format is a file to include in Unbound's configuration.
func Format() export.Format {
	return export.Format{
		Name: "unbound", Title: "Unbound local zones", Use: export.Block, File: "clew-unbound.conf", Kinds: []observable.Kind{observable.Domain},
		Doc:   "to include in unbound.conf: NXDOMAIN for a name and what is below it",
		Proof: "checked by unbound-checkconf, loaded and asked: Unbound 1.17",
		Write: func(w io.Writer, s export.Set) error {
			l := export.NewLines(w, "#", "unbound", s)
			l.Line("server:")
			for _, e := range s.Entries {
				l.Trace(e)
				l.Line(`    local-zone: "`, e.Value.Text(), `." always_nxdomain`)
			}
			return l.Close()
		},
	}
}
