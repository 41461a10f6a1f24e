package record

import (
	"crypto/sha1" //nolint:gosec // fingerprints that others name certificates by, not a defence
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"strings"

	"github.com/google/certificate-transparency-go/x509"
	"github.com/google/certificate-transparency-go/x509/pkix"
)

// ParseDER reads a certificate, or a precertificate, from its encoding, with
// both fingerprints. It is lenient: certificates that break the rules are the
// more telling ones. ok is false for what is no certificate at all.
func ParseDER(der []byte) (c Certificate, ok bool) {
	parsed, err := x509.ParseCertificate(der)
	if parsed == nil || x509.IsFatal(err) {
		return c, false
	}
	c = described(parsed)
	sum256, sum1 := sha256.Sum256(der), sha1.Sum(der) //nolint:gosec // see above
	c.SHA256, c.SHA1 = hex.EncodeToString(sum256[:]), hex.EncodeToString(sum1[:])
	return c, true
}

// ParseTBS reads the part of a certificate that is signed, as transparency logs
// keep it of precertificates. Without a signature it has no fingerprint.
func ParseTBS(der []byte) (c Certificate, ok bool) {
	parsed, err := x509.ParseTBSCertificate(der)
	if parsed == nil || x509.IsFatal(err) {
		return c, false
	}
	return described(parsed), true
}

// ParsePEM is [ParseDER] for the first certificate of a PEM text.
func ParsePEM(text string) (c Certificate, ok bool) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return c, false
	}
	return ParseDER(block.Bytes)
}

func described(p *x509.Certificate) Certificate {
	key := sha256.Sum256(p.RawSubjectPublicKeyInfo)
	c := Certificate{
		Subject: distinguished(p.Subject), Issuer: distinguished(p.Issuer),
		Key: hex.EncodeToString(key[:]), Names: p.DNSNames,
		NotBefore: p.NotBefore.UTC(), NotAfter: p.NotAfter.UTC(),
	}
	if p.SerialNumber != nil && p.SerialNumber.Sign() > 0 {
		c.Serial = p.SerialNumber.Text(16)
	}
	for _, address := range p.IPAddresses {
		c.Names = append(c.Names, address.String())
	}
	c.Names = append(c.Names, p.Subject.CommonName)
	return c
}

// distinguished writes a name as [DN] reads it.
func distinguished(name pkix.Name) string {
	parts := make([]string, 0, len(name.Names))
	for _, a := range name.Names {
		if value, ok := a.Value.(string); ok {
			parts = append(parts, attributeName(a.Type.String())+"="+value)
		}
	}
	return DN(strings.Join(parts, ", "))
}

// attributeName returns the short name of an attribute (RFC 4519), and the
// number itself of those that have none.
func attributeName(oid string) string {
	switch oid {
	case "2.5.4.3":
		return "CN"
	case "2.5.4.5":
		return "serialNumber"
	case "2.5.4.6":
		return "C"
	case "2.5.4.7":
		return "L"
	case "2.5.4.8":
		return "ST"
	case "2.5.4.9":
		return "street"
	case "2.5.4.10":
		return "O"
	case "2.5.4.11":
		return "OU"
	case "2.5.4.15":
		return "businessCategory"
	case "2.5.4.17":
		return "postalCode"
	case "1.2.840.113549.1.9.1":
		return "emailAddress"
	case "0.9.2342.19200300.100.1.25":
		return "DC"
	case "0.9.2342.19200300.100.1.1":
		return "UID"
	}
	return oid
}
