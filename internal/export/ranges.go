package export

import (
	"net/netip"
	"slices"

	"clew/internal/observable"
)

// A Range is an address entry as packet filters take it.
type Range struct {
	Entry
	Prefix netip.Prefix // of one address where the entry is an address
}

// String writes an address alone, and a range in CIDR notation.
func (r Range) String() string {
	if r.Prefix.IsSingleIP() {
		return r.Prefix.Addr().String()
	}
	return r.Prefix.String()
}

// Ranges returns the addresses and ranges of one family in order, none within
// another: filters refuse overlapping elements. Of two that overlap the wider
// stays; where it expires first, the narrower one comes back with the next export.
func (s Set) Ranges(v6 bool) []Range {
	var all []Range
	for _, e := range s.Of(observable.IP, observable.Prefix) {
		p, ok := prefixOf(e.Value)
		if ok && p.Addr().Is6() == v6 {
			all = append(all, Range{e, p})
		}
	}
	slices.SortFunc(all, func(a, b Range) int {
		if c := a.Prefix.Addr().Compare(b.Prefix.Addr()); c != 0 {
			return c
		}
		return a.Prefix.Bits() - b.Prefix.Bits()
	})
	var apart []Range
	for _, r := range all {
		if n := len(apart); n > 0 && apart[n-1].Prefix.Contains(r.Prefix.Addr()) {
			continue
		}
		apart = append(apart, r)
	}
	return apart
}

func prefixOf(v observable.Value) (netip.Prefix, bool) {
	if addr, ok := v.Addr(); ok {
		return netip.PrefixFrom(addr, addr.BitLen()), addr.Zone() == ""
	}
	p, err := netip.ParsePrefix(v.Text())
	return p, err == nil
}
