package archive

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ulikunitz/xz/lzma"

	"clew/internal/artifact/view"
)

// Identifiers of decoders (Methods.txt of the LZMA SDK).
const (
	coderCopy    = "\x00"
	coderDelta   = "\x03"
	coderLZMA2   = "\x21"
	coderLZMA    = "\x03\x01\x01"
	coderX86     = "\x03\x03\x01\x03"
	coderDeflate = "\x04\x01\x08"
	coderBzip2   = "\x04\x02\x02"
	coderAES     = "\x06\xf1\x07\x01"
)

// unpackInfo reads the folders, their sizes and sums.
func (p *parser) unpackInfo() []folder {
	if p.byte() != idFolder {
		p.fail()
		return nil
	}
	n := p.count(maxFolders)
	if p.byte() != 0 {
		p.fail() // kept elsewhere: nobody does
	}
	var folders []folder
	for range n {
		if folders = append(folders, p.folder()); p.failed {
			return nil
		}
	}
	if p.byte() != idUnpackSize {
		p.fail()
	}
	for i := range folders {
		f := &folders[i]
		for k := range f.coders { // sizes stand in the order of the header
			size := int64(min(p.number(), 1<<62))
			f.coders[slices.IndexFunc(f.coders, func(c coder) bool { return c.place == k })].unpack = size
		}
		f.files = []int64{f.coders[len(f.coders)-1].unpack}
		f.sums, f.hasSum = make([]uint32, 1), make([]bool, 1)
	}
	for !p.failed {
		switch p.byte() {
		case idEnd:
			return folders
		case idCRC:
			sums, has := p.digests(n)
			for i := range folders {
				f := &folders[i]
				if f.unpackSum, f.hasTotal = sums[i], has[i]; len(f.files) == 1 {
					f.sums[0], f.hasSum[0] = sums[i], has[i]
				}
			}
		default:
			p.fail()
		}
	}
	return folders
}

// folder reads the coders of one folder and brings them into the order of
// decoding. Only chains are read: what has several inputs is BCJ2, rare now,
// and its other streams cannot be told apart, so the header ends there.
func (p *parser) folder() folder {
	var f folder
	const most = 8
	n := p.count(most)
	chained := true
	for place := range n {
		flags := p.byte()
		c := coder{place: place, id: string(p.take(uint64(flags & 15)))}
		if flags&0x10 != 0 {
			if in, out := p.count(32), p.count(32); in != 1 || out != 1 {
				chained = false
			}
		}
		if flags&0x20 != 0 {
			c.props = p.take(p.number())
		}
		f.coders = append(f.coders, c)
	}
	if !chained && !p.failed {
		p.unread = f.coders
		p.fail()
	}
	if p.failed {
		return f
	}
	next := make(map[int]int) // from the coder whose output feeds it
	first := 0
	for range n - 1 {
		in, out := p.count(most), p.count(most)
		next[out] = in
	}
	fed := map[int]bool{}
	for _, in := range next {
		fed[in] = true
	}
	for i := range n {
		if !fed[i] {
			first = i
		}
	}
	ordered := make([]coder, 0, n)
	for i := first; len(ordered) < n && i < n; {
		ordered = append(ordered, f.coders[i])
		follow, ok := next[i]
		if !ok {
			break
		}
		i = follow
	}
	if len(ordered) != n || n == 0 {
		p.fail()
		return f
	}
	f.coders = ordered
	return f
}

// open returns what comes out of the folder, with the first password that fits.
func (f *folder) open(v view.View, passwords []string) (io.Reader, error) {
	if f.problem != "" {
		return nil, broken("%s", f.problem)
	}
	encrypted := false
	for _, c := range f.coders {
		encrypted = encrypted || c.id == coderAES
	}
	if !encrypted {
		return f.decode(v, "")
	}
	for _, password := range passwords {
		if r, err := f.decode(v, password); err != nil && !errors.Is(err, ErrBroken) {
			return nil, err
		} else if err == nil && f.fits(r) {
			return f.decode(v, password)
		}
	}
	return nil, ErrPassword
}

// fits reads the beginning: a wrong password makes noise, which no decoder takes.
func (f *folder) fits(r io.Reader) bool {
	const enough = 16 << 20
	if len(f.files) > 0 && f.files[0] <= enough && f.hasSum[0] {
		_, err := io.Copy(io.Discard, &checked{r: io.LimitReader(r, f.files[0]), want: f.sums[0]})
		return err == nil
	}
	_, err := io.CopyN(io.Discard, r, 64<<10)
	return err == nil || errors.Is(err, io.EOF)
}

func (f *folder) decode(v view.View, password string) (io.Reader, error) {
	var r io.Reader = bufio.NewReader(v.Section(f.packed, f.size).Reader())
	for _, c := range f.coders {
		var err error
		if r, err = c.open(r, password); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (c coder) open(r io.Reader, password string) (io.Reader, error) {
	switch c.id {
	case coderCopy:
		return r, nil
	case coderDeflate:
		return flate.NewReader(r), nil
	case coderBzip2:
		return bzip2.NewReader(r), nil
	case coderLZMA:
		return c.lzma(r)
	case coderLZMA2:
		return c.lzma2(r)
	case coderX86:
		return newX86(io.LimitReader(r, c.unpack)), nil
	case coderDelta:
		if len(c.props) == 1 {
			return &delta{r: r, distance: int(c.props[0]) + 1}, nil
		}
	case coderAES:
		return openSevenZipAES(r, c.props, password)
	}
	return nil, fmt.Errorf("%w: 7z method %x", ErrMethod, c.id)
}

// dictionary bounds what a decoder allocates: no reference reaches further back
// than the output is long.
func (c coder) dictionary(claimed uint64) (int, error) {
	const least = 4096
	size := max(min(claimed, uint64(c.unpack)), least)
	if size > maxWindow {
		return 0, fmt.Errorf("%w: it asks for %d bytes of memory", ErrMethod, size)
	}
	return int(size), nil
}

func (c coder) lzma(r io.Reader) (io.Reader, error) {
	if len(c.props) != 5 {
		return nil, broken("LZMA properties")
	}
	size, err := c.dictionary(uint64(binary.LittleEndian.Uint32(c.props[1:])))
	if err != nil {
		return nil, err
	}
	head := append([]byte{c.props[0]}, binary.LittleEndian.AppendUint32(nil, uint32(size))...)
	head = binary.LittleEndian.AppendUint64(head, uint64(c.unpack))
	out, err := lzma.NewReader(io.MultiReader(bytes.NewReader(head), r))
	if err != nil {
		return nil, broken("%w", err)
	}
	return out, nil
}

func (c coder) lzma2(r io.Reader) (io.Reader, error) {
	if len(c.props) != 1 {
		return nil, broken("LZMA2 properties")
	}
	claimed, ok := lzma2Dictionary(c.props[0])
	if !ok {
		return nil, broken("LZMA2 properties")
	}
	size, err := c.dictionary(claimed)
	if err != nil {
		return nil, err
	}
	out, err := lzma.Reader2Config{DictCap: size}.NewReader2(r)
	if err != nil {
		return nil, broken("%w", err)
	}
	return out, nil
}
