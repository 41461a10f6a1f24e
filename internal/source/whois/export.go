package whois

import (
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"time"

	parser "github.com/likexian/whois-parser"

	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/observation/record"
)

// updated is the line in which registries say how old their answer is: the only
// date of the answer itself.
var updated = regexp.MustCompile(`(?i)last update of (?:the )?whois database:?\s*([0-9T:.\- ]{10,30}Z?)`)

// ReadReply reads a saved reply about a domain or an address range. at is when it
// was given, for replies that do not say so; zero when nobody knows. facts are
// none where the reply says that nothing is registered; ok is false for a text
// that is no reply.
func ReadReply(body []byte, at time.Time) (facts []observation.Observation, ok bool) {
	reply := text(registryOf(text("", body)), body)
	if m := updated.FindStringSubmatch(reply); m != nil {
		if t := record.Moment(m[1]); !t.IsZero() {
			at = t
		}
	}
	info, err := parser.Parse(reply)
	switch {
	case err == nil && info.Domain != nil && info.Domain.Domain != "":
		return registration(info, at).Observations(), true
	case errors.Is(err, parser.ErrNotFoundDomain), errors.Is(err, parser.ErrReservedDomain),
		errors.Is(err, parser.ErrPremiumDomain), errors.Is(err, parser.ErrBlockedDomain):
		return nil, true
	}
	return routes(reply, at)
}

// registryOf names the domain that a saved reply is about, "" for none. A saved
// reply does not say which server gave it; the top-level domain says what its
// registry writes in, and the line with the name is ASCII in all of that.
func registryOf(reply string) (domain string) {
	fields(reply, func(key, value string) {
		if domain == "" && (key == "domain name" || key == "domain") {
			domain = strings.ToLower(value)
		}
	})
	return domain
}

// routes reads the announcements in a reply about an address.
func routes(reply string, at time.Time) (all []observation.Observation, ok bool) {
	f := record.Facts{Window: observation.Window{Last: at}}
	route := ""
	fields(reply, func(key, value string) {
		switch key {
		case "inetnum", "inet6num", "netrange", "cidr":
			ok = true
		case "route", "route6":
			ok, route = true, value
		case "origin":
			if p, err := netip.ParsePrefix(route); err == nil {
				if v, err := observable.New(observable.Prefix, p.Masked().String()); err == nil {
					f.Add(v, observation.AnnouncedBy, observable.ASN, strings.ToUpper(value))
				}
			}
		}
	})
	return f.All, ok
}
