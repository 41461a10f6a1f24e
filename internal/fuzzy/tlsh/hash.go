// Package tlsh computes and compares Trend Micro locality-sensitive hashes, of
// 128 buckets and a one-byte checksum, to the same digits and distances as
// Trend Micro's library.
//
// Source: Oliver, Cheng, Chen, "TLSH: a locality sensitive hash", CTC 2013, and
// the behaviour of libtlsh, against which the tests compare. The digest has not
// changed since version 3; "T1" before it marks that version.
package tlsh

import (
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"sort"
	"strings"
)

const (
	window   = 5   // bytes that one step looks at
	buckets  = 128 // counters that make up the body
	bodySize = buckets / 4
	// size of a digest in bytes: checksum, length, quartile ratios, body.
	size = 3 + bodySize

	// minSize is the fewest bytes that have a digest, as in the library from
	// version 3.7 on. Version 3.4, Debian's, wants 256.
	minSize = 50
	// minBuckets is how many counters must have counted something: with fewer
	// the quartiles mean nothing.
	minBuckets = buckets/2 + 1
)

var (
	// ErrTooSmall means the input is under 50 bytes.
	ErrTooSmall = errors.New("under 50 bytes: TLSH has no digest of that")
	// ErrTooUniform means the input varies so little that over half of the counters are empty.
	ErrTooUniform = errors.New("too little variety: TLSH has no digest of that")
	// ErrTooLarge means the input is over 4 GiB, where the digest's length code ends.
	ErrTooLarge = errors.New("over 4 GiB: TLSH has no digest of that")
)

// A Hasher computes the TLSH digest of what is written to it, in constant
// memory and one pass. The zero Hasher is ready; [New] makes one too.
type Hasher struct {
	length   uint64
	checksum byte
	// last holds the four bytes before the next, the latest first.
	last   [window - 1]byte
	counts [256]uint32 // the upper half takes what the 128 buckets leave out
}

// New returns a Hasher that has seen nothing.
func New() *Hasher { return &Hasher{} }

// salted are the first steps of Pearson's hash for the salts that tell the six
// triplets of a window apart, and for the checksum's.
var salted = [...]byte{pearson[0], pearson[2], pearson[3], pearson[5], pearson[7], pearson[11], pearson[13]}

// Write takes in more of the input; it never fails.
func (h *Hasher) Write(p []byte) (int, error) {
	b1, b2, b3, b4 := h.last[0], h.last[1], h.last[2], h.last[3]
	for i, c := range p {
		if h.length+uint64(i) >= window-1 {
			h.checksum = pearson[pearson[pearson[salted[0]^c]^b1]^h.checksum]
			h.counts[pearson[pearson[pearson[salted[1]^c]^b1]^b2]]++
			h.counts[pearson[pearson[pearson[salted[2]^c]^b1]^b3]]++
			h.counts[pearson[pearson[pearson[salted[3]^c]^b2]^b3]]++
			h.counts[pearson[pearson[pearson[salted[4]^c]^b2]^b4]]++
			h.counts[pearson[pearson[pearson[salted[5]^c]^b1]^b4]]++
			h.counts[pearson[pearson[pearson[salted[6]^c]^b3]^b4]]++
		}
		b1, b2, b3, b4 = c, b1, b2, b3
	}
	h.last = [...]byte{b1, b2, b3, b4}
	h.length += uint64(len(p))
	return len(p), nil
}

// Sum returns the digest of what was written so far: T1 and 70 hexadecimal
// digits, upper case. It may be called at any time.
func (h *Hasher) Sum() (string, error) {
	switch {
	case h.length < minSize:
		return "", ErrTooSmall
	case h.length > math.MaxUint32:
		return "", ErrTooLarge
	}
	counts := h.counts[:buckets]
	filled := 0
	for _, n := range counts {
		if n > 0 {
			filled++
		}
	}
	if filled < minBuckets {
		return "", ErrTooUniform
	}
	q1, q2, q3 := quartiles(counts)
	var digest [size]byte
	digest[0], digest[1] = swap(h.checksum), swap(lengthCode(h.length))
	digest[2] = ratio(q1, q3)<<4 | ratio(q2, q3)
	for i := range bodySize {
		var code byte
		for j := range 4 {
			code |= quarter(counts[4*i+j], q1, q2, q3) << (2 * j)
		}
		digest[size-1-i] = code
	}
	return prefix + strings.ToUpper(hex.EncodeToString(digest[:])), nil
}

// quartiles are the counts below which a quarter, half and three quarters of
// the buckets lie.
func quartiles(counts []uint32) (q1, q2, q3 uint32) {
	sorted := slices.Clone(counts)
	slices.Sort(sorted)
	return sorted[buckets/4-1], sorted[buckets/2-1], sorted[buckets*3/4-1]
}

// quarter says in which of them a count lies, 0 to 3.
func quarter(n, q1, q2, q3 uint32) byte {
	switch {
	case n > q3:
		return 3
	case n > q2:
		return 2
	case n > q1:
		return 1
	}
	return 0
}

// ratio is q in hundredths of q3, modulo 16. The product wraps at 32 bits and
// the quotient is a float32, as in the library.
func ratio(q, q3 uint32) byte { return byte(uint32(float32(q*100)/float32(q3)) % 16) }

// lengthCode is the logarithm of the input's size, in steps that grow finer.
func lengthCode(length uint64) byte {
	return byte(sort.Search(len(lengths), func(i int) bool { return length <= uint64(lengths[i]) }))
}

// swap exchanges the two digits of a byte: the header is written low digit first.
func swap(b byte) byte { return b<<4 | b>>4 }
