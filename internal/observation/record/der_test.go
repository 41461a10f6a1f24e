package record_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/observation/record"
)

func issue(t testing.TB) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0xabc),
		Subject:      pkix.Name{Country: []string{"US"}, Organization: []string{"Shop, Inc."}, CommonName: "shop.example"},
		DNSNames:     []string{"shop.example", "*.shop.example"}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestParseDER(t *testing.T) {
	der := issue(t)
	got, ok := record.ParseDER(der)
	if !ok || len(got.SHA256) != 64 || len(got.SHA1) != 40 || len(got.Key) != 64 {
		t.Fatalf("ok %v, %+v", ok, got)
	}
	want := record.Certificate{
		SHA256: got.SHA256, SHA1: got.SHA1, Key: got.Key,
		Subject: "C=US, O=Shop, Inc., CN=shop.example", Issuer: "C=US, O=Shop, Inc., CN=shop.example", Serial: "abc",
		Names:     []string{"shop.example", "*.shop.example", "192.0.2.1", "shop.example"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	asPEM, ok := record.ParsePEM(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	if diff := cmp.Diff(got, asPEM); diff != "" || !ok {
		t.Errorf("as PEM (-der +pem):\n%s", diff)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	tbs, ok := record.ParseTBS(parsed.RawTBSCertificate)
	got.SHA256, got.SHA1 = "", ""
	if diff := cmp.Diff(got, tbs); diff != "" || !ok {
		t.Errorf("without its signature (-whole +tbs):\n%s", diff)
	}
}

func FuzzParseDER(f *testing.F) {
	f.Add(issue(f))
	f.Fuzz(func(t *testing.T, der []byte) {
		if c, ok := record.ParseDER(der); ok {
			for _, o := range c.Observations() {
				if err := o.Check(); err != nil {
					t.Error(err)
				}
			}
		}
		record.ParseTBS(der)
	})
}
