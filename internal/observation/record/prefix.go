package record

import "net/netip"

// Covering returns the largest prefix around addr that lies within the range
// from start to end, both included; addr must lie in it. A range such as
// 192.0.2.0 to 192.0.2.191 takes several prefixes: this is the one of addr.
func Covering(addr, start, end netip.Addr) netip.Prefix {
	best := netip.PrefixFrom(addr, addr.BitLen())
	for bits := addr.BitLen() - 1; bits >= 0; bits-- {
		p := netip.PrefixFrom(addr, bits).Masked()
		if p.Addr().Compare(start) < 0 || Last(p).Compare(end) > 0 {
			break
		}
		best = p
	}
	return best
}

// Last returns the highest address of p, whose address is the lowest.
func Last(p netip.Prefix) netip.Addr {
	octets := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(octets)*8; bit++ {
		octets[bit/8] |= 1 << (7 - bit%8)
	}
	addr, _ := netip.AddrFromSlice(octets) // 4 or 16 octets always are an address
	return addr
}
