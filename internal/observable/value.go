// Package observable holds typed values seen in the world: domains, addresses,
// hashes and the attributes they share. A [Value] is always canonical, so two
// spellings of one thing are equal with ==.
package observable

import (
	"errors"
	"net/netip"
	"strings"
)

// MaxLen bounds the canonical text of a value, in bytes. Longer text is refused:
// no indicator of any kind is that long, and stores rely on the bound.
const MaxLen = 8192

// ErrNotIndicator means the text is not an indicator of the kind asked for, or of any.
var ErrNotIndicator = errors.New("not an indicator")

// A Value is one observable in canonical form. Values are comparable; the zero
// Value is none. Make one with [Parse], [New] or [Must].
type Value struct {
	kind Kind
	text string
}

// Kind returns what sort of value v is.
func (v Value) Kind() Kind { return v.kind }

// Text returns the canonical text alone, without the kind. It never holds
// control characters or invalid UTF-8 and is at most [MaxLen] bytes.
func (v Value) Text() string { return v.text }

// IsZero reports whether v is no value.
func (v Value) IsZero() bool { return v == Value{} }

// Compare orders values by kind, then by text.
func (v Value) Compare(w Value) int {
	if v.kind != w.kind {
		return int(v.kind) - int(w.kind)
	}
	return strings.Compare(v.text, w.text)
}

// Addr returns the address of an IP value; ok is false for every other kind.
func (v Value) Addr() (addr netip.Addr, ok bool) {
	if v.kind != IP {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(v.text)
	return addr, err == nil
}

// STIX returns the STIX 2.1 type of v: that of its kind, but ipv6-addr for IPv6
// addresses and ranges. The zero Value has none.
func (v Value) STIX() string {
	if (v.kind == IP || v.kind == Prefix) && strings.Contains(v.text, ":") {
		return "ipv6-addr"
	}
	return v.kind.STIX()
}

// Must is [New] for values known to be good, such as constants in tests. It
// panics where New would return an error.
func Must(kind Kind, text string) Value {
	v, err := New(kind, text)
	if err != nil {
		panic(err)
	}
	return v
}
