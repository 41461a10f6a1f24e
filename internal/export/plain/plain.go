// Package plain writes lists of one value a line: with comments for people and
// scripts, and bare ones that firewalls fetch (external dynamic lists).
package plain

import (
	"io"
	"strings"

	"clew/internal/export"
	"clew/internal/observable"
)

var blockable = []observable.Kind{observable.Domain, observable.IP, observable.Prefix, observable.URL, observable.Email, observable.File}

// List is the plain list. Values are exact, not defanged: machines read it.
func List() export.Format {
	return export.Format{
		Name: "plain", Title: "plain list", Use: export.Block, File: "clew.txt", Kinds: blockable,
		Doc:   "one value a line, with a # comment that names the case before it",
		Proof: "its grammar is one line a value",
		Write: func(w io.Writer, s export.Set) error {
			l := export.NewLines(w, "#", "plain", s)
			for _, e := range s.Entries {
				l.Trace(e)
				l.Line(e.Value.Text())
			}
			return l.Close()
		},
	}
}

// EDLs are the external dynamic lists, one for each type that a firewall takes.
// They hold no comments, since some firewalls read a comment as an entry: the
// format csv says of each value which case it is from.
//
// Form: PAN-OS Administrator's Guide, "Formatting Guidelines for an External
// Dynamic List": addresses and ranges; names, which do not cover their
// subdomains unless *.name is there too; URLs without scheme. Fortinet's threat
// feeds and others read the same.
func EDLs() []export.Format {
	return []export.Format{
		edl("edl-ip", "addresses and ranges", []observable.Kind{observable.IP, observable.Prefix}, nil, func(s string) []string { return []string{s} }),
		edl("edl-domain", "names, each with a line for what is below it", []observable.Kind{observable.Domain}, nil, func(s string) []string { return []string{s, "*." + s} }),
		edl("edl-url", "URLs without scheme", []observable.Kind{observable.URL}, webOnly, func(s string) []string {
			_, rest, _ := strings.Cut(s, "://")
			rest, _, _ = strings.Cut(rest, "#") // never sent to a server
			return []string{rest}
		}),
	}
}

// webOnly leaves URLs that a web filter sees. A * in one would be a wildcard.
func webOnly(e export.Entry) string {
	text := e.Value.Text()
	switch {
	case !strings.HasPrefix(text, "http://") && !strings.HasPrefix(text, "https://"):
		return "a web filter sees http and https only"
	case strings.ContainsAny(text, "*^"):
		return "its * or ^ would be a wildcard in the list"
	}
	return ""
}

func edl(name, what string, kinds []observable.Kind, fits func(export.Entry) string, lines func(string) []string) export.Format {
	return export.Format{
		Name: name, Title: "external dynamic list", Use: export.Block, File: name + ".txt", Kinds: kinds, Fits: fits,
		Doc:   "fetched by firewalls over HTTP: " + what,
		Proof: "its grammar is one line a value; served with ETag, fetched with curl",
		Write: func(w io.Writer, s export.Set) error {
			seen := map[string]bool{}
			l := export.NewBare(w)
			for _, e := range s.Entries {
				for _, line := range lines(e.Value.Text()) {
					if !seen[line] {
						seen[line] = true
						l.Line(line)
					}
				}
			}
			return l.Close()
		},
	}
}
