package casefile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// Canonical returns v as JSON in the one form the record keeps: keys sorted by
// their bytes, no white space, numbers as they were written, only the escapes
// JSON demands. A value that is a [json.RawMessage] is brought into that form.
func Canonical(v any) ([]byte, error) {
	var buf bytes.Buffer
	encode := json.NewEncoder(&buf)
	encode.SetEscapeHTML(false)
	if err := encode.Encode(v); err != nil {
		return nil, err
	}
	// Once more through a generic tree: it sorts the keys of structs and of raw
	// messages alike, and drops all but the last of a repeated key.
	decode := json.NewDecoder(&buf)
	decode.UseNumber()
	var tree any
	if err := decode.Decode(&tree); err != nil {
		return nil, err
	}
	if _, err := decode.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more than one JSON value")
	}
	var out bytes.Buffer
	encode = json.NewEncoder(&out)
	encode.SetEscapeHTML(false)
	if err := encode.Encode(tree); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
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
