// Package view reads parts of a file that lies about itself: every offset and
// length is taken for hostile, nothing is allocated on the word of a header.
package view

import (
	"encoding/binary"
	"io"
	"math"
)

// MaxRead bounds one read into memory, in bytes.
const MaxRead = 64 << 20

// A View is a file, or a part of one.
type View struct {
	r    io.ReaderAt
	base int64
	size int64
}

// New returns a view of the first size bytes of r.
func New(r io.ReaderAt, size int64) View { return View{r: r, size: max(size, 0)} }

// Size returns how many bytes there are.
func (v View) Size() int64 { return v.size }

// Section returns the part that begins at offset and has n bytes, cut to what is there.
func (v View) Section(offset, n int64) View {
	if offset < 0 || n < 0 || offset >= v.size {
		return View{r: v.r}
	}
	return View{r: v.r, base: v.base + offset, size: min(n, v.size-offset)}
}

// Reader returns the bytes from front to back.
func (v View) Reader() *io.SectionReader { return io.NewSectionReader(v.r, v.base, v.size) }

// ReadAt implements [io.ReaderAt].
func (v View) ReadAt(p []byte, offset int64) (int, error) { return v.Reader().ReadAt(p, offset) }

// Bytes returns exactly n bytes from offset, or false when they are not all
// there, cannot be read or are more than MaxRead.
func (v View) Bytes(offset, n int64) ([]byte, bool) {
	if offset < 0 || n < 0 || n > MaxRead || offset > v.size || n > v.size-offset {
		return nil, false
	}
	b := make([]byte, n)
	if read, err := v.r.ReadAt(b, v.base+offset); int64(read) < n && err != nil {
		return nil, false
	}
	return b, true
}

// UpTo returns at most n bytes from offset: fewer at the end of the file, none
// beyond it or when they cannot be read.
func (v View) UpTo(offset, n int64) []byte {
	if offset < 0 || offset >= v.size {
		return nil
	}
	b, _ := v.Bytes(offset, min(n, MaxRead, v.size-offset))
	return b
}

// Text returns the bytes from offset up to a zero byte, at most limit of them.
func (v View) Text(offset, limit int64) string {
	const step = 64
	var text []byte
	for int64(len(text)) < limit {
		part := v.UpTo(offset+int64(len(text)), min(step, limit-int64(len(text))))
		if len(part) == 0 {
			break
		}
		for i, c := range part {
			if c == 0 {
				return string(append(text, part[:i]...))
			}
		}
		text = append(text, part...)
	}
	return string(text)
}

// Uint16 reads a little-endian number, 0 where there is none.
func (v View) Uint16(offset int64) uint16 {
	if b, ok := v.Bytes(offset, 2); ok {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

// Uint32 reads a little-endian number, 0 where there is none.
func (v View) Uint32(offset int64) uint32 {
	if b, ok := v.Bytes(offset, 4); ok {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// Uint64 reads a little-endian number, 0 where there is none.
func (v View) Uint64(offset int64) uint64 {
	if b, ok := v.Bytes(offset, 8); ok {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Each hands the bytes to visit, front to back, a piece at a time. It ends early
// where they cannot be read.
func (v View) Each(visit func(part []byte)) {
	const step = 256 << 10
	for at := int64(0); at < v.size; at += step {
		part := v.UpTo(at, step)
		if len(part) == 0 {
			return
		}
		visit(part)
	}
}

// Entropy is Shannon's, in bits a byte, 0 to 8, to six places.
func (v View) Entropy() float64 {
	var counts [256]int64
	v.Each(func(part []byte) {
		for _, c := range part {
			counts[c]++
		}
	})
	var entropy float64
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(v.size)
			entropy -= p * math.Log2(p)
		}
	}
	return math.Round(entropy*1e6) / 1e6
}
