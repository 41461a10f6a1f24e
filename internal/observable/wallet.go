package observable

import (
	"crypto/sha256"
	"regexp"
	"slices"
	"strings"
)

var (
	bitcoinForm  = regexp.MustCompile(`^[13][1-9A-HJ-NP-Za-km-z]{25,34}$`)
	segwitForm   = regexp.MustCompile(`^(bc|tb|ltc)1[02-9ac-hj-np-z]{11,87}$`)
	ethereumForm = regexp.MustCompile(`^0x[0-9a-f]{40}$`)
	anyWallet    = regexp.MustCompile(`^[0-9A-Za-z:_-]{20,128}$`)
)

// canonicalWallet checks the addresses whose form it knows: Bitcoin in base58
// and bech32 with their checksums, Ethereum in hexadecimal (written lower-case;
// the checksum in the case of its letters is not looked at). Other coins are
// taken as they are.
func canonicalWallet(text string) (string, error) {
	if lower := strings.ToLower(text); ethereumForm.MatchString(lower) {
		return lower, nil
	} else if segwitForm.MatchString(lower) {
		if !bech32Valid(lower) {
			return "", refuse("%.80q is no wallet address: its checksum does not match, so a character is wrong", text)
		}
		return lower, nil
	}
	switch {
	case bitcoinForm.MatchString(text) && !base58Valid(text):
		return "", refuse("%.80q is no wallet address: its checksum does not match, so a character is wrong", text)
	case !anyWallet.MatchString(text):
		return "", refuse("%.80q is no wallet address", text)
	}
	return text, nil
}

// knownWallet reports whether text is an address that can be told from other
// text by its form and checksum.
func knownWallet(text string) bool {
	lower := strings.ToLower(text)
	return ethereumForm.MatchString(lower) ||
		segwitForm.MatchString(lower) && bech32Valid(lower) ||
		bitcoinForm.MatchString(text) && base58Valid(text)
}

// base58Valid checks the four bytes of double SHA-256 at the end of a base58check address.
func base58Valid(text string) bool {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	var decoded [25]byte // version, 20 bytes of hash, checksum
	for i := range len(text) {
		carry := strings.IndexByte(alphabet, text[i])
		if carry < 0 {
			return false
		}
		for j := len(decoded) - 1; j >= 0; j-- {
			carry += 58 * int(decoded[j])
			decoded[j] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return false
		}
	}
	first := sha256.Sum256(decoded[:21])
	second := sha256.Sum256(first[:])
	return slices.Equal(second[:4], decoded[21:])
}

// bech32Valid checks the checksum of BIP 173, or of BIP 350 for later versions.
func bech32Valid(text string) bool {
	const (
		alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
		bech32   = 1
		bech32m  = 0x2bc830a3
	)
	generator := [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	checksum := uint32(1)
	feed := func(value byte) {
		top := checksum >> 25
		checksum = checksum&0x1ffffff<<5 ^ uint32(value)
		for i, g := range generator {
			if top>>i&1 == 1 {
				checksum ^= g
			}
		}
	}
	separator := strings.LastIndexByte(text, '1')
	network, data := text[:separator], text[separator+1:]
	for i := range len(network) {
		feed(network[i] >> 5)
	}
	feed(0)
	for i := range len(network) {
		feed(network[i] & 31)
	}
	for i := range len(data) {
		value := strings.IndexByte(alphabet, data[i])
		if value < 0 {
			return false
		}
		feed(byte(value))
	}
	return checksum == bech32 || checksum == bech32m
}
