package artifact_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/artifact"
	"clew/internal/artifact/artifacttest"
	"clew/internal/observation"
)

// A party is somebody with a key and a certificate, kept as name.key and, with
// those above it, name.chain.
type party struct {
	key  crypto.Signer
	cert *x509.Certificate
	pem  []byte
}

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

// issue makes a party below another, nil for a root of its own.
func issue(t *testing.T, dir, name string, above *party, curve bool, from, to string, uses ...x509.ExtKeyUsage) *party {
	t.Helper()
	var p party
	var err error
	if curve {
		p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		p.key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Evil Example"}, CommonName: "Signer " + name},
		NotBefore: day(from), NotAfter: day(to), ExtKeyUsage: uses, KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	if slices.Contains(uses, x509.ExtKeyUsageTimeStamping) { // must be critical (RFC 3161, section 2.3), which x509 does not write
		value, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
		if err != nil {
			t.Fatal(err)
		}
		template.ExtKeyUsage = nil
		template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: value}}
	}
	signer, parent := p.key, template
	if above == nil {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	} else {
		signer, parent = above.key, above.cert
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, p.key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	if p.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	p.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if above != nil {
		p.pem = append(p.pem, above.pem...)
	}
	key, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		t.Fatal(err)
	}
	for file, data := range map[string][]byte{name + ".chain": p.pem, name + ".key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})} {
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &p
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func sign(t *testing.T, dir, who, in, out string, more ...string) {
	t.Helper()
	artifacttest.Run(t, dir, "osslsigncode", append(append([]string{"sign", "-certs", who + ".chain", "-key", who + ".key"}, more...), "-in", in, "-out", out)...)
}

// words writes signers as "name valid matches time?", for comparison.
func words(f *artifact.File) string {
	var all []string
	for _, s := range f.Signers {
		w := s.Name
		for _, is := range []struct {
			so   bool
			word string
		}{{s.Valid, "valid"}, {s.Matches, "matches"}, {!s.Time.IsZero(), "timed"}} {
			if is.so {
				w += " " + is.word
			}
		}
		all = append(all, w)
	}
	return strings.Join(all, "; ")
}

// TestAgainstOsslsigncode signs one program in every way there is and compares
// what is read with what osslsigncode verifies.
func TestAgainstOsslsigncode(t *testing.T) {
	dir := t.TempDir()
	root := issue(t, dir, "root", nil, false, "2015-01-01", "2045-01-01")
	issue(t, dir, "one", root, false, "2024-01-01", "2039-01-01", x509.ExtKeyUsageCodeSigning)
	issue(t, dir, "two", root, true, "2024-01-01", "2039-01-01", x509.ExtKeyUsageCodeSigning)
	issue(t, dir, "old", root, false, "2020-01-01", "2021-01-01", x509.ExtKeyUsageCodeSigning)
	issue(t, dir, "tls", root, false, "2020-01-01", "2039-01-01", x509.ExtKeyUsageServerAuth)
	tsaRoot := issue(t, dir, "tsaroot", nil, false, "2015-01-01", "2045-01-01")
	issue(t, dir, "tsa", tsaRoot, false, "2018-01-01", "2039-01-01", x509.ExtKeyUsageTimeStamping)
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("plain", []byte(readFile(t, "pe/testdata/plain.exe")))
	stamp := func(at string) []string {
		return []string{"-TSA-certs", "tsa.chain", "-TSA-key", "tsa.key", "-TSA-time", fmt.Sprint(day(at).Unix())}
	}
	sign(t, dir, "one", "plain", "one", "-h", "sha256", "-n", "Evil Program", "-i", "http://evil.example/")
	sign(t, dir, "two", "plain", "curve_sha384", "-h", "sha384")
	sign(t, dir, "one", "plain", "sha1", "-h", "sha1")
	sign(t, dir, "two", "one", "nested", "-h", "sha256", "-nest")
	sign(t, dir, "tls", "plain", "other_use", "-h", "sha256")
	sign(t, dir, "old", "plain", "expired", "-h", "sha256")
	sign(t, dir, "old", "plain", "expired_but_stamped", append([]string{"-h", "sha256"}, stamp("2020-06-01")...)...)
	sign(t, dir, "old", "plain", "stamped_too_late", append([]string{"-h", "sha256"}, stamp("2022-06-01")...)...)
	signed := []byte(readFile(t, filepath.Join(dir, "one")))
	tampered := bytes.Clone(signed)
	tampered[0x400] ^= 1
	write("tampered", tampered)
	write("grown", append(bytes.Clone(signed), "more bytes behind the signature"...))

	tests := map[string]struct {
		want string
		good bool // osslsigncode verifies it, too
	}{
		"plain":               {"", false},
		"one":                 {"Signer one valid matches", true},
		"curve_sha384":        {"Signer two valid matches", true},
		"sha1":                {"Signer one valid matches", true},
		"nested":              {"Signer one valid matches; Signer two valid matches", true},
		"other_use":           {"Signer tls matches", false},
		"expired":             {"Signer old matches", false},
		"expired_but_stamped": {"Signer old valid matches timed", true},
		"stamped_too_late":    {"Signer old matches timed", false},
		"tampered":            {"Signer one", false},
	}
	a := artifact.Analyzer{Now: day("2026-01-01")}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files, err := walkOne(&a, filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			f := files[0]
			if got := words(f); got != tt.want {
				t.Errorf("%q, want %q: %+v", got, tt.want, f.Signers)
			}
			said, good := artifacttest.Try(t, dir, "osslsigncode", "verify", "-CAfile", "root.chain", "-TSA-CAfile", "tsaroot.chain", "-in", name)
			if good != tt.good {
				t.Errorf("osslsigncode verifies: %v\n%s", good, said)
			}
			compareSerial(t, f, said)
			for _, s := range f.Signers {
				if s.Valid && (s.Issuer != "O=Evil Example, CN=Signer root") {
					t.Errorf("issuer %q", s.Issuer)
				}
			}
		})
	}
	if f, err := walkOne(&a, filepath.Join(dir, "tampered")); err != nil {
		t.Fatal(err)
	} else {
		for _, fact := range f[0].Observations() {
			if fact.Relation == observation.SignedBy {
				t.Errorf("a signature that is not the file's became %v", fact)
			}
		}
	}
	if f, err := walkOne(&a, filepath.Join(dir, "grown")); err != nil || words(f[0]) == "Signer one valid matches" {
		t.Errorf("bytes behind the signature went unnoticed: %v", err)
	}
}

func compareSerial(t *testing.T, f *artifact.File, said string) {
	t.Helper()
	serials := regexp.MustCompile(`Serial : ([0-9A-F]+)`).FindStringSubmatch(said)
	if len(f.Signers) == 0 || serials == nil {
		return
	}
	if want := strings.TrimLeft(strings.ToLower(serials[1]), "0"); f.Signers[0].Serial != want {
		t.Errorf("serial %s, osslsigncode %s", f.Signers[0].Serial, want)
	}
}

func walkOne(a *artifact.Analyzer, path string) ([]*artifact.File, error) {
	var files []*artifact.File
	err := a.Walk(context.Background(), []string{path}, func(o artifact.Outcome) error {
		if o.Skipped != nil {
			return o.Skipped.Err
		}
		files = o.Files
		return nil
	})
	return files, err
}
