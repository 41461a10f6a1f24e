package archive

// xzDictionary reads the size of the dictionary from the first block header of
// an xz stream (The .xz File Format 1.2.0, sections 3.1 and 5.3.1). ok is false
// when the block asks for another filter than LZMA2 alone. A stream without a
// block needs none.
func xzDictionary(b []byte) (size uint64, ok bool) {
	const streamHeader = 12
	if len(b) <= streamHeader || b[streamHeader] == 0 {
		return 0, true
	}
	b = b[streamHeader:]
	if len(b) < 2 {
		return 0, false
	}
	flags := b[1]
	if flags&3 != 0 {
		return 0, false // more than one filter
	}
	b = b[2:]
	for _, has := range []byte{0x40, 0x80} { // sizes packed and unpacked
		if flags&has != 0 {
			for len(b) > 0 && b[0]&0x80 != 0 {
				b = b[1:]
			}
			b = b[min(1, len(b)):]
		}
	}
	const lzma2 = 0x21
	if len(b) < 3 || b[0] != lzma2 || b[1] != 1 {
		return 0, false
	}
	return lzma2Dictionary(b[2])
}

// lzma2Dictionary decodes the one byte that LZMA2 says its dictionary with.
func lzma2Dictionary(code byte) (size uint64, ok bool) {
	const most = 40
	switch {
	case code > most:
		return 0, false
	case code == most:
		return 1<<32 - 1, true
	}
	return uint64(2|code&1) << (code/2 + 11), true
}
