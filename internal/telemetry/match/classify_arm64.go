package match

// classifyNEON fills words words of the four bitmaps from 64 bytes each. Every
// 64-bit ARM has NEON.
//
//go:noescape
func classifyNEON(src *byte, words int, host, dot, hex, colon *uint64)

func classifyWords(chunk []byte, words int, b *bitmaps) {
	_ = chunk[words*64-1]
	classifyNEON(&chunk[0], words, &b.host[0], &b.dot[0], &b.hex[0], &b.colon[0])
}
