package cms

import (
	"crypto"
	"crypto/dsa" //nolint:staticcheck // JAR files of the last century are signed with it
	"crypto/ecdsa"
	"crypto/ed25519"
	_ "crypto/md5" //nolint:gosec // old signatures, told apart by DigestAlgorithm
	"crypto/rsa"
	_ "crypto/sha1" //nolint:gosec // as above
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/asn1"
	"math/big"

	"github.com/google/certificate-transparency-go/x509"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// A scheme is how a signature was made.
type scheme struct {
	hash crypto.Hash
	pss  bool
}

var schemeOf = map[x509.SignatureAlgorithm]scheme{
	x509.MD5WithRSA: {hash: crypto.MD5}, x509.SHA1WithRSA: {hash: crypto.SHA1}, x509.SHA256WithRSA: {hash: crypto.SHA256},
	x509.SHA384WithRSA: {hash: crypto.SHA384}, x509.SHA512WithRSA: {hash: crypto.SHA512},
	x509.SHA256WithRSAPSS: {hash: crypto.SHA256, pss: true}, x509.SHA384WithRSAPSS: {hash: crypto.SHA384, pss: true},
	x509.SHA512WithRSAPSS: {hash: crypto.SHA512, pss: true},
	x509.ECDSAWithSHA1:    {hash: crypto.SHA1}, x509.ECDSAWithSHA256: {hash: crypto.SHA256},
	x509.ECDSAWithSHA384: {hash: crypto.SHA384}, x509.ECDSAWithSHA512: {hash: crypto.SHA512},
	x509.DSAWithSHA1: {hash: crypto.SHA1}, x509.DSAWithSHA256: {hash: crypto.SHA256},
	x509.PureEd25519: {},
}

var hashes = []struct {
	oid  asn1.ObjectIdentifier
	hash crypto.Hash
	name string
}{
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 5}, crypto.MD5, "md5"},
	{asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, crypto.SHA1, "sha1"},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, crypto.SHA256, "sha256"},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, crypto.SHA384, "sha384"},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, crypto.SHA512, "sha512"},
}

// HashOf returns the hash function of an object identifier and its name.
func HashOf(oid asn1.ObjectIdentifier) (crypto.Hash, string, bool) {
	for _, h := range hashes {
		if h.oid.Equal(oid) {
			return h.hash, h.name, true
		}
	}
	return 0, oid.String(), false
}

// hashesBySignature are the algorithms that name their hash:
// sha256WithRSAEncryption, ecdsa-with-SHA384.
var hashesBySignature = map[string]crypto.Hash{
	"1.2.840.113549.1.1.4": crypto.MD5, "1.2.840.113549.1.1.5": crypto.SHA1, "1.2.840.113549.1.1.11": crypto.SHA256,
	"1.2.840.113549.1.1.12": crypto.SHA384, "1.2.840.113549.1.1.13": crypto.SHA512,
	"1.2.840.10045.4.1": crypto.SHA1, "1.2.840.10045.4.3.2": crypto.SHA256, "1.2.840.10045.4.3.3": crypto.SHA384,
	"1.2.840.10045.4.3.4": crypto.SHA512,
}

var (
	oidPSS     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidEd25519 = asn1.ObjectIdentifier{1, 3, 101, 112}
)

// scheme returns how the signer signed: by the algorithm's own hash where it
// names one, else by the signer's digest algorithm.
func (s *SignerInfo) scheme() (scheme, bool) {
	if s.algorithm.Equal(oidEd25519) {
		return scheme{}, true
	}
	if hash, ok := hashesBySignature[s.algorithm.String()]; ok {
		return scheme{hash: hash}, true
	}
	hash, _, ok := HashOf(s.digest)
	if s.algorithm.Equal(oidPSS) {
		if named, ok := pssHash(s.params); ok {
			hash = named
		}
		return scheme{hash: hash, pss: true}, ok
	}
	return scheme{hash: hash}, ok
}

// pssHash reads the hash of RSASSA-PSS-params (RFC 4055); SHA-1 is the default.
func pssHash(params cryptobyte.String) (crypto.Hash, bool) {
	var seq, wrapped, algorithm cryptobyte.String
	var has bool
	var oid asn1.ObjectIdentifier
	if !params.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadOptionalASN1(&wrapped, &has, explicit(0)) {
		return 0, false
	}
	if !has {
		return crypto.SHA1, true
	}
	if !wrapped.ReadASN1(&algorithm, cbasn1.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&oid) {
		return 0, false
	}
	hash, _, ok := HashOf(oid)
	return hash, ok
}

// verify reports whether key made the signature over message.
func (s scheme) verify(key any, message, signature []byte) bool {
	if k, ok := key.(ed25519.PublicKey); ok {
		return len(k) == ed25519.PublicKeySize && ed25519.Verify(k, message, signature)
	}
	if s.hash == 0 || !s.hash.Available() {
		return false
	}
	h := s.hash.New()
	h.Write(message)
	digest := h.Sum(nil)
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() > maxKeyBits || k.E < 2 {
			return false
		}
		if s.pss {
			return rsa.VerifyPSS(k, s.hash, digest, signature, nil) == nil
		}
		// Symantec's time stamps sign the bare digest, without the identifier of
		// the hash before it. Windows takes that, and it is no weaker.
		return rsa.VerifyPKCS1v15(k, s.hash, digest, signature) == nil || rsa.VerifyPKCS1v15(k, 0, digest, signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, digest, signature)
	case *dsa.PublicKey:
		return verifyDSA(k, digest, signature)
	}
	return false
}

// maxKeyBits bounds the work that a certificate may ask for.
const maxKeyBits = 16384

func verifyDSA(k *dsa.PublicKey, digest, signature []byte) bool {
	input := cryptobyte.String(signature)
	var seq cryptobyte.String
	r, t := new(big.Int), new(big.Int)
	if !input.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1Integer(r) || !seq.ReadASN1Integer(t) {
		return false
	}
	if k.P.BitLen() > maxKeyBits || k.Q.BitLen() > maxKeyBits || k.P.Sign() <= 0 || k.Q.Sign() <= 0 {
		return false
	}
	if size := (k.Q.BitLen() + 7) / 8; len(digest) > size {
		digest = digest[:size]
	}
	return dsa.Verify(k, digest, r, t)
}
