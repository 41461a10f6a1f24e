package exporttest

import (
	"fmt"
	"testing"
	"time"

	"github.com/miekg/dns"

	"clew/internal/fetch/dnstest"
)

// zone is what the world outside holds: every name below example exists, so
// whatever is NXDOMAIN behind a resolver was blocked there.
const zone = `$ORIGIN example.
$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
* A 192.0.2.10
login-portal A 192.0.2.66
*.login-portal A 192.0.2.66
on-blocked-address A 203.0.113.7
in-blocked-range A 198.51.100.5
beside-blocked-range A 198.51.100.200
`

// Authoritative serves the zone from NSD and returns its port.
func Authoritative(t *testing.T) int {
	t.Helper()
	program, dir, port := Tool(t, "nsd"), t.TempDir(), FreePort(t)
	File(t, dir, "example.zone", zone)
	config := File(t, dir, "nsd.conf", dnstest.NSD(dir, port, "example"))
	Serve(t, port, program, "-d", "-c", config)
	return port
}

// Names and what a resolver answers that blocks the worked case: the response
// code, and whether addresses were looked at too.
var (
	Blocked    = []string{"login-portal.example.", "www.login-portal.example.", "a.b.login-portal.example."}
	ByAddress  = []string{"on-blocked-address.example.", "in-blocked-range.example."}
	Neighbours = []string{
		"portal.example.", "login-portal2.example.", "xlogin-portal.example.", "clean.example.", "beside-blocked-range.example.",
		"old-find.example.", "revoked-find.example.", "cdn.provider.example.", "new-find.example.", "mail-check.example.",
	}
)

// Answers asks the resolver at address, and checks that it answers NXDOMAIN for
// blocked names and with an address for the others.
func Answers(t *testing.T, address string, blocked, others []string) {
	t.Helper()
	// BIND answers before it has read its policy.
	for range 50 {
		if ask(t, address, blocked[0]).Rcode == dns.RcodeNameError {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, name := range blocked {
		if r := ask(t, address, name); r.Rcode != dns.RcodeNameError || len(r.Answer) > 0 {
			t.Errorf("%s is blocked, and yet: %s %v", name, dns.RcodeToString[r.Rcode], r.Answer)
		}
	}
	for _, name := range others {
		if r := ask(t, address, name); r.Rcode != dns.RcodeSuccess || len(r.Answer) == 0 {
			t.Errorf("%s is not blocked, and yet: %s %v", name, dns.RcodeToString[r.Rcode], r.Answer)
		}
	}
}

func ask(t *testing.T, address, name string) *dns.Msg {
	t.Helper()
	q := new(dns.Msg).SetQuestion(name, dns.TypeA)
	client := dns.Client{Timeout: 3 * time.Second}
	var err error
	for range 5 { // a resolver may need a moment after its port is open
		var r *dns.Msg
		if r, _, err = client.Exchange(q, address); err == nil && r.Rcode != dns.RcodeServerFailure && r.Rcode != dns.RcodeRefused {
			return r
		}
		if err == nil {
			err = fmt.Errorf("%s", dns.RcodeToString[r.Rcode])
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatalf("%s: %v", name, err)
	return nil
}

// Resolves checks the addresses that the resolver at address answers with.
func Resolves(t *testing.T, address string, want map[string]string) {
	t.Helper()
	for name, addr := range want {
		r := ask(t, address, name)
		if len(r.Answer) != 1 || r.Answer[0].(*dns.A).A.String() != addr {
			t.Errorf("%s: %v, want %s", name, r.Answer, addr)
		}
	}
}
