package valuekey_test

import (
	"bytes"
	"cmp"
	"strings"
	"testing"

	"clew/internal/corpus"
	"clew/internal/corpus/valuekey"
	"clew/internal/observable"
)

// seeds are texts that come close to each other, or to the ends in keys.
var seeds = []string{
	"a.example", "a-b.example", "aa.example", "x.a.example", "example", "..", ".", "a", "192.0.2.1", "192.0.2.10",
	"2001:db8::1", "2001:db8::ff", "::ffff:192.0.2.1", "00", "ff", "0a0a", "abc", "ABCD", strings.Repeat("ab", 64), strings.Repeat("ab", 65),
	"ē", "\u0100", "zz", "~",
}

// FuzzValueKeys holds the encoding to what the store builds on: values come
// back, the order of bytes is the order of results, and no key starts another.
func FuzzValueKeys(f *testing.F) {
	for i, text := range seeds {
		for _, kind := range []observable.Kind{observable.Domain, observable.IP, observable.File, observable.BodyHash, observable.Text} {
			f.Add(uint8(kind), text, uint8(kind), seeds[(i*7+3)%len(seeds)])
		}
	}
	f.Fuzz(func(t *testing.T, kindA uint8, textA string, kindB uint8, textB string) {
		a, err := canonical(kindA, textA)
		if err != nil {
			t.Skip()
		}
		b, err := canonical(kindB, textB)
		if err != nil {
			t.Skip()
		}
		keyA, keyB := valuekey.Append(nil, a), valuekey.Append(nil, b)
		if back, err := valuekey.Read(keyA); err != nil || back != a {
			t.Fatalf("%s %q is %q in a key and comes back as %q: %v", a.Kind(), a.Text(), keyA, back.Text(), err)
		}
		if n := valuekey.Len(append(bytes.Clone(keyA), keyB...)); n != len(keyA) {
			t.Fatalf("%q does not say where it ends: %d", keyA, n)
		}
		if got, want := bytes.Compare(keyA, keyB), cmp.Compare(corpus.Compare(a, b), 0); got != want {
			t.Fatalf("keys of %q and %q compare %d, values %d", a.Text(), b.Text(), got, want)
		}
		if a != b && bytes.HasPrefix(keyB, keyA) {
			t.Fatalf("%q starts %q", keyA, keyB)
		}
	})
}

// canonical is a value as a store may be given it: by the grammar where
// addresses are concerned, any text otherwise.
func canonical(kind uint8, text string) (observable.Value, error) {
	if observable.Kind(kind) == observable.IP {
		return observable.New(observable.IP, text)
	}
	return observable.Stored(observable.Kind(kind), text)
}

// FuzzRead reads keys that no store of ours wrote.
func FuzzRead(f *testing.F) {
	f.Add([]byte("\x02\x10short"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, key []byte) {
		if n := valuekey.Len(key); n > len(key) {
			t.Fatalf("Len(%q) = %d", key, n)
		}
		if v, err := valuekey.Read(key); err == nil && (!v.Kind().Valid() || v.Text() == "") {
			t.Fatalf("Read(%q) = %q without an error", key, v.Text())
		}
	})
}
