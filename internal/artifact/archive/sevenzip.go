package archive

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"clew/internal/artifact/view"
)

// The reader of 7z is ours: the library for Go sizes tables by what the header
// claims, before it reads them, and a header of 100 bytes may claim terabytes.
// Format: 7zFormat.txt of the LZMA SDK.

const (
	sevenZipHead = 32
	maxHeader    = 16 << 20
	maxFolders   = 65536
	maxFiles     = 1 << 20
)

// A folder is a chain of decoders over one packed stream, and the files in what
// comes out of it.
type folder struct {
	coders    []coder // in the order of decoding
	packed    int64   // offset of the packed stream
	size      int64   // of it
	files     []int64 // sizes of the files, in order
	sums      []uint32
	hasSum    []bool
	unpackSum uint32
	hasTotal  bool
	problem   string // why it cannot be read
}

// A coder is one decoder of the chain.
type coder struct {
	id     string // as bytes
	place  int    // in the header
	props  []byte
	unpack int64 // bytes that come out, as claimed
}

// index is what a header says.
type index struct {
	folders []folder
	names   []string
	empty   []bool // file without a stream: a folder, or an empty file
}

func walkSevenZip(v view.View, passwords []string, visit func(Member) error) error {
	head, ok := v.Bytes(0, sevenZipHead)
	if !ok {
		return broken("too short")
	}
	offset, size := binary.LittleEndian.Uint64(head[12:]), binary.LittleEndian.Uint64(head[20:])
	if size == 0 {
		return nil // an archive of nothing
	}
	if offset > uint64(v.Size()) || size > maxHeader {
		return broken("its header lies outside the file, or is larger than any")
	}
	raw, ok := v.Bytes(sevenZipHead+int64(offset), int64(size))
	if !ok || crc32.ChecksumIEEE(raw) != binary.LittleEndian.Uint32(head[28:]) {
		return broken("its header is cut off or changed")
	}
	ix, err := readIndex(v, raw, passwords)
	if err != nil {
		return err
	}
	return ix.walk(v, passwords, visit)
}

// readIndex parses a header, unpacking it first as often as it is packed.
func readIndex(v view.View, raw []byte, passwords []string) (*index, error) {
	const packedTwice = 4
	for range packedTwice {
		p := parser{rest: raw, view: v}
		switch p.byte() {
		case idHeader:
			return p.header()
		case idEncodedHeader:
			folders := p.streams()
			if p.failed || len(folders) != 1 || len(folders[0].files) != 1 || folders[0].files[0] > maxHeader {
				return nil, p.broken("its packed header")
			}
			var err error
			if raw, err = folders[0].whole(v, passwords); err != nil {
				return nil, err
			}
		default:
			return nil, broken("its header is of an unknown kind")
		}
	}
	return nil, broken("its header is packed again and again")
}

// whole returns all that comes out of a folder of one file.
func (f *folder) whole(v view.View, passwords []string) ([]byte, error) {
	r, err := f.open(v, passwords)
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, f.files[0]))
	if err != nil {
		return nil, broken("%w", err)
	}
	if f.hasSum[0] && crc32.ChecksumIEEE(out) != f.sums[0] {
		return nil, broken("the checksum of its header is wrong")
	}
	return out, nil
}

// walk visits the files, folder by folder: that is their order.
func (ix *index) walk(v view.View, passwords []string, visit func(Member) error) error {
	next := 0
	name := func() (string, bool) {
		for next < len(ix.names) {
			i := next
			next++
			if i >= len(ix.empty) || !ix.empty[i] {
				return ix.names[i], true
			}
		}
		return "", false
	}
	for i := range ix.folders {
		f := &ix.folders[i]
		s := solid{folder: f, view: v, passwords: passwords}
		for k := range f.files {
			member, ok := name()
			if !ok {
				return broken("more streams than names")
			}
			if err := visit(Member{Name: member, Open: func() (io.Reader, error) { return s.file(k) }}); err != nil {
				return err
			}
		}
	}
	return nil
}

// solid reads the files of a folder one after the other; those not asked for
// are skipped.
type solid struct {
	*folder
	view      view.View
	passwords []string
	r         io.Reader
	at        int // the next file to come out of r
	left      int64
	err       error
}

func (s *solid) file(k int) (io.Reader, error) {
	if s.err != nil {
		return nil, s.err
	}
	if s.r == nil {
		if s.r, s.err = s.open(s.view, s.passwords); s.err != nil {
			return nil, s.err
		}
	}
	skip := s.left // of the file before, which was not read to its end
	for ; s.at < k; s.at++ {
		skip += s.files[s.at]
	}
	if _, err := io.CopyN(io.Discard, s.r, skip); err != nil {
		s.err = broken("%w", err)
		return nil, s.err
	}
	s.at, s.left = k+1, s.files[k]
	f := &solidFile{solid: s, k: k}
	if s.hasSum[k] {
		return &checked{r: f, want: s.sums[k]}, nil
	}
	return f, nil
}

type solidFile struct {
	*solid
	k int
}

func (f *solidFile) Read(p []byte) (int, error) {
	if f.at != f.k+1 {
		return 0, errors.New("read after the next file was opened")
	}
	if f.left == 0 {
		return 0, io.EOF
	}
	n, err := f.r.Read(p[:min(int64(len(p)), f.left)])
	f.left -= int64(n)
	if errors.Is(err, io.EOF) && f.left > 0 {
		return n, broken("it ends in the middle of a file")
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}
