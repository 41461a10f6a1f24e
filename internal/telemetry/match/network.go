package match

import (
	"cmp"
	"net/netip"
	"slices"
)

// networks finds the ranges that an address is in: one binary search for each
// length of prefix in use.
type networks struct {
	ranges  []rangeOf // by prefix, then indicator
	lengths [2][]int  // in use, for IPv4 and IPv6
	first16 [1 << 10]uint64
}

type rangeOf struct {
	prefix    netip.Prefix
	indicator int
}

func (n *networks) add(prefix netip.Prefix, indicator int) {
	n.ranges = append(n.ranges, rangeOf{prefix, indicator})
	family := familyOf(prefix.Addr())
	if !slices.Contains(n.lengths[family], prefix.Bits()) {
		n.lengths[family] = append(n.lengths[family], prefix.Bits())
	}
	if family == 0 {
		a := prefix.Addr().As4()
		from := int(a[0])<<8 | int(a[1])
		for i := range 1 << max(0, 16-prefix.Bits()) {
			n.first16[(from+i)>>6] |= 1 << ((from + i) & 63)
		}
	}
}

func familyOf(addr netip.Addr) int {
	if addr.Is4() {
		return 0
	}
	return 1
}

func (n *networks) sort() {
	slices.SortFunc(n.ranges, func(a, b rangeOf) int {
		return cmp.Or(a.prefix.Addr().Compare(b.prefix.Addr()), a.prefix.Bits()-b.prefix.Bits(), a.indicator-b.indicator)
	})
	slices.Sort(n.lengths[0])
	slices.Sort(n.lengths[1])
}

// mayHold4 reports whether a range shares the first 16 bits of an IPv4 address.
func (n *networks) mayHold4(addr netip.Addr) bool {
	a := addr.As4()
	at := int(a[0])<<8 | int(a[1])
	return n.first16[at>>6]>>(at&63)&1 != 0
}

// holding calls found for the indicator of every range that addr is in.
func (n *networks) holding(addr netip.Addr, found func(indicator int)) {
	for _, length := range n.lengths[familyOf(addr)] {
		prefix, err := addr.Prefix(length)
		if err != nil {
			continue
		}
		at, _ := slices.BinarySearchFunc(n.ranges, prefix, func(r rangeOf, p netip.Prefix) int {
			return cmp.Or(r.prefix.Addr().Compare(p.Addr()), r.prefix.Bits()-p.Bits())
		})
		for ; at < len(n.ranges) && n.ranges[at].prefix == prefix; at++ {
			found(n.ranges[at].indicator)
		}
	}
}
