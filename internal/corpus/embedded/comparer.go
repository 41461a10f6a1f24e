package embedded

import (
	"clew/internal/corpus/valuekey"

	"github.com/cockroachdb/pebble/v2"
)

// newComparer orders keys by their bytes and tells the engine where the first
// value of a row's or a total's key ends: its filters then answer "is anything
// known of this value" without reading a block, and an iterator can step from
// value to value.
//
// Values are prefix-free (key.go), so cutting keys there keeps their order.
func newComparer() *pebble.Comparer {
	c := *pebble.DefaultComparer
	c.Name = "clew.corpus.v1"
	c.Split = split
	c.ImmediateSuccessor = func(dst, prefix []byte) []byte {
		if _, cut := splitAt(prefix); cut {
			return append(dst, valuekey.After(prefix)...)
		}
		return append(append(dst, prefix...), 0)
	}
	return &c
}

func split(key []byte) int {
	n, _ := splitAt(key)
	return n
}

// splitAt returns the length of the part of key that its first value closes;
// where there is no such value, cut is false and the part is the whole key.
func splitAt(key []byte) (n int, cut bool) {
	if len(key) > 0 && (key[0] == forwardSpace || key[0] == reverseSpace || key[0] == totalSpace) {
		if n := valuekey.Len(key[1:]); n >= 0 {
			return 1 + n, true
		}
	}
	return len(key), false
}
