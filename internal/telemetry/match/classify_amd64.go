package match

import "golang.org/x/sys/cpu"

// classifyAVX2 fills words words of the four bitmaps from 64 bytes each.
//
//go:noescape
func classifyAVX2(src *byte, words int, host, dot, hex, colon *uint64)

func classifyWords(chunk []byte, words int, b *bitmaps) {
	if !cpu.X86.HasAVX2 {
		classifyGo(chunk, words, b)
		return
	}
	_ = chunk[words*64-1]
	classifyAVX2(&chunk[0], words, &b.host[0], &b.dot[0], &b.hex[0], &b.colon[0])
}
