package casefile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
)

// Canonical returns v as JSON in the one form the record keeps: keys sorted by
// their bytes, no white space, numbers as they were written, strings escaped as
// encoding/json escapes them by default. Any Go encoder copies that form byte
// for byte, with or without SetEscapeHTML, so an event keeps its hash wherever
// it is written to. A value that is a [json.RawMessage] is brought into the form.
func Canonical(v any) ([]byte, error) {
	written, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	// Once more through a generic tree: it sorts the keys of structs and of raw
	// messages alike, and drops all but the last of a repeated key.
	decode := json.NewDecoder(bytes.NewReader(written))
	decode.UseNumber()
	var tree any
	if err := decode.Decode(&tree); err != nil {
		return nil, err
	}
	return json.Marshal(tree)
}

// DigestOf returns the hex SHA-256 under which a blob is kept.
func DigestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// ValidDigest reports whether text has the form of a blob's digest. Engines
// check it before they make a path or a query of it.
func ValidDigest(text string) bool { return digestForm.MatchString(text) }
