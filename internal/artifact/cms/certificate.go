package cms

import (
	"bytes"
	"crypto"
	"slices"
	"time"

	"github.com/google/certificate-transparency-go/x509"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"clew/internal/observation/record"
)

// A Certificate is one that travels with a signature.
type Certificate struct {
	Subject   string    `json:"subject"`
	Name      string    `json:"name"` // common name, else organisation
	Issuer    string    `json:"issuer"`
	Serial    string    `json:"serial"`     // hexadecimal, without leading zeros
	SHA1      string    `json:"thumbprint"` // as Windows shows it
	SHA256    string    `json:"sha256"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`

	record record.Certificate
	x509   *x509.Certificate
}

// Record returns the certificate in the form every provider's takes.
func (c Certificate) Record() record.Certificate { return c.record }

// parseCertificates reads the certificates of a message. Those that cannot be
// read are left out; whoever was signed with them has no chain then.
func parseCertificates(from cryptobyte.String) []*Certificate {
	var all []*Certificate
	for !from.Empty() && len(all) < maxCertificates {
		var raw cryptobyte.String
		if !from.ReadAnyASN1Element(&raw, new(cbasn1.Tag)) {
			break
		}
		if c, ok := ParseCertificate(raw); ok {
			all = append(all, c)
		}
	}
	return all
}

// ParseCertificate reads one certificate, leniently: those that break the rules
// are the more telling ones.
func ParseCertificate(der []byte) (*Certificate, bool) {
	parsed, err := x509.ParseCertificate(der)
	if parsed == nil || x509.IsFatal(err) {
		return nil, false
	}
	described, ok := record.ParseDER(der)
	if !ok {
		return nil, false
	}
	name := parsed.Subject.CommonName
	if name == "" && len(parsed.Subject.Organization) > 0 {
		name = parsed.Subject.Organization[0]
	}
	return &Certificate{
		Subject: record.DN(described.Subject), Name: name, Issuer: record.DN(described.Issuer), Serial: described.Serial,
		SHA1: described.SHA1, SHA256: described.SHA256, NotBefore: described.NotBefore, NotAfter: described.NotAfter,
		record: described, x509: parsed,
	}, true
}

// selfIssued reports whether the certificate names itself as its issuer.
func (c *Certificate) selfIssued() bool { return bytes.Equal(c.x509.RawSubject, c.x509.RawIssuer) }

// mayBe reports whether the certificate allows a use: it does when it lists the
// use, any use or none at all.
func (c *Certificate) mayBe(use x509.ExtKeyUsage) bool {
	uses := c.x509.ExtKeyUsage
	return len(uses) == 0 && len(c.x509.UnknownExtKeyUsage) == 0 ||
		slices.Contains(uses, use) || slices.Contains(uses, x509.ExtKeyUsageAny)
}

// signedBy reports whether issuer's key made the signature on c.
func (c *Certificate) signedBy(issuer *Certificate) bool {
	scheme, ok := schemeOf[c.x509.SignatureAlgorithm]
	return ok && scheme.verify(issuer.x509.PublicKey, c.x509.RawTBSCertificate, c.x509.Signature)
}

// certificate finds the signer's own certificate.
func (s *SignerInfo) certificate(among []*Certificate) (*Certificate, bool) {
	i := slices.IndexFunc(among, func(c *Certificate) bool {
		if s.issuer == nil {
			return len(s.keyID) > 0 && bytes.Equal(c.x509.SubjectKeyId, s.keyID)
		}
		return bytes.Equal(c.x509.RawIssuer, s.issuer) && bytes.Equal(c.serialBytes(), trimSign(s.serial))
	})
	if i < 0 {
		return nil, false
	}
	return among[i], true
}

func (c *Certificate) serialBytes() []byte {
	if c.x509.SerialNumber == nil {
		return nil
	}
	return c.x509.SerialNumber.Bytes()
}

// trimSign drops the leading zero octets of an encoded positive number.
func trimSign(b []byte) []byte { return bytes.TrimLeft(b, "\x00") }

// chain climbs from leaf to the highest certificate that is there. verified
// says that each signature on the way was made by the certificate above, and
// complete that the top signed itself.
func chain(leaf *Certificate, among []*Certificate) (path []*Certificate, verified, complete bool) {
	const highest = 10
	path, verified = []*Certificate{leaf}, true
	for len(path) < highest {
		top := path[len(path)-1]
		if top.selfIssued() {
			return path, verified && top.signedBy(top), true
		}
		next := issuerOf(top, among, path)
		if next == nil {
			return path, verified, false
		}
		verified = verified && top.signedBy(next)
		path = append(path, next)
	}
	return path, false, false
}

// issuerOf prefers, of several certificates with the issuer's name, the one
// whose key made the signature.
func issuerOf(c *Certificate, among, used []*Certificate) *Certificate {
	var named *Certificate
	for _, candidate := range among {
		if slices.Contains(used, candidate) || !bytes.Equal(candidate.x509.RawSubject, c.x509.RawIssuer) {
			continue
		}
		if c.signedBy(candidate) {
			return candidate
		}
		if named == nil {
			named = candidate
		}
	}
	return named
}

// Signed reports whether the certificate's key made the signature over message.
func (c *Certificate) Signed(message, signature []byte, hash crypto.Hash, pss bool) bool {
	return scheme{hash: hash, pss: pss}.verify(c.x509.PublicKey, message, signature)
}
