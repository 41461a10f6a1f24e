package match

import (
	"encoding/binary"
	"math/bits"
)

// A filter is a Bloom filter whose bits for one key lie in one 64-bit word, so
// that a probe is one load: it says yes to every key added, and to about one in
// two hundred others. It has 16 bits for every key, rounded up. Keys of whole
// values have three bits more, in the same word: the same load tells them from
// those that only lead to one.
type filter struct {
	words []uint64
	shift uint
}

func newFilter(keys int) filter {
	size := max(6, bits.Len(uint(keys/4)))
	return filter{make([]uint64, 1<<size), uint(64 - size)}
}

// mask spreads four bits by the low half of a key; the high bits choose the word.
func mask(key uint64) uint64 {
	return 1<<(key&63) | 1<<(key>>6&63) | 1<<(key>>12&63) | 1<<(key>>18&63)
}

// wholeMask spreads the three bits of a whole value.
func wholeMask(key uint64) uint64 {
	return 1<<(key>>24&63) | 1<<(key>>30&63) | 1<<(key>>36&63)
}

func (f *filter) add(key uint64) { f.words[key>>f.shift] |= mask(key) }

func (f *filter) addWhole(key uint64) { f.words[key>>f.shift] |= mask(key) | wholeMask(key) }

func (f *filter) has(key uint64) bool {
	m := mask(key)
	return f.words[key>>f.shift]&m == m
}

// hasWhole reports whether key is of a whole value.
func (f *filter) hasWhole(key uint64) bool {
	m := mask(key) | wholeMask(key)
	return f.words[key>>f.shift]&m == m
}

// Odd constants of SplitMix64 (Steele, Lea, Flood 2014).
const (
	mixA = 0x9e3779b97f4a7c15
	mixB = 0xbf58476d1ce4e5b9
	mixC = 0x94d049bb133111eb
)

// tailMask keeps the last n bytes of 16: the high bytes of two little-endian words.
var tailMask = func() (table [17][2]uint64) {
	for n := range table {
		var m [16]byte
		for i := 16 - n; i < 16; i++ {
			m[i] = 0xff
		}
		table[n] = [2]uint64{binary.LittleEndian.Uint64(m[:8]), binary.LittleEndian.Uint64(m[8:])}
	}
	return table
}()

// tailKey hashes block[end-size:end]: its last 16 bytes, in any case, and its
// length. Words that differ only before share a key, which costs a second look.
func tailKey(block []byte, end, size int) uint64 {
	if end < 16 {
		var room [32]byte
		copy(room[16:], block[:end])
		return tailKey(room[:], end+16, size)
	}
	tail := block[end-16 : end]
	low, high := binary.LittleEndian.Uint64(tail), binary.LittleEndian.Uint64(tail[8:])
	return mixTail(low, high, size)
}

func mixTail(low, high uint64, size int) uint64 {
	const fold = 0x2020202020202020
	m := &tailMask[min(size, 16)]
	hi, lo := bits.Mul64((low|fold)&m[0]^mixA, (high|fold)&m[1]^mixB^uint64(size)*mixC)
	// The product of one more step reaches the high bits, which choose the word.
	return (hi ^ lo) * mixA
}

// textKey is tailKey of a whole text.
func textKey(text string) uint64 {
	var room [16]byte
	copy(room[max(0, 16-len(text)):], text[max(0, len(text)-16):])
	return mixTail(binary.LittleEndian.Uint64(room[:8]), binary.LittleEndian.Uint64(room[8:]), len(text))
}
