// Package rpz writes a response policy zone, which resolvers load to answer
// NXDOMAIN for what is blocked (draft-vixie-dnsop-dns-rpz).
package rpz

import (
	"fmt"
	"io"
	"net/netip"
	"strings"

	"clew/internal/export"
	"clew/internal/observable"
)

// Origin is the name of the zone. A resolver's configuration names it.
const Origin = "rpz.clew."

// maxOwner bounds a name with the zone's behind it, RFC 1035: 255 bytes on the
// wire, where each label has a byte for its length and the root one more.
const maxOwner = 255

// Format is the zone.
func Format() export.Format {
	return export.Format{
		Name: "rpz", Title: "RPZ zone", Use: export.Block, File: "rpz.clew.zone",
		Kinds: []observable.Kind{observable.Domain, observable.IP, observable.Prefix}, Fits: fits,
		Doc:   "zone " + Origin + " for BIND 9, Unbound, Knot Resolver, PowerDNS Recursor: NXDOMAIN for a name, what is below it, and what resolves to an address",
		Proof: "loaded and asked: BIND 9, Unbound, Knot Resolver, PowerDNS Recursor (Debian 12)",
		Write: write,
	}
}

func fits(e export.Entry) string {
	for _, owner := range owners(e.Value) {
		if len(owner)+1+len(Origin)+1 > maxOwner {
			return "too long for a name below " + Origin
		}
	}
	return ""
}

func write(w io.Writer, s export.Set) error {
	l := export.NewLines(w, ";", "rpz", s)
	l.Line("$ORIGIN ", Origin)
	l.Line("$TTL 300")
	// The serial is the second in which the content last changed: it grows with
	// every change and stays without one. RFC 1912 allows any that grows.
	l.Line(fmt.Sprintf("@ SOA localhost. root.localhost. %d 3600 600 86400 300", uint32(s.Version.Unix())))
	l.Line("@ NS localhost.")
	for _, e := range s.Entries {
		for _, owner := range owners(e.Value) {
			l.Line(owner, " CNAME . ; ", e.Trace())
		}
	}
	return l.Close()
}

// owners returns the names that block v, below the origin. Nothing of a
// canonical name or address has a meaning of its own in a zone file.
func owners(v observable.Value) []string {
	if v.Kind() == observable.Domain {
		return []string{v.Text(), "*." + v.Text()}
	}
	p, err := netip.ParsePrefix(v.Text())
	if addr, ok := v.Addr(); ok {
		p, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	if err != nil {
		return nil
	}
	return []string{address(p) + ".rpz-ip"}
}

// address writes a prefix the way the draft's section 4.3 does: its length, and
// the parts from last to first; the longest run of zeros in IPv6 is "zz".
func address(p netip.Prefix) string {
	parts := strings.Split(p.Addr().String(), ".")
	if p.Addr().Is6() {
		text := strings.Replace(p.Addr().String(), "::", ":zz:", 1)
		parts = strings.Split(strings.Trim(text, ":"), ":")
	}
	reversed := fmt.Sprint(p.Bits())
	for i := len(parts) - 1; i >= 0; i-- {
		reversed += "." + parts[i]
	}
	return reversed
}
