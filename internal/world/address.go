package world

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// The address plan. Everything lies in the ranges reserved for documentation
// (RFC 5737, RFC 3849). The 768 IPv4 addresses go to what is busiest or planted
// first, so that small worlds are mostly IPv4; the rest is IPv6.
//
//	192.0.2.0/27     CDN edges
//	192.0.2.32/28    parking, sinkholes, dynamic DNS and free hosting
//	192.0.2.64/26    cloud load balancers
//	192.0.2.128/25   the busiest shared hosting servers
//	198.51.100.0/24  servers leased one tenant after the other
//	203.0.113.0/24   servers of one owner
//	2001:db8:X::/48  one network X each, see the constants below
const (
	netCDN       = 0x0001
	netParking   = 0x0010
	netSinkhole  = 0x0011
	netFree      = 0x0012
	netName      = 0x0013
	netCloud     = 0x0020
	netLease     = 0x0040 // leaseNets of them
	netDedicated = 0x0800 // and the next 0x7ff
	netHoster    = 0x1000 // plus the hoster's number
)

// leaseNets is how many providers lease servers by the month.
const leaseNets = 8

// v4 returns an address of one of the three documentation ranges.
func v4(third string, host int) string { return third + strconv.Itoa(host) }

// v6 returns a host of network 2001:db8:net::/48.
func v6(net int, subnet int, host uint64) string {
	var a [16]byte
	copy(a[:], []byte{0x20, 0x01, 0x0d, 0xb8})
	binary.BigEndian.PutUint16(a[4:], uint16(net))
	binary.BigEndian.PutUint16(a[6:], uint16(subnet))
	binary.BigEndian.PutUint64(a[8:], host)
	return netip.AddrFrom16(a).String()
}

// edge returns the addresses of the k-th edge of CDN c: all customers of an edge
// share one IPv4 and one IPv6 address.
func edge(c, k int) (ipv4, ipv6 string, hasV4 bool) {
	if k < 8 {
		return v4("192.0.2.", 1+c*9+k), v6(netCDN, c, uint64(k+1)), true
	}
	return "", v6(netCDN, c, uint64(k+1)), false
}

func parkingAddress(p, k int) string  { return v4("192.0.2.", 32+2*p+k) }
func sinkholeAddress(s int) string    { return v4("192.0.2.", 38+s) }
func freeHostAddress(f, k int) string { return v4("192.0.2.", 42+2*f+k) }

// balancer returns the k-th load balancer of cloud c.
func balancer(c, k int) string {
	if k < 20 {
		return v4("192.0.2.", 65+c*20+k)
	}
	return v6(netCloud+c, k>>16, uint64(k&0xffff)+1)
}

// sharedServer returns the address of the shared hosting server of that rank,
// the busiest first; hoster is who runs it.
func sharedServer(rank, hoster int) string {
	if rank < 120 {
		return v4("192.0.2.", 129+rank)
	}
	return v6(netHoster+hoster, 1, uint64(rank))
}

// ownServer returns the address of the n-th server that has one owner for good.
func ownServer(n int) string {
	if n < 250 {
		return v4("203.0.113.", 1+n)
	}
	return v6(netDedicated+n>>16&0x7ff, n>>8&0xff, uint64(n&0xff)+1)
}

// leased returns the k-th server of block b. A block is what one customer can
// lease side by side; blocks of operators and of everybody else alternate.
func leased(b, k int) string {
	if b < 31 && k < 8 {
		return v4("198.51.100.", 1+b*8+k)
	}
	return v6(netLease+b%leaseNets, b/leaseNets>>8&0xffff, uint64(b/leaseNets&0xff)<<8+uint64(k)+1)
}
