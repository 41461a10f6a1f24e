package embedded

import (
	"bytes"
	"strings"
	"testing"

	"clew/internal/observable"
	"clew/internal/observation"
)

// seeds are texts that come close to each other, or to the ends in keys.
var seeds = []string{
	"a.example", "a-b.example", "aa.example", "x.a.example", "example", "..", ".", "a", "192.0.2.1", "192.0.2.10",
	"2001:db8::1", "2001:db8::ff", "::ffff:192.0.2.1", "00", "ff", "0a0a", "abc", "ABCD", strings.Repeat("ab", 64), strings.Repeat("ab", 65),
	"ē", "\u0100", "zz", "~",
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
