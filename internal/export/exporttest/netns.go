package exporttest

import (
	"fmt"
	"os"
	"testing"
)

// A Pair is two network namespaces joined by a cable: a filter is loaded in
// Inside, and Peer has addresses to reach or not.
type Pair struct {
	Inside, Peer string
	ip           string
}

// NewPair makes a pair whose peer has the addresses given, or skips, saying so,
// where that is not permitted.
func NewPair(t *testing.T, addresses ...string) Pair {
	t.Helper()
	p := Pair{Inside: fmt.Sprintf("clew-in-%d", os.Getpid()), Peer: fmt.Sprintf("clew-out-%d", os.Getpid()), ip: Tool(t, "ip")}
	for _, ns := range []string{p.Inside, p.Peer} {
		if out, err := Try("", p.ip, "netns", "add", ns); err != nil {
			t.Skipf("network namespaces are not permitted here: %s", out)
		}
		t.Cleanup(func() { _, _ = Try("", p.ip, "netns", "del", ns) }) // goes with the machine otherwise
	}
	run := func(args ...string) { Run(t, "", p.ip, args...) }
	run("link", "add", "c0", "netns", p.Inside, "type", "veth", "peer", "name", "c1", "netns", p.Peer)
	for _, side := range []struct{ ns, dev, four, six string }{
		{p.Inside, "c0", "192.0.2.1/24", "2001:db8:ffff::1/64"}, {p.Peer, "c1", "192.0.2.2/24", "2001:db8:ffff::2/64"},
	} {
		run("-n", side.ns, "addr", "add", side.four, "dev", side.dev)
		run("-n", side.ns, "-6", "addr", "add", side.six, "dev", side.dev, "nodad")
		run("-n", side.ns, "link", "set", side.dev, "up")
		run("-n", side.ns, "link", "set", "lo", "up")
	}
	for _, address := range addresses {
		run("-n", p.Peer, "addr", "add", address, "dev", "lo", "nodad")
	}
	run("-n", p.Inside, "route", "add", "default", "via", "192.0.2.2")
	run("-n", p.Inside, "-6", "route", "add", "default", "via", "2001:db8:ffff::2")
	return p
}

// In runs a program in a namespace.
func (p Pair) In(t *testing.T, ns, input, name string, args ...string) string {
	t.Helper()
	return Run(t, input, p.ip, append([]string{"netns", "exec", ns, name}, args...)...)
}

// Reaches reports whether a ping from inside to the address is answered.
func (p Pair) Reaches(t *testing.T, address string) bool {
	t.Helper()
	_, err := Try("", p.ip, "netns", "exec", p.Inside, Tool(t, "ping"), "-c", "1", "-W", "1", address)
	return err == nil
}

// soon waits for an address to be reached: IPv6 takes its time to begin.
func (p Pair) soon(t *testing.T, address string) bool {
	for range 8 {
		if p.Reaches(t, address) {
			return true
		}
	}
	return false
}

// Filters checks that what the worked case blocks cannot be reached any more
// after load, and its neighbours still can.
func (p Pair) Filters(t *testing.T, load func(), blocked, open []string) {
	t.Helper()
	for _, address := range append(append([]string{}, blocked...), open...) {
		if !p.soon(t, address) {
			t.Fatalf("%s cannot be reached before anything is blocked", address)
		}
	}
	load()
	for _, address := range blocked {
		if p.Reaches(t, address) {
			t.Errorf("%s is blocked and can be reached", address)
		}
	}
	for _, address := range open {
		if !p.Reaches(t, address) {
			t.Errorf("%s is not blocked and cannot be reached", address)
		}
	}
}

// What the worked case blocks, and what lies beside it.
var (
	Peers        = []string{"203.0.113.7/32", "203.0.113.8/32", "198.51.100.5/32", "198.51.100.16/32", "2001:db8::bad/128", "2001:db8::bae/128"}
	BlockedFour  = []string{"203.0.113.7", "198.51.100.5"}
	BlockedSix   = []string{"2001:db8::bad"}
	OpenFour     = []string{"203.0.113.8", "198.51.100.16"}
	OpenSix      = []string{"2001:db8::bae"}
	BlockedPeers = append(append([]string{}, BlockedFour...), BlockedSix...)
	OpenPeers    = append(append([]string{}, OpenFour...), OpenSix...)
)
