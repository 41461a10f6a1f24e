package certificate_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/server/certificate"
)

// issue writes a certificate that vouches for itself, and its key.
func issue(t *testing.T, dir, name string, until time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(until.Unix()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
		DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(t, keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	return certFile, keyFile
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// served is the certificate that a client gets, and what it was spoken in.
func served(t *testing.T, server *tls.Config, client *tls.Config) (*x509.Certificate, tls.ConnectionState, error) {
	t.Helper()
	here, there := net.Pipe()
	defer here.Close()  //nolint:errcheck // of memory
	defer there.Close() //nolint:errcheck // of memory
	go func() { _ = tls.Server(there, server).HandshakeContext(t.Context()) }()
	client.InsecureSkipVerify = true
	conn := tls.Client(here, client)
	if err := conn.HandshakeContext(t.Context()); err != nil {
		return nil, tls.ConnectionState{}, err
	}
	state := conn.ConnectionState()
	return state.PeerCertificates[0], state, nil
}

func TestFilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := issue(t, dir, "one.example", time.Now().Add(time.Hour))
	var said bytes.Buffer
	now := time.Now()
	files, err := certificate.Open(certFile, keyFile, slog.New(slog.NewTextHandler(&said, nil)), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want string) {
		t.Helper()
		got, _, err := served(t, files.Config(), &tls.Config{})
		if err != nil || got.Subject.CommonName != want {
			t.Errorf("served %v, %v; want %s", got, err, want)
		}
	}
	expect("one.example")
	issue(t, dir, "second.example", time.Now().Add(2*time.Hour))
	expect("one.example") // looked at a moment ago
	now = now.Add(3 * time.Second)
	expect("second.example")

	// Half of a new pair is none: the one before stays, and that is said once.
	other := t.TempDir()
	_, strange := issue(t, other, "third.example", time.Now().Add(3*time.Hour))
	content, err := os.ReadFile(strange)
	if err != nil {
		t.Fatal(err)
	}
	write(t, keyFile, content)
	for range 3 {
		now = now.Add(3 * time.Second)
		expect("second.example")
	}
	if n := strings.Count(said.String(), "stays in use"); n != 1 {
		t.Errorf("said %d times: %s", n, &said)
	}
	if err := os.Rename(filepath.Join(other, "cert.pem"), certFile); err != nil {
		t.Fatal(err)
	}
	files.Reload() // SIGHUP does not wait
	expect("third.example")
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	now = now.Add(3 * time.Second)
	expect("third.example")
}

func TestVersionsAndSuites(t *testing.T) {
	certFile, keyFile := issue(t, t.TempDir(), "one.example", time.Now().Add(time.Hour))
	files, err := certificate.Open(certFile, keyFile, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := served(t, files.Config(), &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	if _, state, err := served(t, files.Config(), &tls.Config{}); err != nil || state.Version != tls.VersionTLS13 {
		t.Errorf("%x, %v", state.Version, err)
	}
	if _, state, err := served(t, files.Config(), &tls.Config{MaxVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}); err != nil || state.NegotiatedProtocol != "h2" {
		t.Errorf("%+v, %v", state, err)
	}
	var weak []uint16
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if strings.Contains(suite.Name, "CBC") || !strings.Contains(suite.Name, "ECDHE") && slices.Contains(suite.SupportedVersions, uint16(tls.VersionTLS12)) {
			weak = append(weak, suite.ID)
		}
	}
	if _, state, err := served(t, files.Config(), &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: weak}); err == nil {
		t.Errorf("%s is spoken", tls.CipherSuiteName(state.CipherSuite))
	}
}

func TestUnusableFiles(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := issue(t, dir, "one.example", time.Now().Add(time.Hour))
	empty := filepath.Join(dir, "empty")
	write(t, empty, nil)
	for name, pair := range map[string][2]string{
		"missing": {filepath.Join(dir, "none"), keyFile}, "empty": {empty, keyFile}, "swapped": {keyFile, certFile}, "no_key": {certFile, empty},
	} {
		_, err := certificate.Open(pair[0], pair[1], slog.New(slog.DiscardHandler), time.Now)
		if !errors.Is(err, certificate.ErrUnusable) || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
