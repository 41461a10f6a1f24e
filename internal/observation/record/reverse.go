package record

import (
	"fmt"
	"net/netip"
	"strings"
)

// Zones that hold reverse records, RFC 1035 and RFC 3596.
const (
	zone4 = "in-addr.arpa"
	zone6 = "ip6.arpa"
)

// ReverseName returns the name under which the DNS keeps the reverse record of
// addr, without a trailing dot: 7.113.0.203.in-addr.arpa.
func ReverseName(addr netip.Addr) string {
	if addr.Unmap().Is4() {
		return ReverseLabels(addr) + "." + zone4
	}
	return ReverseLabels(addr) + "." + zone6
}

// ReverseLabels returns the octets of an IPv4 address, or the nibbles of an IPv6
// address, last first: how DNS zones about addresses name them.
func ReverseLabels(addr netip.Addr) string {
	addr = addr.Unmap()
	var labels []string
	octets := addr.AsSlice()
	for i := len(octets) - 1; i >= 0; i-- {
		if addr.Is4() {
			labels = append(labels, fmt.Sprint(octets[i]))
		} else {
			labels = append(labels, fmt.Sprintf("%x", octets[i]&0xf), fmt.Sprintf("%x", octets[i]>>4))
		}
	}
	return strings.Join(labels, ".")
}
