package reference

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// A prefixTable finds the ranges that hold an address: one map, probed once
// for each prefix length that occurs, the longest first. Real lists use some
// twenty lengths, so a lookup is well under a microsecond.
type prefixTable struct {
	ranges map[netip.Prefix][]entry
	v4, v6 []int // prefix lengths present, descending
}

func (t *prefixTable) add(p netip.Prefix, e entry) {
	if t.ranges == nil {
		t.ranges = make(map[netip.Prefix][]entry)
	}
	t.ranges[p] = append(t.ranges[p], e)
	lengths := &t.v6
	if p.Addr().Is4() {
		lengths = &t.v4
	}
	if !slices.Contains(*lengths, p.Bits()) {
		*lengths = append(*lengths, p.Bits())
		slices.SortFunc(*lengths, func(a, b int) int { return b - a })
	}
}

// each visits the entries whose range covers addr/bits.
func (t *prefixTable) each(addr netip.Addr, bits int, visit visitor) bool {
	lengths := t.v6
	if addr.Is4() {
		lengths = t.v4
	}
	for _, length := range lengths {
		if length > bits {
			continue
		}
		prefix, err := addr.Prefix(length)
		if err != nil {
			return false
		}
		if visitAll(t.ranges[prefix], length == bits, visit) {
			return true
		}
	}
	return false
}

// parsePrefix reads a range or one address; host bits are cleared, and an
// IPv4-mapped range is the IPv4 one.
func parsePrefix(text string) (netip.Prefix, error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "/") {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, fmt.Errorf("%q is no address and no range", text)
		}
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no address and no range", text)
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}
