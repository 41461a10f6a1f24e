package observable

import (
	"net/netip"
	"strconv"
	"strings"
)

// canonicalIP writes an address in its shortest form. An IPv4 address mapped
// into IPv6 is the IPv4 address; a zone names an interface of one machine and
// is dropped.
func canonicalIP(text string) (string, error) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		if hasLeadingZero(text) {
			return "", refuse("%.80q has a leading zero, which some programs read as octal; write the address without it", text)
		}
		return "", refuse("%.80q is no IP address", text)
	}
	return addr.WithZone("").Unmap().String(), nil
}

func hasLeadingZero(text string) bool {
	for part := range strings.SplitSeq(text, ".") {
		if len(part) > 1 && part[0] == '0' && isDigits(part) {
			return true
		}
	}
	return false
}

// canonicalPrefix writes a CIDR range with the host bits zero.
func canonicalPrefix(text string) (string, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return "", refuse("%.80q is no address range; write it as 192.0.2.0/24", text)
	}
	if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked().String(), nil
}

// canonicalASN writes an autonomous system as AS64500. It reads "asn 64500",
// the bare number and the dotted form of RFC 5396.
func canonicalASN(text string) (string, error) {
	number := strings.ToUpper(text)
	for _, word := range []string{"AS", "N"} {
		number = strings.TrimPrefix(number, word)
	}
	number = strings.Trim(number, " :#-")
	high, low, dotted := strings.Cut(number, ".")
	if !dotted {
		high, low = "0", number
	}
	h, errHigh := strconv.ParseUint(high, 10, 16)
	bits := 32
	if dotted {
		bits = 16
	}
	l, errLow := strconv.ParseUint(low, 10, bits)
	if errHigh != nil || errLow != nil {
		return "", refuse("%.80q is no AS number; write AS and a number below 2^32", text)
	}
	return "AS" + strconv.FormatUint(h<<16+l, 10), nil
}
