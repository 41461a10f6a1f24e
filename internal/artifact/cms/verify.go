package cms

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"fmt"
	"time"

	"github.com/google/certificate-transparency-go/x509"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// A Verdict is what one signature is worth.
type Verdict struct {
	Signer *Certificate   `json:"signer"` // nil when its certificate is not there
	Chain  []*Certificate `json:"chain"`  // from the signer up
	// Complete says that the chain ends in a certificate that signed itself.
	Complete bool   `json:"chain_complete"`
	Digest   string `json:"digest_algorithm"`
	// Authentic says that the signer's key signed exactly this content.
	Authentic bool `json:"authentic"`
	// Time is when a time-stamping authority saw the signature, UTC, and
	// TimeFrom by which protocol: rfc3161 or countersignature. Without one it
	// is zero, and the dates are judged as of now.
	Time     time.Time `json:"time,omitzero"`
	TimeFrom string    `json:"time_from,omitempty"`
	TimeBy   string    `json:"time_by,omitempty"` // name in the authority's certificate
	// Claimed is the signer's own word on when it was.
	Claimed time.Time `json:"claimed_time,omitzero"`
	// Problems say why the signature does not hold; none when it does.
	Problems []string `json:"problems"`
}

func (v *Verdict) problem(format string, args ...any) {
	v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
}

// Use is what a certificate is to be allowed for.
type Use = x509.ExtKeyUsage

// The uses that files are signed for.
const (
	CodeSigning  Use = x509.ExtKeyUsageCodeSigning
	TimeStamping Use = x509.ExtKeyUsageTimeStamping
	AnyUse       Use = x509.ExtKeyUsageAny
)

// Verify judges signature i over content: the message's own, or what it is
// about when it carries none. Without a time stamp the certificates are to be
// in force at now.
func (s *Signed) Verify(i int, content []byte, use Use, now time.Time) Verdict {
	info := s.Signers[i]
	v := Verdict{Chain: []*Certificate{}, Problems: []string{}, Claimed: info.SigningTime()}
	_, v.Digest, _ = HashOf(info.digest)
	if !s.authenticate(info, content, &v) {
		return v
	}
	s.readTime(info, &v)
	at := v.Time
	if at.IsZero() {
		at = now
	}
	s.judgeChain(&v, use, at)
	return v
}

// authenticate finds the signer and checks the signature itself.
func (s *Signed) authenticate(info *SignerInfo, content []byte, v *Verdict) bool {
	leaf, ok := info.certificate(s.Certs)
	if !ok {
		v.problem("the signer's certificate is not included")
		return false
	}
	v.Signer = leaf
	signed := content
	if info.attrsRaw != nil {
		signed = info.attrsRaw
		if !info.covers(content) {
			v.problem("the signed digest is not that of the content")
			v.Chain, _, v.Complete = chain(leaf, s.Certs)
			return false
		}
	}
	how, ok := info.scheme()
	if !ok || !how.verify(leaf.x509.PublicKey, signed, info.signature) {
		v.problem("the signature was not made by the signer's key")
		v.Chain, _, v.Complete = chain(leaf, s.Certs)
		return false
	}
	v.Authentic = true
	return true
}

// covers reports whether the signed digest is that of content.
func (s *SignerInfo) covers(content []byte) bool {
	hash, _, ok := HashOf(s.digest)
	raw, has := s.Attribute(oidMessageDigest)
	if !ok || !has {
		return false
	}
	value := cryptobyte.String(raw)
	var digest cryptobyte.String
	return value.ReadASN1(&digest, cbasn1.OCTET_STRING) && bytes.Equal(digest, sum(hash, content))
}

func sum(hash crypto.Hash, content []byte) []byte {
	h := hash.New()
	h.Write(content)
	return h.Sum(nil)
}

func (s *Signed) judgeChain(v *Verdict, use Use, at time.Time) {
	var verified bool
	v.Chain, verified, v.Complete = chain(v.Signer, s.Certs)
	if !verified {
		v.problem("a certificate of the chain was not signed by the one above it")
	}
	if use != AnyUse && !v.Signer.mayBe(use) {
		v.problem("the signer's certificate is not meant for this use")
	}
	for i, c := range v.Chain {
		if i == len(v.Chain)-1 && v.Complete && i > 0 {
			break // a root is trusted or not, whatever its dates
		}
		switch {
		case at.After(c.NotAfter):
			v.problem("%s expired on %s, before %s", c.Name, c.NotAfter.Format(time.DateOnly), at.UTC().Format(time.DateOnly))
		case at.Before(c.NotBefore):
			v.problem("%s is valid only from %s, after %s", c.Name, c.NotBefore.Format(time.DateOnly), at.UTC().Format(time.DateOnly))
		}
	}
}

// readTime finds the first time stamp that holds. One that does not is told.
func (s *Signed) readTime(info *SignerInfo, v *Verdict) {
	for _, oid := range []asn1.ObjectIdentifier{oidTimeStamp, oidTimeStampCMS} {
		for _, raw := range info.Unsigned(oid) {
			if at, by, err := timeOfToken(raw, info.signature); err != nil {
				v.problem("time stamp: %v", err)
			} else if v.Time.IsZero() {
				v.Time, v.TimeBy, v.TimeFrom = at, by, "rfc3161"
			}
		}
	}
	for _, raw := range info.Unsigned(oidCounter) {
		if at, by, err := s.timeOfCounter(raw, info.signature); err != nil {
			v.problem("countersignature: %v", err)
		} else if v.Time.IsZero() {
			v.Time, v.TimeBy, v.TimeFrom = at, by, "countersignature"
		}
	}
}

// timeOfToken reads an RFC 3161 token over a signature.
func timeOfToken(raw, signature []byte) (time.Time, string, error) {
	token, err := Parse(raw)
	if err != nil {
		return time.Time{}, "", err
	}
	if !token.Type.Equal(oidTSTInfo) || len(token.Signers) == 0 {
		return time.Time{}, "", malformed("no time in it")
	}
	at, covers := readTST(token.Content, signature)
	if at.IsZero() || !covers {
		return time.Time{}, "", malformed("it is about another signature")
	}
	by, err := token.vouched(token.Signers[0], token.Content, at)
	return at, by, err
}

// readTST reads TSTInfo (RFC 3161, section 2.4.2).
func readTST(content, signature []byte) (at time.Time, covers bool) {
	input := cryptobyte.String(content)
	var tst, imprint, algorithm, digest, generated cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !input.ReadASN1(&tst, cbasn1.SEQUENCE) || !tst.SkipASN1(cbasn1.INTEGER) || !tst.SkipASN1(cbasn1.OBJECT_IDENTIFIER) ||
		!tst.ReadASN1(&imprint, cbasn1.SEQUENCE) || !imprint.ReadASN1(&algorithm, cbasn1.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&oid) || !imprint.ReadASN1(&digest, cbasn1.OCTET_STRING) ||
		!tst.SkipASN1(cbasn1.INTEGER) || !tst.ReadASN1Element(&generated, cbasn1.GeneralizedTime) {
		return time.Time{}, false
	}
	hash, _, ok := HashOf(oid)
	return parseGeneralized(generated), ok && bytes.Equal(digest, sum(hash, signature))
}

// parseGeneralized reads a GeneralizedTime, which in time stamps may have
// fractions of a second.
func parseGeneralized(raw []byte) time.Time {
	input := cryptobyte.String(raw)
	var text cryptobyte.String
	if !input.ReadASN1(&text, cbasn1.GeneralizedTime) {
		return time.Time{}
	}
	t, err := time.Parse("20060102150405Z0700", string(text)) // Parse takes a fraction behind the seconds
	if err != nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

// timeOfCounter reads a PKCS #9 countersignature, whose certificates travel
// with the signature it is about.
func (s *Signed) timeOfCounter(raw, signature []byte) (time.Time, string, error) {
	input := cryptobyte.String(raw)
	info, err := parseSigner(&input)
	if err != nil {
		return time.Time{}, "", err
	}
	at := info.SigningTime()
	if at.IsZero() {
		return time.Time{}, "", malformed("no time in it")
	}
	by, err := s.vouched(info, signature, at)
	return at, by, err
}

// vouched checks the signature of a time-stamping authority and returns its name.
func (s *Signed) vouched(info *SignerInfo, content []byte, at time.Time) (string, error) {
	var v Verdict
	if s.authenticate(info, content, &v) {
		s.judgeChain(&v, TimeStamping, at)
	}
	if len(v.Problems) > 0 {
		return "", fmt.Errorf("%w: %s", ErrMalformed, v.Problems[0])
	}
	return v.Signer.Name, nil
}
