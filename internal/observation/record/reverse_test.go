package record_test

import (
	"net/netip"
	"testing"

	"clew/internal/observation/record"
)

func TestReverseName(t *testing.T) {
	for addr, want := range map[string]string{
		"203.0.113.7":        "7.113.0.203.in-addr.arpa",
		"::ffff:203.0.113.7": "7.113.0.203.in-addr.arpa",
		"2001:db8::1":        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
	} {
		got := record.ReverseName(netip.MustParseAddr(addr))
		if got != want {
			t.Errorf("%s is reversed as %s, want %s", addr, got, want)
		}
		o, ok := record.DNS{Name: got, Type: "PTR", Data: "a.shop.example"}.Observation()
		if back, _ := o.Subject.Addr(); !ok || back != netip.MustParseAddr(addr).Unmap() {
			t.Errorf("%s reads back as %v", got, o.Subject)
		}
	}
}
