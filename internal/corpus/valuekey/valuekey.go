// Package valuekey writes a value as bytes whose order is the order of
// [corpus.Compare], so that a store of sorted keys gives ranges of names and
// addresses for free. Every engine with such keys uses it.
// docs/decisions/0007-corpus-keys.md says why the keys are as they are.
package valuekey

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"clew/internal/corpus"
	"clew/internal/observable"
)

// ErrMalformed marks bytes that no store of ours writes.
var ErrMalformed = errors.New("malformed key")

// A value in a key is its kind and then one of three forms, so that the order
// of bytes is the order of [corpus.Compare] and each value says where it ends:
//
//	domain:             labels from the right, each but the last followed by labelEnd, then valueEnd
//	address and digest: number of raw bytes, raw bytes
//	anything else:      text, valueEnd
//
// Canonical text holds no control characters, so the ends cannot be part of it.
// Addresses and digests that are none, which only a damaged store or a loosened
// grammar brings, are written as asText, text, valueEnd.
const (
	valueEnd = 0x00
	labelEnd = 0x01
	asText   = 0xff
)

// Append writes v behind dst.
func Append(dst []byte, v observable.Value) []byte {
	dst = append(dst, byte(v.Kind()))
	if v.Kind() == observable.Domain {
		return append(appendLabels(dst, v.Text()), valueEnd)
	}
	if isRaw(v.Kind()) {
		if addr, ok := v.Addr(); ok {
			return appendAddr(dst, addr)
		}
		if corpus.IsDigest(v) {
			return appendHex(dst, v.Text())
		}
		dst = append(dst, asText)
	}
	return append(append(dst, v.Text()...), valueEnd)
}

// appendLabels writes the labels of a name from the right.
func appendLabels(dst []byte, name string) []byte {
	for {
		i := strings.LastIndexByte(name, '.')
		dst = append(dst, name[i+1:]...)
		if i < 0 {
			return dst
		}
		dst = append(dst, labelEnd)
		name = name[:i]
	}
}

func appendAddr(dst []byte, addr netip.Addr) []byte {
	if addr.Is4() {
		raw := addr.As4()
		return append(append(dst, byte(len(raw))), raw[:]...)
	}
	raw := addr.As16()
	return append(append(dst, byte(len(raw))), raw[:]...)
}

// appendHex writes text, which is an even number of lower-case hex digits.
func appendHex(dst []byte, text string) []byte {
	dst = append(dst, byte(len(text)/2))
	for i := 0; i < len(text); i += 2 {
		dst = append(dst, digitValue(text[i])<<4|digitValue(text[i+1]))
	}
	return dst
}

func digitValue(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

// Len returns the length of the value that key starts with, or -1 when
// there is none.
func Len(key []byte) int {
	if len(key) < 2 {
		return -1
	}
	if isRaw(observable.Kind(key[0])) && key[1] != asText {
		if n := 2 + int(key[1]); n <= len(key) {
			return n
		}
		return -1
	}
	if i := bytes.IndexByte(key[1:], valueEnd); i >= 0 {
		return 1 + i + 1
	}
	return -1
}

// isRaw reports whether values of that kind are kept as bytes, where they can
// be. The store's format hangs on it: no kind may move in or out.
func isRaw(kind observable.Kind) bool {
	switch kind {
	case observable.IP, observable.Cert, observable.CertKey, observable.File, observable.Imphash,
		observable.RichHash, observable.JARM, observable.BodyHash, observable.JA3, observable.JA3S:
		return true
	}
	return false
}

// Read reads the value that key starts with.
func Read(key []byte) (observable.Value, error) {
	n := Len(key)
	if n < 0 {
		return observable.Value{}, fmt.Errorf("%w: key without an end: %.80q", ErrMalformed, key)
	}
	kind, body := observable.Kind(key[0]), key[1:n]
	var text string
	switch {
	case kind == observable.Domain:
		text = nameOf(body[:len(body)-1])
	case isRaw(kind) && body[0] == asText:
		text = string(body[1 : len(body)-1])
	case kind == observable.IP:
		addr, ok := netip.AddrFromSlice(body[1:])
		if !ok {
			return observable.Value{}, fmt.Errorf("%w: address of %d bytes in a key", ErrMalformed, len(body)-1)
		}
		text = addr.String()
	case isRaw(kind):
		text = hex.EncodeToString(body[1:])
	default:
		text = string(body[:len(body)-1])
	}
	v, err := observable.Stored(kind, text)
	if err != nil {
		return v, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return v, nil
}

// nameOf is the inverse of appendLabels.
func nameOf(labels []byte) string {
	var short [256]byte // longer than any name of the DNS
	name := short[:]
	if len(labels) > len(name) {
		name = make([]byte, len(labels))
	}
	name = name[:len(labels)]
	for at := len(labels); ; {
		end := bytes.IndexByte(labels, labelEnd)
		if end < 0 {
			copy(name, labels)
			return string(name)
		}
		at -= end
		copy(name[at:], labels[:end])
		at--
		name[at] = '.'
		labels = labels[end+1:]
	}
}

// After returns the smallest key beyond every key that starts with prefix. No
// key starts with 0xff, so there always is one.
func After(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; ; i-- {
		if end[i] != 0xff {
			end[i]++
			return end[:i+1]
		}
	}
}

// Below returns the range [lower, upper) of the keys of the names below domain.
func Below(domain observable.Value) (lower, upper []byte) {
	lower = append(appendLabels([]byte{byte(observable.Domain)}, domain.Text()), labelEnd)
	return lower, After(lower)
}

// Within returns the range [lower, upper) of the keys of the addresses in prefix.
func Within(prefix netip.Prefix) (lower, upper []byte) {
	first := prefix.Masked().Addr()
	lower = appendAddr([]byte{byte(observable.IP)}, first)
	last := bytes.Clone(lower)
	raw := last[len(last)-first.BitLen()/8:]
	for bit := prefix.Bits(); bit < first.BitLen(); bit++ {
		raw[bit/8] |= 0x80 >> (bit % 8)
	}
	return lower, After(last)
}
