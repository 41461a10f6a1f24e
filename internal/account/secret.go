package account

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// Prefixes say what a secret is, so that scanners of code and chats find one that
// got lost, and people know what they hold.
const (
	tokenPrefix   = "clew_pat_"
	sessionPrefix = "clew_ses_"
	linkPrefix    = "clew_one_"
	halfPrefix    = "clew_hlf_" // the first step of a sign-in
)

// secretBytes are drawn for each: 160 bits, which nobody guesses.
const secretBytes = 20

var alphabet = base32.StdEncoding.WithPadding(base32.NoPadding)

// draw makes a secret: prefix, 32 characters, and a checksum of 7, by which a
// scanner tells a real one from a text that looks like one.
func draw(random io.Reader, prefix string) (string, error) {
	raw := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("drawing a secret: %w", err)
	}
	body := prefix + strings.ToLower(alphabet.EncodeToString(raw))
	return body + checksum(body), nil
}

func checksum(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	return strings.ToLower(alphabet.EncodeToString([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}))
}

// wellFormed reports whether a text can be a secret of that sort at all.
func wellFormed(secret, prefix string) bool {
	const sum = 7
	body := len(secret) - sum
	return strings.HasPrefix(secret, prefix) && len(secret) == len(prefix)+32+sum && checksum(secret[:body]) == secret[body:]
}

// digest is what is kept of a secret. A secret of 160 random bits needs no slow
// hash. Looking a digest up tells nobody how far a guess was right.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// newID names a user or token, for life.
func newID(random io.Reader) (string, error) {
	raw := make([]byte, 10)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("drawing an ID: %w", err)
	}
	return strings.ToLower(alphabet.EncodeToString(raw)), nil
}
