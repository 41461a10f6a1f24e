package archive

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf16"

	"clew/internal/artifact/view"
)

// Property identifiers of a 7z header.
const (
	idEnd = iota
	idHeader
	idArchiveProperties
	idAdditionalStreams
	idMainStreams
	idFiles
	idPackInfo
	idUnpackInfo
	idSubStreams
	idSize
	idCRC
	idFolder
	idUnpackSize
	idNumUnpackStream
	idEmptyStream
	idEmptyFile
	idAnti
	idNames
	idEncodedHeader = 0x17
)

// A parser reads a header. Its first failure makes every later answer zero, so
// that only the end has to ask.
type parser struct {
	rest   []byte
	view   view.View
	failed bool
	unread []coder // of the folder that is no chain, where that is why it failed
}

// broken is the error of a header that could not be read.
func (p *parser) broken(what string) error {
	if len(p.unread) == 0 {
		return broken("%s", what)
	}
	ids := make([]string, len(p.unread))
	for i, c := range p.unread {
		ids[i] = fmt.Sprintf("%x", c.id)
	}
	return fmt.Errorf("%w: 7z methods %s over several streams", ErrMethod, strings.Join(ids, ", "))
}

func (p *parser) fail() { p.failed, p.rest = true, nil }

func (p *parser) byte() byte {
	if len(p.rest) == 0 {
		p.fail()
		return 0
	}
	c := p.rest[0]
	p.rest = p.rest[1:]
	return c
}

func (p *parser) take(n uint64) []byte {
	if n > uint64(len(p.rest)) {
		p.fail()
		return nil
	}
	part := p.rest[:n]
	p.rest = p.rest[n:]
	return part
}

// number reads a 7z number: the leading one bits of its first byte say how many
// bytes follow.
func (p *parser) number() uint64 {
	first := p.byte()
	extra := bits.LeadingZeros8(^first)
	var value uint64
	for i := range extra {
		value |= uint64(p.byte()) << (8 * i)
	}
	if extra < 8 {
		value |= uint64(first&(1<<(7-extra)-1)) << (8 * extra)
	}
	return value
}

// count reads how many of something follow; each takes at least a byte of what
// is left, or a share of it, so that no table grows beyond the header.
func (p *parser) count(most uint64) int {
	n := p.number()
	if n > most {
		p.fail()
		return 0
	}
	return int(n)
}

// bits reads n flags, packed, preceded by a byte that says that all are set.
func (p *parser) optionalBits(n int) []bool {
	if p.byte() != 0 {
		return slices.Repeat([]bool{true}, p.bounded(n))
	}
	return p.bits(n)
}

// bounded refuses flags for more things than a header can describe.
func (p *parser) bounded(n int) int {
	if n > maxFiles {
		p.fail()
		return 0
	}
	return n
}

func (p *parser) bits(n int) []bool {
	raw := p.take(uint64(p.bounded(n)+7) / 8)
	if raw == nil {
		return make([]bool, min(n, maxFiles))
	}
	flags := make([]bool, n)
	for i := range flags {
		flags[i] = raw[i/8]&(0x80>>(i%8)) != 0
	}
	return flags
}

// digests reads n optional CRCs.
func (p *parser) digests(n int) (sums []uint32, has []bool) {
	has = p.optionalBits(n)
	sums = make([]uint32, len(has))
	for i, is := range has {
		if is {
			if raw := p.take(4); raw != nil {
				sums[i] = binary.LittleEndian.Uint32(raw)
			}
		}
	}
	return sums, has
}

func (p *parser) header() (*index, error) {
	ix := &index{}
	for {
		switch p.byte() {
		case idEnd:
			if p.failed {
				return nil, p.broken("its header")
			}
			return ix, nil
		case idArchiveProperties:
			for p.byte() != idEnd && !p.failed {
				p.take(p.number())
			}
		case idAdditionalStreams:
			p.streams()
		case idMainStreams:
			ix.folders = p.streams()
		case idFiles:
			p.files(ix)
		default:
			return nil, p.broken("an unknown part of its header")
		}
	}
}

// files reads names and which files have no stream.
func (p *parser) files(ix *index) {
	n := p.count(maxFiles)
	for !p.failed {
		id := p.byte()
		if id == idEnd {
			break
		}
		part := parser{rest: p.take(p.number())}
		switch id {
		case idEmptyStream:
			ix.empty = part.bits(n)
		case idNames:
			if part.byte() != 0 {
				p.fail() // kept elsewhere: nobody does
			}
			ix.names = names(part.rest, n)
		}
	}
	for len(ix.names) < n {
		ix.names = append(ix.names, "")
	}
}

func names(raw []byte, most int) []string {
	var all []string
	var units []uint16
	for ; len(raw) >= 2 && len(all) < most; raw = raw[2:] {
		if u := binary.LittleEndian.Uint16(raw); u != 0 {
			units = append(units, u)
			continue
		}
		all = append(all, string(utf16.Decode(units)))
		units = units[:0]
	}
	return all
}

// streams reads StreamsInfo.
func (p *parser) streams() []folder {
	var folders []folder
	var position uint64
	var sizes []uint64
	for !p.failed {
		switch p.byte() {
		case idEnd:
			p.place(folders, position, sizes)
			return folders
		case idPackInfo:
			position, sizes = p.packInfo()
		case idUnpackInfo:
			folders = p.unpackInfo()
		case idSubStreams:
			p.subStreams(folders)
		default:
			p.fail()
		}
	}
	return folders
}

func (p *parser) packInfo() (position uint64, sizes []uint64) {
	position = p.number()
	n := p.count(maxFolders)
	for !p.failed {
		switch p.byte() {
		case idEnd:
			return position, sizes
		case idSize:
			for range n {
				sizes = append(sizes, p.number())
				if p.failed {
					return position, nil
				}
			}
		case idCRC:
			p.digests(n)
		default:
			p.fail()
		}
	}
	return position, nil
}

// place gives each folder its packed stream.
func (p *parser) place(folders []folder, position uint64, sizes []uint64) {
	at := position
	for i := range folders {
		if i >= len(sizes) {
			folders[i].problem = "a folder without a stream"
			continue
		}
		if at > uint64(p.view.Size()) || sizes[i] > uint64(p.view.Size())-at {
			folders[i].problem = "a stream beyond the end of the file"
			continue
		}
		folders[i].packed, folders[i].size = sevenZipHead+int64(at), int64(sizes[i])
		at += sizes[i]
	}
}

func (p *parser) subStreams(folders []folder) {
	counts := slices.Repeat([]int{1}, len(folders))
	id := p.byte()
	if id == idNumUnpackStream {
		for i := range counts {
			counts[i] = p.count(maxFiles)
		}
		id = p.byte()
	}
	total := 0
	for i := range folders {
		f := &folders[i]
		if total += counts[i]; total > maxFiles || p.failed {
			p.fail()
			return
		}
		whole := int64(0)
		if len(f.files) > 0 {
			whole = f.files[0]
		}
		f.files = make([]int64, 0, min(counts[i], len(p.rest)+1))
		for k := range counts[i] {
			size := whole
			if k < counts[i]-1 {
				if id != idSize {
					p.fail()
					return
				}
				size = int64(min(p.number(), 1<<62))
			}
			if size < 0 || size > whole || p.failed {
				p.fail()
				return
			}
			whole -= size
			f.files = append(f.files, size)
		}
	}
	if id == idSize {
		id = p.byte()
	}
	p.subDigests(folders, id)
}

// subDigests reads the sums of the files whose folder's sum is not theirs.
func (p *parser) subDigests(folders []folder, id byte) {
	var unknown int
	for i := range folders {
		f := &folders[i]
		f.sums, f.hasSum = make([]uint32, len(f.files)), make([]bool, len(f.files))
		if len(f.files) == 1 && f.hasTotal {
			f.sums[0], f.hasSum[0] = f.unpackSum, true
		} else {
			unknown += len(f.files)
		}
	}
	for ; id != idEnd && !p.failed; id = p.byte() {
		if id != idCRC {
			p.fail()
			return
		}
		sums, has := p.digests(unknown)
		for i := range folders {
			f := &folders[i]
			if len(f.files) == 1 && f.hasTotal {
				continue
			}
			n := copy(f.sums, sums)
			copy(f.hasSum, has)
			sums, has = sums[n:], has[min(n, len(has)):]
		}
	}
}
