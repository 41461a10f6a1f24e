package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"clew/internal/fetch"
	"clew/internal/fetch/dnstest"
	"clew/internal/source"
)

// zone is served by a real name server; long is larger than a reply over UDP.
const zone = `$TTL 300
@	IN SOA ns1.host.test. ops.host.test. 1 7200 3600 1209600 300
@	IN NS ns1.host.test.
@	IN NS ns2.host.test.
@	IN MX 10 mail.host.test.
@	IN A 192.0.2.1
@	IN AAAA 2001:db8::1
@	IN TXT "v=spf1 include:" "spf.host.test -all"
@	IN TXT "say \"hi\" \\o/"
www	IN CNAME @
long	IN TXT %s
`

const reverse = `$TTL 300
@	IN SOA ns1.host.test. ops.host.test. 1 7200 3600 1209600 300
@	IN NS ns1.host.test.
1	IN PTR a.shop.example.
`

func TestDNSAgainstRealServers(t *testing.T) {
	authoritative := startNSD(t)
	resolver := startUnbound(t, authoritative)
	longText := strings.Repeat("0123456789", 200)
	tests := map[string]struct {
		name, rrtype string
		status       int
		want         []string // "owner TYPE data"
	}{
		"a":             {"shop.example", "A", 0, []string{"shop.example. A 192.0.2.1"}},
		"aaaa":          {"SHOP.example", "AAAA", 0, []string{"shop.example. AAAA 2001:db8::1"}},
		"ns":            {"shop.example", "NS", 0, []string{"shop.example. NS ns1.host.test.", "shop.example. NS ns2.host.test."}},
		"mx":            {"shop.example", "MX", 0, []string{"shop.example. MX 10 mail.host.test."}},
		"soa":           {"shop.example", "SOA", 0, []string{"shop.example. SOA ns1.host.test. ops.host.test. 1 7200 3600 1209600 300"}},
		"txt":           {"shop.example", "TXT", 0, []string{`shop.example. TXT say "hi" \o/`, "shop.example. TXT v=spf1 include:spf.host.test -all"}},
		"alias":         {"www.shop.example", "A", 0, []string{"shop.example. A 192.0.2.1", "www.shop.example. CNAME shop.example."}},
		"ptr":           {"1.2.0.192.in-addr.arpa", "PTR", 0, []string{"1.2.0.192.in-addr.arpa. PTR a.shop.example."}},
		"over_tcp":      {"long.shop.example", "TXT", 0, []string{"long.shop.example. TXT " + longText}},
		"no_such_name":  {"nobody.shop.example", "A", 3, nil},
		"no_such_type":  {"www.shop.example", "AAAA", 0, []string{"shop.example. AAAA 2001:db8::1", "www.shop.example. CNAME shop.example."}},
		"nothing_there": {"long.shop.example", "MX", 0, nil},
	}
	for server, address := range map[string]string{"authoritative": authoritative, "resolver": resolver} {
		// A configured resolver may be at a private address, so AllowLoopback stays off.
		client := fetch.New(fetch.Options{Resolver: address, Timeout: 10 * time.Second})
		for name, test := range tests {
			t.Run(server+"/"+name, func(t *testing.T) {
				status, got := lookUp(t, client, source.DNSRequest(test.name, test.rrtype).URL)
				if diff := cmp.Diff(test.want, got); diff != "" || status != test.status {
					t.Errorf("%s %s: status %d, want %d (-want +got):\n%s", test.rrtype, test.name, status, test.status, diff)
				}
			})
		}
	}
}

// lookUp returns the response code and the records of an answer, sorted.
func lookUp(t *testing.T, client *fetch.Client, address string) (status int, records []string) {
	t.Helper()
	reply, err := client.Ask(t.Context(), source.Request{Method: "DNS", URL: address})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := source.DecodeDNS(reply)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range answer.Answer.Items {
		records = append(records, strings.ToLower(r.Name)+" "+r.TypeName()+" "+r.Data)
	}
	slices.Sort(records)
	return int(*answer.Status), records
}

// startNSD serves the zones on loopback, and returns its address.
func startNSD(t *testing.T) string {
	t.Helper()
	program := installed(t, "nsd")
	var texts []string
	for range 20 {
		texts = append(texts, `"`+strings.Repeat("0123456789", 10)+`"`)
	}
	dir, port := t.TempDir(), freePort(t)
	writeFile(t, dir, "shop.example.zone", fmt.Sprintf(zone, strings.Join(texts, " ")))
	writeFile(t, dir, "2.0.192.in-addr.arpa.zone", reverse)
	writeFile(t, dir, "nsd.conf", dnstest.NSD(dir, port, "shop.example", "2.0.192.in-addr.arpa"))
	return start(t, dir, port, program, "-d", "-c", filepath.Join(dir, "nsd.conf"))
}

// startUnbound resolves by way of the name server at authoritative.
func startUnbound(t *testing.T, authoritative string) string {
	t.Helper()
	program := installed(t, "unbound")
	dir, port := t.TempDir(), freePort(t)
	writeFile(t, dir, "unbound.conf", dnstest.Unbound(dir, port, dnstest.Resolver{
		Modules: "iterator", Zones: []string{"shop.example", "2.0.192.in-addr.arpa"}, Upstream: authoritative,
		Server: `local-zone: "2.0.192.in-addr.arpa." nodefault`,
	}))
	return start(t, dir, port, program, "-d", "-c", filepath.Join(dir, "unbound.conf"))
}

// installed returns the path of a name server's program, or skips the test.
func installed(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	path := filepath.Join("/usr/sbin", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not installed: as root, scripts/packages.sh nsd unbound", name)
	}
	return path
}

// start runs a server until the test ends, and returns its address once it answers.
func start(t *testing.T, dir string, port int, program string, args ...string) string {
	t.Helper()
	server := exec.CommandContext(t.Context(), program, args...)
	server.Cancel = func() error { return server.Process.Signal(os.Interrupt) }
	server.WaitDelay = 5 * time.Second
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
	})
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for range 100 {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return address
		}
		time.Sleep(50 * time.Millisecond) // a program of its own: there is nothing to wait on but its port
	}
	log, _ := os.ReadFile(filepath.Join(dir, "log"))
	t.Fatalf("%s does not answer:\n%s", program, log)
	return ""
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// serveDNS answers questions over UDP and TCP on one port, and returns its address.
func serveDNS(t *testing.T, answer dns.HandlerFunc) string {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := packets.LocalAddr().String()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range []*dns.Server{{PacketConn: packets, Handler: answer}, {Listener: listener, Handler: answer}} {
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		go func() { _ = server.ActivateAndServe() }()
		<-started
		t.Cleanup(func() { _ = server.Shutdown() })
	}
	return address
}

func TestReplyToAnotherQuestionIsNotTaken(t *testing.T) {
	address := serveDNS(t, func(w dns.ResponseWriter, question *dns.Msg) {
		reply := new(dns.Msg).SetReply(question)
		reply.Question[0].Name = "bank.example."
		_ = w.WriteMsg(reply)
	})
	client, _ := resolving(address)
	if _, err := client.Ask(t.Context(), source.DNSRequest("shop.example", "A")); err == nil {
		t.Error("the reply to another question was taken")
	}
}

// resolving returns a client that asks the resolver at address, and its clock.
func resolving(address string) (*fetch.Client, *clock) {
	c := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	return fetch.New(fetch.Options{Resolver: address, Clock: c.Now, Sleep: c.Sleep, Timeout: 5 * time.Second}), c
}

func TestServerInTheQuestionIsGuarded(t *testing.T) {
	asked := false
	address := serveDNS(t, func(w dns.ResponseWriter, question *dns.Msg) {
		asked = true
		_ = w.WriteMsg(new(dns.Msg).SetReply(question))
	})
	client, _ := resolving("192.0.2.53")
	if _, err := client.Ask(t.Context(), source.Request{Method: "DNS", URL: "dns://" + address + "/shop.example?type=A"}); err == nil || asked {
		t.Errorf("a private server named in the question was asked (error %v)", err)
	}
}

func TestNoDNSQuestion(t *testing.T) {
	client, c := resolving("127.0.0.1:1")
	for _, address := range []string{
		"dns:///?type=A", "dns:///shop.example", "dns:///shop.example?type=NONSENSE", "dns:///" + strings.Repeat("a", 64) + ".example?type=A",
	} {
		if _, err := client.Ask(t.Context(), source.Request{Method: "DNS", URL: address}); !errors.Is(err, source.ErrBadReply) {
			t.Errorf("%s: error %v, want that it is no question", address, err)
		}
	}
	if len(c.slept) > 0 {
		t.Errorf("asked again after %v", c.slept)
	}
}

func TestResolverOverHTTPS(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"Status":0,"Question":[{"name":"%s.","type":1}],"Answer":[{"name":"%[1]s.","type":1,"TTL":5,"data":"192.0.2.1"}]}`,
			r.URL.Query().Get("name"))
	})
	client, _ := local(t, server, func(o *fetch.Options) { o.Resolver = server.URL + "/resolve" })
	_, got := lookUp(t, client, source.DNSRequest("shop.example", "A").URL)
	if diff := cmp.Diff([]string{"shop.example. A 192.0.2.1"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDNSWaitsNoLongerThanTheClient(t *testing.T) {
	release := make(chan struct{})
	address := serveDNS(t, func(dns.ResponseWriter, *dns.Msg) { <-release })
	t.Cleanup(func() { close(release) })
	client := fetch.New(fetch.Options{
		Resolver: address, Timeout: 50 * time.Millisecond, Proxy: func(*url.URL) *url.URL { return nil },
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if _, err := client.Ask(t.Context(), source.DNSRequest("shop.example", "A")); err == nil {
		t.Error("a resolver that never answers gave an answer")
	}
}
