package certs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/ingest"
	"clew/internal/ingest/certs"
	"clew/internal/ingest/ingesttest"
	"clew/internal/source/certspotter"
	"clew/internal/source/crtsh"
	"clew/internal/source/ctlog"
)

func format() ingest.Format {
	return certs.Format{Entry: ctlog.ReadEntry, CrtSh: crtsh.ReadRow, Issuance: certspotter.ReadIssuance}
}

func issue(t testing.TB) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0xabc), Subject: pkix.Name{CommonName: "a.example"}, DNSNames: []string{"a.example"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func asPEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// entry writes a certificate as get-entries gives it, RFC 6962 section 3.4.
func entry(der []byte) string {
	leaf := binary.BigEndian.AppendUint64([]byte{0, 0}, uint64(ingesttest.Day.UnixMilli()))
	leaf = append(leaf, 0, 0, byte(len(der)>>16), byte(len(der)>>8), byte(len(der)))
	leaf = append(append(leaf, der...), 0, 0)
	return fmt.Sprintf(`{"entries":[{"leaf_input":"%s","extra_data":"AAAA"}]}`, base64.StdEncoding.EncodeToString(leaf))
}

func TestOneCertificateInEveryForm(t *testing.T) {
	der := issue(t)
	want, _, err := ingesttest.Read(t, format(), asPEM(der))
	if err != nil || len(want) != 6 {
		t.Fatalf("%q, %v", want, err)
	}
	sum := sha256.Sum256(der)
	if first := hex.EncodeToString(sum[:]) + " names a.example [2026-01-01T00:00:00Z,2026-08-22T00:00:00Z]"; want[0] != first {
		t.Errorf("got %q, want %q", want[0], first)
	}
	certstream := fmt.Sprintf(`{"message_type":"certificate_update","data":{"update_type":"X509LogEntry","seen":%d.5,"leaf_cert":{"as_der":"%s"}}}`,
		ingesttest.Day.Unix(), base64.StdEncoding.EncodeToString(der))
	for name, input := range map[string]string{
		"der": string(der), "text_around": "Certificate:\n  Data\n" + asPEM(der) + "trailer\n", "certstream": `{"message_type":"heartbeat"}` + "\n" + certstream, "log_entry": entry(der),
	} {
		got, s, err := ingesttest.Read(t, format(), input)
		if diff := cmp.Diff(want, got); diff != "" || err != nil || s.Rejected > 0 {
			t.Errorf("%s: %v, %+v (-pem +got):\n%s", name, err, s, diff)
		}
		if name != "text_around" && !format().Likely([]byte(input)) {
			t.Errorf("%s is not recognised", name)
		}
	}
}

func TestDescribedCertificates(t *testing.T) {
	const lite = `{"leaf_cert":{"subject":{"CN":"b.example","aggregated":"/CN=b.example"},"issuer":{"O":"CA","CN":"CA 1"},"serial_number":"0A","fingerprint":"AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB","all_domains":["b.example"],"not_before":1767225600,"not_after":1790000000},"seen":1770000000}`
	sha1 := strings.Repeat("ab", 20)
	w := " [2026-01-01T00:00:00Z,2026-02-02T02:40:00Z]"
	ingesttest.States(t, format(), lite, sha1+" names b.example"+w, sha1+" subject-dn CN=b.example"+w, sha1+" issued-by O=CA, CN=CA 1"+w, sha1+" serial a"+w)
	got, _, err := ingesttest.Read(t, format(), `[{"issuer_ca_id":1,"issuer_name":"CN=CA","name_value":"a.example\nb.example","id":7,"not_before":"2026-01-01T00:00:00","not_after":"2026-02-01T00:00:00","serial_number":"0a"}]`)
	if err != nil || len(got) != 4 {
		t.Errorf("crt.sh: %q, %v", got, err)
	}
}

func TestRefused(t *testing.T) {
	good := asPEM(issue(t))
	ingesttest.Refuses(t, format(), good+"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"+good, 12)
	ingesttest.Refuses(t, format(), string(issue(t))+"\x30\x00\x00\x00\x00", 6)
	if _, _, err := ingesttest.Read(t, format(), good+good[:100]); err == nil {
		t.Error("half a block at the end is no error")
	}
	if _, _, err := ingesttest.Read(t, format(), "no certificate"); err == nil {
		t.Error("no certificate at all is no error")
	}
}

func FuzzCerts(f *testing.F) {
	der := issue(f)
	ingesttest.Fuzz(f, format, asPEM(der), string(der), entry(der),
		`{"message_type":"certificate_update","data":{"leaf_cert":{"subject":{"CN":"a.example"},"issuer":{"CN":"CA"},"serial_number":"1"}}}`)
}
