package archive

import (
	"encoding/binary"
	"errors"
	"io"
)

// x86 undoes the BCJ filter: compressors turn the targets of calls and jumps of
// x86 code into absolute addresses, which repeat more often. The algorithm is
// that of Bra86.c in the LZMA SDK, which is in the public domain.
type x86 struct {
	r        io.Reader
	buf      []byte
	done     int // of buf, decoded
	position uint32
	mask     uint32
	end      error
}

const x86Look = 5 // an instruction with its address

func newX86(r io.Reader) *x86 { return &x86{r: r} }

func (x *x86) Read(p []byte) (int, error) {
	for x.done == 0 {
		if x.end != nil {
			if len(x.buf) == 0 {
				return 0, x.end
			}
			x.done = len(x.buf) // the last bytes are no instruction
			break
		}
		x.fill()
		x.done = x.decode(x.buf)
	}
	n := copy(p, x.buf[:x.done])
	x.buf, x.done = x.buf[n:], x.done-n
	return n, nil
}

func (x *x86) fill() {
	const step = 32 << 10
	part := make([]byte, len(x.buf)+step)
	n, err := io.ReadFull(x.r, part[copy(part, x.buf):])
	x.buf = part[:len(x.buf)+n]
	if err != nil {
		x.end = err
		if errors.Is(err, io.ErrUnexpectedEOF) {
			x.end = io.EOF
		}
	}
}

// decode changes b in place and returns how much of it is final.
func (x *x86) decode(b []byte) int {
	if len(b) < x86Look {
		return 0
	}
	limit := len(b) - 4
	at, mask := 0, x.mask&7
	ip := x.position + x86Look
	for {
		start := at
		for at < limit && b[at]&0xfe != 0xe8 {
			at++
		}
		skipped := at - start
		if at >= limit {
			if skipped > 2 {
				x.mask = 0
			} else {
				x.mask = mask >> uint(skipped)
			}
			x.position += uint32(at)
			return at
		}
		if skipped > 2 {
			mask = 0
		} else if mask >>= uint(skipped); mask != 0 && (mask > 4 || mask == 3 || edge(b[at+int(mask>>1)+1])) {
			mask = mask>>1 | 4
			at++
			continue
		}
		if !edge(b[at+4]) {
			mask = mask>>1 | 4
			at++
			continue
		}
		x.convert(b[at+1:at+5], ip+uint32(at), mask)
		at += x86Look
		mask = 0
	}
}

// convert turns one absolute address back into a relative one.
func (x *x86) convert(operand []byte, current, mask uint32) {
	value := binary.LittleEndian.Uint32(operand) - current
	if mask != 0 {
		shift := (mask & 6) << 2
		if edge(byte(value >> shift)) {
			value ^= uint32(0x100)<<shift - 1
			value -= current
		}
	}
	value &= 0x1ffffff
	value |= -(value & 0x1000000)
	binary.LittleEndian.PutUint32(operand, value)
}

// edge reports whether a byte is the top of an address near zero.
func edge(b byte) bool { return b == 0 || b == 0xff }
