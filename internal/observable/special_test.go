package observable

import (
	"strings"
	"testing"
)

func TestSpecialSaysWhy(t *testing.T) {
	tests := []struct {
		v      Value
		reason string // part of it; "" for nothing special
		local  bool
	}{
		{Must(IP, "10.1.2.3"), "RFC 1918", true},
		{Must(IP, "172.31.255.255"), "RFC 1918", true},
		{Must(IP, "172.32.0.0"), "", false},
		{Must(IP, "127.0.0.1"), "loopback", true},
		{Must(IP, "169.254.169.254"), "link-local", true},
		{Must(IP, "224.0.0.252"), "multicast", true},
		{Must(IP, "255.255.255.255"), "broadcast", true},
		{Must(IP, "100.127.0.1"), "RFC 6598", true},
		{Must(IP, "192.0.2.1"), "documentation", false},
		{Must(IP, "::1"), "loopback", true},
		{Must(IP, "::ffff:10.0.0.1"), "RFC 1918", true},
		{Must(IP, "fe80::1"), "link-local", true},
		{Must(IP, "fd00::1"), "RFC 4193", true},
		{Must(IP, "2001:db8::1"), "documentation", false},
		{Must(IP, "64:ff9b::a00:1"), "RFC 1918", true},
		{Must(IP, "64:ff9b::909:909"), "", false},
		{Must(IP, "2002:7f00:1::"), "loopback", true},
		{Must(IP, "::a00:1"), "IPv4-compatible", true},
		{Must(IP, "2606::1"), "", false},
		{Must(IP, "9.9.9.9"), "", false},
		{Must(Prefix, "10.1.0.0/16"), "RFC 1918", true},
		{Must(Prefix, "8.0.0.0/6"), "", false}, // holds 10.0.0.0/8, and public addresses too
		{Must(Domain, "printer.local"), "RFC 6762", true},
		{Must(Domain, "a.b.internal"), "private-use", true},
		{Must(Domain, "router.home.arpa"), "RFC 8375", true},
		{Must(Domain, "1.2.0.192.in-addr.arpa"), "", false},
		{Must(Domain, "www.example.com"), "documentation", false},
		{Must(Domain, "myexample.com"), "", false},
		{Must(Domain, "evil.test"), "RFC 6761", false},
		{Must(Domain, "expyuzz4wqqyqhjn.onion"), "RFC 7686", false},
		{Must(URL, "http://10.0.0.1/a"), "RFC 1918", true},
		{Must(URL, "http://localhost:8080/"), "single-label", true},
		{Must(URL, "http://evil.top/"), "", false},
		{Must(Email, "root@mail.corp"), "appendix G", true},
		{Must(ASN, "AS64500"), "RFC 5398", false},
		{Must(ASN, "AS65000"), "RFC 6996", true},
		{Must(ASN, "AS3"), "", false},
		{Must(Title, "10.0.0.1"), "", false},
		{Value{}, "", false},
	}
	for _, test := range tests {
		reason, special := Special(test.v)
		if special != (test.reason != "") || !strings.Contains(reason, test.reason) {
			t.Errorf("Special(%s) = %q, %v; want %q", test.v, reason, special, test.reason)
		}
		if got := IsLocal(test.v); got != test.local {
			t.Errorf("IsLocal(%s) = %v, want %v", test.v, got, test.local)
		}
	}
}
