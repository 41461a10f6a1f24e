// Package hosts writes a hosts file (hosts(5)) that leads blocked names nowhere.
package hosts

import (
	"io"

	"clew/internal/export"
	"clew/internal/observable"
)

// Format is the file. It cannot say "and everything below", so only the names
// themselves are blocked.
func Format() export.Format {
	return export.Format{
		Name: "hosts", Title: "hosts file", Use: export.Block, File: "hosts", Kinds: []observable.Kind{observable.Domain},
		Doc:   "lines for /etc/hosts, or for a resolver that reads such files; names only, nothing below them",
		Proof: "read and asked: dnsmasq --addn-hosts, getent",
		Write: func(w io.Writer, s export.Set) error {
			l := export.NewLines(w, "#", "hosts", s)
			for _, e := range s.Entries {
				l.Trace(e)
				l.Line("0.0.0.0 ", e.Value.Text())
				l.Line(":: ", e.Value.Text())
			}
			return l.Close()
		},
	}
}
