package certificate_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"

	"clew/internal/server/certificate"
)

// names answers every question for an address with this machine's, which is where
// the authority then looks for who asks.
func names(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // the authority asks over TCP
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{Listener: listener, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		reply := new(dns.Msg).SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			reply.Answer = append(reply.Answer, &dns.A{
				Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(127, 0, 0, 1),
			})
		}
		_ = w.WriteMsg(reply) // who asked asks again
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.ShutdownContext(context.WithoutCancel(t.Context())) })
	return listener.Addr().String()
}

// authority is Let's Encrypt's own test server on loopback: it checks challenges
// where it is told that the name leads, and rejects a share of nonces as real ones do.
func authority(t *testing.T, tlsPort int) (directory, roots string) {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	quiet := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	issuer := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "usual"}})
	front := wfe.New(quiet, store, va.New(quiet, 0, tlsPort, true, names(t), store), issuer, []string{"ca.example"}, true, false, 1, 1)
	web := httptest.NewTLSServer(front.Handler())
	t.Cleanup(web.Close)
	roots = filepath.Join(t.TempDir(), "roots.pem")
	write(t, roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}))
	return web.URL + wfe.DirectoryPath, roots
}

// A server that nobody gave a certificate gets one when it starts, keeps
// it where others cannot read it, and asks for no other name.
func TestAuthorityGivesACertificate(t *testing.T) {
	var listening net.ListenConfig
	listener, err := listening.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	directory, roots := authority(t, listener.Addr().(*net.TCPAddr).Port)
	kept := filepath.Join(t.TempDir(), "acme")
	config, err := certificate.Authority{Domains: []string{"clew.example"}, Email: "soc@clew.example", Directory: directory, Roots: roots, Cache: kept}.Config()
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		TLSConfig: config, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }),
	}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() { _ = server.Close() })
	ask := func(name string) (tls.ConnectionState, error) {
		dialer := tls.Dialer{Config: &tls.Config{ServerName: name, InsecureSkipVerify: true}}
		within, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		conn, err := dialer.DialContext(within, "tcp", listener.Addr().String())
		if err != nil {
			return tls.ConnectionState{}, err
		}
		defer conn.Close() //nolint:errcheck // only the handshake was wanted
		return conn.(*tls.Conn).ConnectionState(), nil
	}
	obtained, err := certificate.Obtain(config, "clew.example")
	if err != nil {
		t.Fatal(err)
	}
	state, err := ask("clew.example")
	if err != nil {
		t.Fatal(err)
	}
	if leaf := state.PeerCertificates[0]; leaf.VerifyHostname("clew.example") != nil || !strings.Contains(leaf.Issuer.CommonName, "Pebble") || state.Version != tls.VersionTLS13 {
		t.Errorf("%v by %v", leaf.DNSNames, leaf.Issuer)
	}
	if state.PeerCertificates[0].SerialNumber.Cmp(obtained.SerialNumber) != 0 {
		t.Error("a handshake asked for another")
	}
	if _, err := ask("evil.example"); err == nil {
		t.Error("a name that nobody configured has a certificate")
	}
	if _, err := certificate.Obtain(config, "evil.example"); err == nil {
		t.Error("a name that nobody configured has a certificate")
	}
	files, err := os.ReadDir(kept)
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files kept, %v", len(files), err)
	}
	for _, file := range files {
		if info, err := file.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", file.Name(), info.Mode(), err)
		}
	}
}

func TestAuthoritiesThatAreNone(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	write(t, empty, nil)
	for name, a := range map[string]certificate.Authority{
		"no_domain": {}, "in_the_clear": {Domains: []string{"clew.example"}, Directory: "http://ca.example/dir"},
		"no_roots": {Domains: []string{"clew.example"}, Roots: empty}, "no_url": {Domains: []string{"clew.example"}, Directory: "://"},
	} {
		if _, err := a.Config(); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
