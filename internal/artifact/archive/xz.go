package archive

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// The frame of xz is read here (The .xz File Format 1.2.0) and LZMA2 by the
// library, whose own reader of frames allocates the dictionary that each block's
// header asks for, up to 4 GiB.

var xzMagic = []byte("\xfd7zXZ\x00")

const xzHead = 12 // bytes of a stream's header, and of its footer

// xzReader reads the blocks of streams that follow each other.
type xzReader struct {
	r     *bufio.Reader
	at    int64 // bytes read
	check byte  // how the contents of blocks are summed
	block io.Reader
	sum   hash.Hash // nil where the kind of sum is not known here
	began int64     // where the packed part of the block began
	err   error     // that ended it, io.EOF behind the last stream
}

// NewXZ reads streams of xz that follow each other, with decoders of 128 MiB at
// most. It reads the header of the first.
func NewXZ(r io.Reader) (io.Reader, error) {
	x := &xzReader{r: bufio.NewReader(r)}
	return x, x.stream()
}

// packed counts what a decoder takes, one byte after the other.
type packed struct{ *xzReader }

func (p packed) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.at += int64(n)
	return n, err
}

func (p packed) ReadByte() (byte, error) {
	c, err := p.r.ReadByte()
	if err == nil {
		p.at++
	}
	return c, err
}

func (x *xzReader) take(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(packed{x}, b)
	return b, cutOff(err)
}

// cutOff tells an end in the middle from the end behind the last stream.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// stream reads a stream's header.
func (x *xzReader) stream() error {
	head, err := x.take(xzHead)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(head, xzMagic) || crc32.ChecksumIEEE(head[6:8]) != binary.LittleEndian.Uint32(head[8:]) {
		return errors.New("no header of a stream")
	}
	x.check = head[7] & 15
	return nil
}

// Read implements [io.Reader].
func (x *xzReader) Read(p []byte) (int, error) {
	for x.err == nil {
		if x.block == nil {
			x.err = x.next()
			continue
		}
		n, err := x.block.Read(p)
		if x.sum != nil {
			x.sum.Write(p[:n])
		}
		if x.err = err; errors.Is(err, io.EOF) {
			x.err = x.endBlock()
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, x.err
}

// next opens the next block, of this stream or of one behind it.
func (x *xzReader) next() error {
	const least, unit = 8, 4
	first, err := packed{x}.ReadByte()
	if err != nil {
		return fmt.Errorf("a block is missing: %w", cutOff(err))
	}
	if first == 0 {
		return x.endStream()
	}
	size := (int(first) + 1) * unit
	rest, err := x.take(size - 1)
	if err != nil {
		return err
	}
	head := append([]byte{first}, rest...)
	if size < least || crc32.ChecksumIEEE(head[:size-4]) != binary.LittleEndian.Uint32(head[size-4:]) {
		return errors.New("the header of a block is changed")
	}
	dictionary, ok := xzDictionary(head)
	if !ok || dictionary > maxWindow {
		return errors.New("it asks for too much memory, or for a filter that is not known")
	}
	x.began = x.at
	x.sum = xzSum(x.check)
	x.block, err = lzma.Reader2Config{DictCap: max(int(dictionary), lzma.MinDictCap)}.NewReader2(packed{x})
	return cutOff(err)
}

func xzSum(check byte) hash.Hash {
	switch check {
	case 1:
		return crc32.NewIEEE()
	case 4:
		return crc64.New(crc64.MakeTable(crc64.ECMA))
	case 10:
		return sha256.New()
	}
	return nil
}

// endBlock reads the padding and the sum behind a block.
func (x *xzReader) endBlock() error {
	x.block = nil
	if _, err := x.take(int(-(x.at - x.began) & 3)); err != nil {
		return err
	}
	sizes := [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}
	want, err := x.take(sizes[x.check])
	if err != nil || x.sum == nil {
		return err
	}
	got := x.sum.Sum(nil)
	if x.check != 10 { // the CRCs stand in the order of the machine that reads them
		for i, k := 0, len(got)-1; i < k; i, k = i+1, k-1 {
			got[i], got[k] = got[k], got[i]
		}
	}
	if !bytes.Equal(got, want) {
		return errors.New("the checksum of a block is wrong")
	}
	return nil
}

// endStream passes over the index, of which the first byte was read, and the
// footer, and begins the next stream. It returns io.EOF when there is none.
func (x *xzReader) endStream() error {
	began := x.at - 1
	records, err := binary.ReadUvarint(packed{x})
	for ; err == nil && records > 0; records-- {
		if _, err = binary.ReadUvarint(packed{x}); err == nil {
			_, err = binary.ReadUvarint(packed{x})
		}
	}
	if err == nil {
		_, err = x.take(int(-(x.at-began)&3) + 4)
	}
	if err != nil {
		return fmt.Errorf("its index: %w", cutOff(err))
	}
	footer, err := x.take(xzHead)
	if err != nil || string(footer[10:]) != "YZ" {
		return errors.New("no footer of a stream")
	}
	for {
		b, err := x.r.Peek(4)
		switch {
		case len(b) == 0 && errors.Is(err, io.EOF):
			return io.EOF
		case err != nil:
			return fmt.Errorf("%d bytes behind the last stream: %w", len(b), cutOff(err))
		case !bytes.Equal(b, make([]byte, 4)):
			return x.stream()
		}
		if _, err := x.take(4); err != nil {
			return err
		}
	}
}

// xzDictionary reads the size of the dictionary from a block's header (section
// 3.1). ok is false when the block asks for another filter than LZMA2 alone.
func xzDictionary(b []byte) (size uint64, ok bool) {
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
