// Package naming finds names built alike. It indexes the registered names of a
// corpus in an FST (finite state transducer), searches it by edit distance, by
// the parts of a name and by look-alikes, judges how much a name looks like one
// that people choose, and learns from the names of a family how they are made.
package naming

import (
	"strings"

	"golang.org/x/net/publicsuffix"

	"clew/internal/observable"
)

// A Name is a registered domain in its two halves: jppost-tu and top, evil and
// co.uk. Label is ASCII: punycode stays punycode.
type Name struct{ Label, Suffix string }

// NameOf returns the registered name of a domain, URL or e-mail address.
func NameOf(v observable.Value) (Name, bool) {
	domain, ok := observable.RegistrableDomain(v)
	if !ok {
		return Name{}, false
	}
	return nameOf(domain.Text())
}

// nameOf cuts a registered domain after its label.
func nameOf(domain string) (Name, bool) {
	label, suffix, ok := strings.Cut(domain, ".")
	return Name{label, suffix}, ok && label != ""
}

// String returns the domain.
func (n Name) String() string { return n.Label + "." + n.Suffix }

// Value returns the domain as an observable.
func (n Name) Value() (observable.Value, bool) {
	v, err := observable.New(observable.Domain, n.String())
	return v, err == nil
}

// registered returns the registered domain of a host name, "" for a public
// suffix.
func registered(host string) string {
	suffix, icann := publicsuffix.PublicSuffix(host)
	if suffix == host {
		v, err := observable.Stored(observable.Domain, host)
		if err != nil || icann {
			return ""
		}
		domain, _ := observable.RegistrableDomain(v)
		return domain.Text()
	}
	owned := host[:len(host)-len(suffix)-1]
	return owned[strings.LastIndexByte(owned, '.')+1:] + "." + suffix
}

// isSuffix reports whether a registered domain is one under which others
// register, such as github.io.
func isSuffix(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}
