package match

import "math/bits"

// Bitmaps of a chunk: bit i of word w is byte 64w+i. Each ends in a word of
// zeros, so that a run ends there.
type bitmaps struct {
	host, dot, hex, colon []uint64
	words                 int // without the last
}

// resize makes room for size bytes.
func (b *bitmaps) resize(size int) {
	b.words = (size + 63) / 64
	for _, m := range []*[]uint64{&b.host, &b.dot, &b.hex, &b.colon} {
		if cap(*m) <= b.words {
			*m = make([]uint64, b.words+1)
		}
		*m = (*m)[:b.words+1]
		(*m)[b.words] = 0
	}
}

// classify fills the bitmaps from chunk.
func (b *bitmaps) classify(chunk []byte) {
	b.resize(len(chunk))
	whole := len(chunk) / 64
	if whole > 0 {
		classifyWords(chunk, whole, b)
	}
	if whole < b.words {
		var last [64]byte
		copy(last[:], chunk[whole*64:])
		tail := bitmaps{b.host[whole:], b.dot[whole:], b.hex[whole:], b.colon[whole:], 1}
		classifyWords(last[:], 1, &tail)
	}
}

// classifyGo is the kernel for machines without one in assembly.
func classifyGo(chunk []byte, words int, b *bitmaps) {
	for w := range words {
		var host, dot, hex, colon uint64
		for i, c := range chunk[w*64 : w*64+64] {
			class := kernelClasses[c]
			host |= uint64(class&1) << i
			dot |= uint64(class>>1&1) << i
			hex |= uint64(class>>2&1) << i
			colon |= uint64(class>>3) << i
		}
		b.host[w], b.dot[w], b.hex[w], b.colon[w] = host, dot, hex, colon
	}
}

var kernelClasses = func() (table [256]uint8) {
	for i := range table {
		c := byte(i)
		if is(c, hostByte) {
			table[i] |= 1
		}
		if c == '.' {
			table[i] |= 2
		}
		if is(c, hexByte) {
			table[i] |= 4
		}
		if c == ':' {
			table[i] |= 8
		}
	}
	return table
}()

// before returns where the run of ones in m that ends before bit i begins.
func before(m []uint64, i int) int {
	for i > 0 {
		word := ^m[(i-1)>>6] << (63 - uint(i-1)&63)
		if word != 0 {
			run := bits.LeadingZeros64(word)
			return i - run
		}
		i = (i - 1) &^ 63
	}
	return 0
}

// after returns where the run of ones in m that begins at bit i ends.
func after(m []uint64, i int) int {
	for w := i >> 6; w < len(m); w++ {
		word := ^m[w]
		if w == i>>6 {
			word &= ^uint64(0) << (uint(i) & 63)
		}
		if word != 0 {
			return w<<6 + bits.TrailingZeros64(word)
		}
	}
	return len(m) << 6
}
