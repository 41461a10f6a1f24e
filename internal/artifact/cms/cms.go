// Package cms reads signed messages as files carry them: Authenticode, signed
// JAR files, Mach-O code signatures, time stamps.
//
// Source: RFC 5652 (CMS) and RFC 2315 (PKCS #7), whose signed data differ only
// in how the content is wrapped. Which roots deserve trust is not decided here:
// clew ships no list of them, and what is told is whether the mathematics and
// the dates hold up to the highest certificate that is there.
package cms

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// ErrMalformed means the bytes are no signed message.
var ErrMalformed = errors.New("malformed signature")

// Bounds: a message with more of either is made to waste time.
const (
	maxCertificates = 64
	maxSigners      = 16
)

var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidCounter       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 6}
	oidTSTInfo       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidTimeStamp     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 3, 3, 1}     // Microsoft, RFC 3161 token
	oidTimeStampCMS  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14} // RFC 3161, appendix A
)

// Signed is one message with its certificates and signatures.
type Signed struct {
	Type    asn1.ObjectIdentifier // of the content
	Content []byte                // what is signed, without tag and length; nil when it lies elsewhere
	Whole   []byte                // the same with tag and length
	Certs   []*Certificate
	Signers []*SignerInfo
}

// A SignerInfo is one signature over the content.
type SignerInfo struct {
	issuer    []byte // of the certificate, encoded; nil when it is named by key
	serial    []byte // encoded
	keyID     []byte
	digest    asn1.ObjectIdentifier
	algorithm asn1.ObjectIdentifier
	params    cryptobyte.String
	attrsRaw  []byte // as hashed; nil when the content itself is signed
	attrs     []attribute
	signature []byte
	unsigned  []attribute
}

type attribute struct {
	oid    asn1.ObjectIdentifier
	values cryptobyte.String
}

// Attribute returns the first value of a signed attribute, encoded.
func (s *SignerInfo) Attribute(oid asn1.ObjectIdentifier) ([]byte, bool) { return first(s.attrs, oid) }

// Unsigned returns every value of an attribute that the signature does not cover.
func (s *SignerInfo) Unsigned(oid asn1.ObjectIdentifier) [][]byte {
	var all [][]byte
	for _, a := range s.unsigned {
		for values := a.values; a.oid.Equal(oid) && !values.Empty() && len(all) < maxSigners; {
			var v cryptobyte.String
			if !values.ReadAnyASN1Element(&v, new(cbasn1.Tag)) {
				break
			}
			all = append(all, v)
		}
	}
	return all
}

// SigningTime is what the signer's own clock said, zero when it did not.
func (s *SignerInfo) SigningTime() time.Time {
	raw, ok := s.Attribute(oidSigningTime)
	if !ok {
		return time.Time{}
	}
	return parseTime(raw)
}

func first(attrs []attribute, oid asn1.ObjectIdentifier) ([]byte, bool) {
	for _, a := range attrs {
		values := a.values
		var v cryptobyte.String
		if a.oid.Equal(oid) && values.ReadAnyASN1Element(&v, new(cbasn1.Tag)) {
			return v, true
		}
	}
	return nil, false
}

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }

// Parse reads a message. Bytes behind it, such as padding, are ignored.
func Parse(der []byte) (*Signed, error) {
	input := cryptobyte.String(der)
	var info, wrapped, signed cryptobyte.String
	var kind asn1.ObjectIdentifier
	if !input.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(oidSignedData) ||
		!info.ReadASN1(&wrapped, explicit(0)) || !wrapped.ReadASN1(&signed, cbasn1.SEQUENCE) {
		return nil, malformed("not signed data")
	}
	s := &Signed{}
	var encapsulated, content cryptobyte.String
	var has bool
	if !signed.SkipASN1(cbasn1.INTEGER) || !signed.SkipASN1(cbasn1.SET) || !signed.ReadASN1(&encapsulated, cbasn1.SEQUENCE) ||
		!encapsulated.ReadASN1ObjectIdentifier(&s.Type) || !encapsulated.ReadOptionalASN1(&content, &has, explicit(0)) {
		return nil, malformed("no content")
	}
	if has {
		s.Whole = content
		var inner cryptobyte.String
		if rest := content; !rest.ReadAnyASN1(&inner, new(cbasn1.Tag)) {
			return nil, malformed("content")
		}
		s.Content = inner
	}
	var certs, revoked, signers cryptobyte.String
	if !signed.ReadOptionalASN1(&certs, &has, explicit(0)) || !signed.ReadOptionalASN1(&revoked, &has, explicit(1)) ||
		!signed.ReadASN1(&signers, cbasn1.SET) {
		return nil, malformed("no signers")
	}
	s.Certs = parseCertificates(certs)
	for !signers.Empty() && len(s.Signers) < maxSigners {
		info, err := parseSigner(&signers)
		if err != nil {
			return nil, err
		}
		s.Signers = append(s.Signers, info)
	}
	return s, nil
}

// explicit is the context tag n, constructed.
func explicit(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }

func parseSigner(from *cryptobyte.String) (*SignerInfo, error) {
	var info, digest, algorithm, attrs, unsigned, signature cryptobyte.String
	var has bool
	s := &SignerInfo{}
	if !from.ReadASN1(&info, cbasn1.SEQUENCE) || !info.SkipASN1(cbasn1.INTEGER) || !s.readIdentifier(&info) ||
		!info.ReadASN1(&digest, cbasn1.SEQUENCE) || !digest.ReadASN1ObjectIdentifier(&s.digest) {
		return nil, malformed("signer")
	}
	if info.PeekASN1Tag(explicit(0)) {
		var element cryptobyte.String
		if !info.ReadASN1Element(&element, explicit(0)) {
			return nil, malformed("signed attributes")
		}
		// What is hashed carries the tag of a set (RFC 5652, section 5.4).
		s.attrsRaw = append([]byte{byte(cbasn1.SET)}, element[1:]...)
		if !element.ReadASN1(&attrs, explicit(0)) || !readAttributes(attrs, &s.attrs) {
			return nil, malformed("signed attributes")
		}
	}
	if !info.ReadASN1(&algorithm, cbasn1.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&s.algorithm) ||
		!info.ReadASN1(&signature, cbasn1.OCTET_STRING) || !info.ReadOptionalASN1(&unsigned, &has, explicit(1)) {
		return nil, malformed("signature")
	}
	s.params, s.signature = algorithm, signature
	if has && !readAttributes(unsigned, &s.unsigned) {
		return nil, malformed("unsigned attributes")
	}
	return s, nil
}

// readIdentifier reads by what the signer's certificate is known.
func (s *SignerInfo) readIdentifier(info *cryptobyte.String) bool {
	keyTag := cbasn1.Tag(0).ContextSpecific()
	if info.PeekASN1Tag(keyTag) {
		var key cryptobyte.String
		ok := info.ReadASN1(&key, keyTag)
		s.keyID = key
		return ok
	}
	var sid, issuer, serial cryptobyte.String
	if !info.ReadASN1(&sid, cbasn1.SEQUENCE) || !sid.ReadASN1Element(&issuer, cbasn1.SEQUENCE) || !sid.ReadASN1(&serial, cbasn1.INTEGER) {
		return false
	}
	s.issuer, s.serial = issuer, serial
	return true
}

func readAttributes(from cryptobyte.String, into *[]attribute) bool {
	const most = 64
	for !from.Empty() && len(*into) < most {
		var seq cryptobyte.String
		var a attribute
		if !from.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1ObjectIdentifier(&a.oid) || !seq.ReadASN1(&a.values, cbasn1.SET) {
			return false
		}
		*into = append(*into, a)
	}
	return true
}

// parseTime reads a UTCTime or GeneralizedTime, zero when it is neither.
func parseTime(raw []byte) time.Time {
	var t time.Time
	for _, params := range []string{"utc", "generalized"} {
		if _, err := asn1.UnmarshalWithParams(raw, &t, params); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
