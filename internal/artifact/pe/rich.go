package pe

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the field's definition
	"encoding/binary"
	"encoding/hex"
)

// richHash returns the MD5 of the unmasked Rich header up to its end mark, as
// pefile computes it: Microsoft's linkers list there which compilers made how
// many objects. It is "" without one.
func (f *file) richHash() string {
	const start = 0x80
	search := f.UpTo(start, min(f.optional-start, 1<<20))
	at := bytes.Index(search, []byte("Rich"))
	if at < 0 {
		return ""
	}
	block := f.UpTo(start, int64(at)+8)
	block = block[:len(block)/4*4]
	words := make([]uint32, len(block)/4)
	mark := -1
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(block[4*i:])
		if mark < 0 && string(block[4*i:4*i+4]) == "Rich" {
			mark = i
		}
	}
	if mark < 4 || mark+1 >= len(words) {
		return ""
	}
	const dans = 0x536e6144 // "DanS"
	if key := words[1]; words[0]^key != dans || words[2] != key || words[3] != key {
		return ""
	}
	key := block[4*mark+4 : 4*mark+8]
	raw := block[:bytes.Index(block, []byte("Rich"))]
	clear := make([]byte, len(raw))
	for i, c := range raw {
		clear[i] = c ^ key[i%4]
	}
	sum := md5.Sum(clear) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}
