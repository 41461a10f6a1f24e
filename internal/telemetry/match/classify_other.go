//go:build !amd64 && !arm64

package match

func classifyWords(chunk []byte, words int, b *bitmaps) { classifyGo(chunk, words, b) }
