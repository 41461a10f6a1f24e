package embedded

import (
	"bytes"
	"cmp"
	"strings"
	"testing"

	"clew/internal/corpus"
	"clew/internal/observable"
	"clew/internal/observation"
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
		keyA, keyB := appendValue(nil, a), appendValue(nil, b)
		if back, err := readValue(keyA); err != nil || back != a {
			t.Fatalf("%s %q is %q in a key and comes back as %q: %v", a.Kind(), a.Text(), keyA, back.Text(), err)
		}
		if n := valueLen(append(bytes.Clone(keyA), keyB...)); n != len(keyA) {
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

// FuzzReadKey reads keys that no store of ours wrote.
func FuzzReadKey(f *testing.F) {
	f.Add(appendForward(nil, numbered(observable.Domain, "a", 1), observation.MX, numbered(observable.Domain, "b", 1)))
	f.Add([]byte("f\x02\x10short"))
	f.Add([]byte("r"))
	f.Fuzz(func(t *testing.T, key []byte) {
		if n := split(key); n < 0 || n > len(key) {
			t.Fatalf("split(%q) = %d", key, n)
		}
		if v, err := readValue(key); err == nil && (!v.Kind().Valid() || v.Text() == "") {
			t.Fatalf("readValue(%q) = %q without an error", key, v.Text())
		}
		if r, _, err := cutRelation(key); err == nil && !r.Valid() {
			t.Fatalf("cutRelation(%q) = %v without an error", key, r)
		}
	})
}

func TestSplitKeepsTheOrderOfKeys(t *testing.T) {
	c := newComparer()
	var keys [][]byte
	for _, from := range seeds {
		for _, to := range seeds {
			keys = append(keys, appendForward(nil, must(t, observable.Text, from), observation.TXT, must(t, observable.Text, to)))
		}
		key := appendForward(nil, must(t, observable.Domain, from), observation.TXT, must(t, observable.Text, "a"))
		keys = append(keys, key, key[:len(key)/2], key[:split(key)], c.ImmediateSuccessor(nil, key[:split(key)]))
	}
	for _, a := range keys {
		prefix := a[:split(a)]
		if next := c.ImmediateSuccessor(nil, prefix); split(next) != len(next) || bytes.Compare(a, next) >= 0 {
			t.Fatalf("%q does not follow %q", next, a)
		}
		for _, b := range keys {
			if bytes.Compare(a, b) <= 0 && bytes.Compare(prefix, b[:split(b)]) > 0 {
				t.Fatalf("%q is before %q, its prefix is not", a, b)
			}
		}
	}
}

func must(t *testing.T, kind observable.Kind, text string) observable.Value {
	t.Helper()
	v, err := observable.Stored(kind, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
