package observable

import (
	"net/netip"
	"strconv"
	"strings"
)

// specialUse says why a name, an address or a number is not part of the public
// Internet, and whether its meaning depends on where it was seen.
type specialUse struct {
	reason string
	local  bool
}

// Special reports whether v is set aside by a standard, and why, in words for
// people: "private address (RFC 1918)". It looks at domains, addresses, address
// ranges that lie within a reserved one, AS numbers, and the hosts of URLs and
// e-mail addresses.
func Special(v Value) (reason string, special bool) {
	use, special := specialUseOf(v)
	return use.reason, special
}

// IsLocal reports whether v means something only inside the network where it
// was seen, or nothing at all: private, loopback, link-local, multicast and
// reserved addresses, names such as printer.local, URLs on a single label. No
// provider is ever asked about these.
//
// Addresses and names set aside for documentation and tests are [Special] but
// not local: they are nobody's, and examples, demos and tests need them to act
// like public ones. Onion names are the same everywhere, so not local either.
func IsLocal(v Value) bool {
	use, _ := specialUseOf(v)
	return use.local
}

func specialUseOf(v Value) (specialUse, bool) {
	switch v.kind {
	case URL, Email:
		host, ok := Host(v)
		if !ok {
			return specialUse{"single-label name, which only a local network resolves (RFC 8499)", true}, true
		}
		return specialUseOf(host)
	case Domain:
		return specialName(v.text)
	case IP:
		addr, err := netip.ParseAddr(v.text)
		if err != nil {
			return specialUse{}, false
		}
		return specialRange(netip.PrefixFrom(addr, addr.BitLen()))
	case Prefix:
		prefix, err := netip.ParsePrefix(v.text)
		if err != nil {
			return specialUse{}, false
		}
		return specialRange(prefix)
	case ASN:
		number, err := strconv.ParseUint(strings.TrimPrefix(v.text, "AS"), 10, 32)
		if err != nil {
			return specialUse{}, false
		}
		return specialASN(number)
	}
	return specialUse{}, false
}

func specialName(name string) (specialUse, bool) {
	for {
		if use, ok := specialNames[name]; ok {
			return use, true
		}
		_, parent, found := strings.Cut(name, ".")
		if !found {
			return specialUse{}, false
		}
		name = parent
	}
}

// specialNames is IANA's registry of special-use domain names, without the
// reverse zones, and the private names of RFC 6762 appendix G.
var specialNames = map[string]specialUse{
	"example":     {"documentation name (RFC 6761)", false},
	"example.com": {"documentation name (RFC 6761)", false},
	"example.net": {"documentation name (RFC 6761)", false},
	"example.org": {"documentation name (RFC 6761)", false},
	"test":        {"name for tests (RFC 6761)", false},
	"onion":       {"Tor onion service, not in DNS (RFC 7686)", false},
	"alt":         {"name outside DNS (RFC 9476)", false},
	"invalid":     {"name that never exists (RFC 6761)", true},
	"localhost":   {"loopback name (RFC 6761)", true},
	"local":       {"multicast DNS name of the local link (RFC 6762)", true},
	"home.arpa":   {"home network name (RFC 8375)", true},
	"internal":    {"private-use name (ICANN, 2024)", true},
	"intranet":    {"private name (RFC 6762 appendix G)", true},
	"private":     {"private name (RFC 6762 appendix G)", true},
	"corp":        {"private name (RFC 6762 appendix G)", true},
	"home":        {"private name (RFC 6762 appendix G)", true},
	"lan":         {"private name (RFC 6762 appendix G)", true},
	"localdomain": {"private name by custom", true},
}

func specialRange(prefix netip.Prefix) (specialUse, bool) {
	if inner, ok := translated(prefix); ok {
		if use, special := specialRange(inner); special {
			use.reason += " inside an IPv6 translation address"
			return use, true
		}
	}
	for _, special := range specialRanges {
		if special.prefix.Bits() <= prefix.Bits() && special.prefix.Contains(prefix.Addr()) {
			return special.specialUse, true
		}
	}
	return specialUse{}, false
}

// translated returns the IPv4 address that a NAT64 (RFC 6052) or 6to4 (RFC 3056)
// address leads to: through a translator, 64:ff9b::a00:1 is 10.0.0.1.
func translated(prefix netip.Prefix) (netip.Prefix, bool) {
	if !prefix.Addr().Is6() || !prefix.IsSingleIP() {
		return netip.Prefix{}, false
	}
	octets := prefix.Addr().As16()
	var inner [4]byte
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(prefix.Addr()):
		inner = [4]byte(octets[12:])
	case netip.MustParsePrefix("2002::/16").Contains(prefix.Addr()):
		inner = [4]byte(octets[2:6])
	default:
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(netip.AddrFrom4(inner), 32), true
}

// specialRanges is IANA's registries of special-purpose IPv4 and IPv6
// addresses, without the ranges that are globally reachable.
var specialRanges = []struct {
	prefix netip.Prefix
	specialUse
}{
	{netip.MustParsePrefix("0.0.0.0/8"), specialUse{"address of this network (RFC 791)", true}},
	{netip.MustParsePrefix("10.0.0.0/8"), specialUse{"private address (RFC 1918)", true}},
	{netip.MustParsePrefix("100.64.0.0/10"), specialUse{"carrier-grade NAT address (RFC 6598)", true}},
	{netip.MustParsePrefix("127.0.0.0/8"), specialUse{"loopback address (RFC 1122)", true}},
	{netip.MustParsePrefix("169.254.0.0/16"), specialUse{"link-local address (RFC 3927)", true}},
	{netip.MustParsePrefix("172.16.0.0/12"), specialUse{"private address (RFC 1918)", true}},
	{netip.MustParsePrefix("192.0.0.0/24"), specialUse{"protocol assignment (RFC 6890)", true}},
	{netip.MustParsePrefix("192.0.2.0/24"), specialUse{"documentation address (RFC 5737)", false}},
	{netip.MustParsePrefix("192.88.99.0/24"), specialUse{"deprecated 6to4 relay address (RFC 7526)", true}},
	{netip.MustParsePrefix("192.168.0.0/16"), specialUse{"private address (RFC 1918)", true}},
	{netip.MustParsePrefix("198.18.0.0/15"), specialUse{"benchmarking address (RFC 2544)", true}},
	{netip.MustParsePrefix("198.51.100.0/24"), specialUse{"documentation address (RFC 5737)", false}},
	{netip.MustParsePrefix("203.0.113.0/24"), specialUse{"documentation address (RFC 5737)", false}},
	{netip.MustParsePrefix("224.0.0.0/4"), specialUse{"multicast address (RFC 5771)", true}},
	{netip.MustParsePrefix("255.255.255.255/32"), specialUse{"broadcast address (RFC 919)", true}},
	{netip.MustParsePrefix("240.0.0.0/4"), specialUse{"reserved address (RFC 1112)", true}},
	{netip.MustParsePrefix("::/128"), specialUse{"unspecified address (RFC 4291)", true}},
	{netip.MustParsePrefix("::1/128"), specialUse{"loopback address (RFC 4291)", true}},
	{netip.MustParsePrefix("::/96"), specialUse{"deprecated IPv4-compatible address (RFC 4291)", true}},
	{netip.MustParsePrefix("64:ff9b:1::/48"), specialUse{"local IPv4 translation address (RFC 8215)", true}},
	{netip.MustParsePrefix("100::/64"), specialUse{"discard-only address (RFC 6666)", true}},
	{netip.MustParsePrefix("100:0:0:1::/64"), specialUse{"dummy address (RFC 9780)", true}},
	{netip.MustParsePrefix("2001:2::/48"), specialUse{"benchmarking address (RFC 5180)", true}},
	{netip.MustParsePrefix("2001:db8::/32"), specialUse{"documentation address (RFC 3849)", false}},
	{netip.MustParsePrefix("3fff::/20"), specialUse{"documentation address (RFC 9637)", false}},
	{netip.MustParsePrefix("5f00::/16"), specialUse{"segment routing address (RFC 9602)", true}},
	{netip.MustParsePrefix("fc00::/7"), specialUse{"unique local address (RFC 4193)", true}},
	{netip.MustParsePrefix("fe80::/10"), specialUse{"link-local address (RFC 4291)", true}},
	{netip.MustParsePrefix("fec0::/10"), specialUse{"deprecated site-local address (RFC 3879)", true}},
	{netip.MustParsePrefix("ff00::/8"), specialUse{"multicast address (RFC 4291)", true}},
}

// specialASN follows IANA's registry of special-purpose AS numbers.
func specialASN(number uint64) (specialUse, bool) {
	switch {
	case number == 0, number == 65535, number == 4294967295:
		return specialUse{"reserved AS number (RFC 7300, RFC 7607)", true}, true
	case number == 23456:
		return specialUse{"stand-in for four-octet AS numbers (RFC 6793)", true}, true
	case number >= 64496 && number <= 64511, number >= 65536 && number <= 65551:
		return specialUse{"documentation AS number (RFC 5398)", false}, true
	case number >= 64512 && number <= 65534, number >= 4200000000:
		return specialUse{"private AS number (RFC 6996)", true}, true
	}
	return specialUse{}, false
}
