package observable

import (
	"encoding/base64"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Sizes of digests, in bytes.
const (
	md5Size    = 16
	sha1Size   = 20
	sha256Size = 32
	sha512Size = 64
	jarmSize   = 31
	tlshSize   = 35
)

// maxSerialDigits bounds a certificate serial number. RFC 5280 allows 20 octets;
// certificates made by hand go beyond.
const maxSerialDigits = 128

// ja4Form is JA4 as its authors write it: transport, version, whether a name was
// asked for, how many ciphers and extensions, first and last character of the
// protocol offered; digest of the ciphers; digest of the extensions.
// Source: https://github.com/FoxIO-LLC/ja4, technical_details/JA4.md.
var ja4Form = regexp.MustCompile(`^[tqd](1[0-3]|s[23]|d[1-3]|00)[di][0-9]{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$`)

// betweenOctets drops what tools print between the octets of a fingerprint.
var betweenOctets = strings.NewReplacer(":", "", " ", "", "-", "")

// canonicalFingerprint covers the kinds that are a digest or a number.
func canonicalFingerprint(kind Kind, text string) (string, error) {
	switch kind {
	case File:
		if digest := strings.ToLower(text); isFileHash(digest) {
			return digest, nil
		}
		return "", refuse("%.80q is no md5, sha1, sha256 or sha512 in hexadecimal", text)
	case Cert, CertKey:
		return hexDigest(text, sha1Size, sha256Size)
	case Imphash, RichHash, JA3, JA3S:
		return hexDigest(text, md5Size)
	case JARM:
		return hexDigest(text, jarmSize)
	case JA4:
		if fingerprint := strings.ToLower(text); ja4Form.MatchString(fingerprint) {
			return fingerprint, nil
		}
		return "", refuse("%.80q is no JA4; it looks like t13d1516h2_8daaf6152771_b186095e22b6", text)
	case Serial:
		return canonicalSerial(text)
	case TLSH:
		digest, err := hexDigest(strings.TrimPrefix(strings.ToUpper(text), "T1"), tlshSize)
		return "T1" + strings.ToUpper(digest), err
	case Ssdeep:
		return canonicalSsdeep(text)
	case SSHKey:
		return canonicalSSHKey(text)
	case Favicon, BodyHash:
		return canonicalContentHash(text)
	}
	return "", refuse("%s is no known kind", kind)
}

// hexDigest writes a digest of one of those sizes as plain lower-case
// hexadecimal. Colons, blanks and hyphens between the octets are dropped.
func hexDigest(text string, sizes ...int) (string, error) {
	digest := strings.ToLower(betweenOctets.Replace(text))
	if isHex(digest) {
		for _, size := range sizes {
			if len(digest) == 2*size {
				return digest, nil
			}
		}
	}
	var digits []string
	for _, size := range sizes {
		digits = append(digits, strconv.Itoa(2*size))
	}
	return "", refuse("%.80q is no fingerprint; it has %s hexadecimal digits", text, strings.Join(digits, " or "))
}

func isFileHash(digest string) bool {
	switch len(digest) {
	case 2 * md5Size, 2 * sha1Size, 2 * sha256Size, 2 * sha512Size:
		return isHex(digest)
	}
	return false
}

// canonicalSerial writes a certificate serial number in lower-case hexadecimal
// without colons, blanks, 0x and leading zeros. Digits alone are read as
// hexadecimal too: whoever has a decimal number must convert it.
func canonicalSerial(text string) (string, error) {
	digits := strings.ToLower(betweenOctets.Replace(text))
	digits = strings.TrimPrefix(digits, "0x")
	if !isHex(digits) || len(digits) > maxSerialDigits {
		return "", refuse("%.80q is no certificate serial number in hexadecimal", text)
	}
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		digits = "0"
	}
	return digits, nil
}

// canonicalSsdeep checks "blocksize:hash:hash" and drops the file name that
// ssdeep prints behind it.
func canonicalSsdeep(text string) (string, error) {
	hash, _, _ := strings.Cut(text, ",")
	parts := strings.Split(hash, ":")
	if len(parts) != 3 || !isBlockSize(parts[0]) || !isSsdeepChunk(parts[1]) || !isSsdeepChunk(parts[2]) {
		return "", refuse("%.80q is no ssdeep hash; it has the form 3:hash:hash", text)
	}
	return hash, nil
}

// isBlockSize reports whether text is 3 times a power of two, as ssdeep writes it.
func isBlockSize(text string) bool {
	size, err := strconv.ParseUint(text, 10, 32)
	if err != nil || text[0] == '0' || size%3 != 0 {
		return false
	}
	power := size / 3
	return power&(power-1) == 0
}

// isSsdeepChunk allows twice the 64 characters of spamsum, as ssdeep does when
// it does not eliminate long runs.
func isSsdeepChunk(text string) bool {
	return len(text) <= 128 && !strings.ContainsFunc(text, func(r rune) bool {
		return !isASCIIAlnum(r) && r != '+' && r != '/'
	})
}

// canonicalSSHKey writes SHA256: and unpadded base64, or MD5 as hexadecimal
// octets with colons, both as ssh-keygen -l prints them.
func canonicalSSHKey(text string) (string, error) {
	const prefix = "sha256:"
	if len(text) > len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
		sum, err := base64.RawStdEncoding.Strict().DecodeString(strings.TrimRight(text[len(prefix):], "="))
		if err == nil && len(sum) == sha256Size {
			return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum), nil
		}
	} else if digest, err := hexDigest(trimPrefixFold(text, "md5:"), md5Size); err == nil {
		octets := make([]string, 0, md5Size)
		for i := 0; i < len(digest); i += 2 {
			octets = append(octets, digest[i:i+2])
		}
		return strings.Join(octets, ":"), nil
	}
	return "", refuse("%.80q is no SSH key fingerprint; it is SHA256: and 43 characters, or 16 octets with colons", text)
}

// canonicalContentHash reads a hash of a favicon or a body: Shodan's MurmurHash3
// as a signed number (the unsigned spelling is the same hash), or a digest.
func canonicalContentHash(text string) (string, error) {
	if number, err := strconv.ParseInt(text, 10, 64); err == nil && number >= math.MinInt32 && number <= math.MaxUint32 {
		return strconv.Itoa(int(int32(uint32(number)))), nil // wraps to signed
	}
	if digest := strings.ToLower(text); isFileHash(digest) {
		return digest, nil
	}
	return "", refuse("%.80q is no content hash; it is a 32-bit number or a digest in hexadecimal", text)
}

func trimPrefixFold(text, prefix string) string {
	if len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
		return text[len(prefix):]
	}
	return text
}
