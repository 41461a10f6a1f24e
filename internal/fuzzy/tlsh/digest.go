package tlsh

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// prefix marks the version of the digest.
const prefix = "T1"

// A Digest is a parsed digest, in the form that is quick to compare.
type Digest struct {
	Header
	Checksum byte
	// Low and High are the low and the high bits of the 128 two-bit codes, in the
	// order of the text. Which bucket a code belongs to does not matter to a distance.
	Low, High [2]uint64
}

// A Header is what a digest says of the whole input. Distances between headers
// alone bound distances from below.
type Header struct {
	Length uint8 // logarithm of the size
	Q1, Q2 uint8 // ratios of the quartiles, 0 to 15
}

// Parse reads 70 hexadecimal digits, with or without T1 before them.
func Parse(text string) (Digest, error) {
	digits := text
	if len(digits) > 2 && strings.EqualFold(digits[:2], prefix) {
		digits = digits[2:]
	}
	var raw [size]byte
	if len(digits) != hex.EncodedLen(size) {
		return Digest{}, fmt.Errorf("%.80q is no TLSH digest: it has T1 and 70 hexadecimal digits", text)
	}
	if _, err := hex.Decode(raw[:], []byte(digits)); err != nil {
		return Digest{}, fmt.Errorf("%.80q is no TLSH digest: it has T1 and 70 hexadecimal digits", text)
	}
	d := Digest{
		Checksum: swap(raw[0]),
		Header:   Header{Length: swap(raw[1]), Q1: raw[2] >> 4, Q2: raw[2] & 0xf},
	}
	for i, b := range raw[3:] {
		low, high := unweave(b)
		d.Low[i/16] |= low << (i % 16 * 4)
		d.High[i/16] |= high << (i % 16 * 4)
	}
	return d, nil
}

// unweave parts the low and the high bits of the four codes in a byte.
func unweave(b byte) (low, high uint64) {
	for i := range 4 {
		low |= uint64(b>>(2*i)&1) << i
		high |= uint64(b>>(2*i+1)&1) << i
	}
	return low, high
}

// String writes the canonical form: T1 and 70 digits, upper case.
func (d Digest) String() string {
	var raw [size]byte
	raw[0], raw[1], raw[2] = swap(d.Checksum), swap(d.Length), d.Q1<<4|d.Q2
	for i := range bodySize {
		low, high := d.Low[i/16]>>(i%16*4), d.High[i/16]>>(i%16*4)
		for j := range 4 {
			raw[3+i] |= byte(low>>j&1)<<(2*j) | byte(high>>j&1)<<(2*j+1)
		}
	}
	return prefix + strings.ToUpper(hex.EncodeToString(raw[:]))
}

// Distance is how much two digests differ: 0 for the same input, and in the
// paper's experiments under 100 mostly for related ones. It is the library's
// distance with the length counted in.
func (d Digest) Distance(e Digest) int {
	total := d.Header.Distance(e.Header)
	for i := range d.Low {
		total += half(d.Low[i], d.High[i], e.Low[i], e.High[i])
	}
	if d.Checksum != e.Checksum {
		total++
	}
	return total
}

// Distance is the part of a distance that the headers alone decide.
func (h Header) Distance(k Header) int {
	length := int(around(h.Length, k.Length, 0xff))
	if length > 1 {
		length *= 12
	}
	return length + quartileDistance(h.Q1, k.Q1) + quartileDistance(h.Q2, k.Q2)
}

func quartileDistance(a, b uint8) int {
	d := int(around(a, b, 0xf))
	if d > 1 {
		d = (d - 1) * 12
	}
	return d
}

// around is the shorter way from a to b on a circle of mask+1 places.
func around(a, b, mask uint8) uint8 { return min((a-b)&mask, (b-a)&mask) }
