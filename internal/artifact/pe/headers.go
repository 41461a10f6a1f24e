package pe

import (
	"encoding/binary"
	"math"
	"strings"

	"clew/internal/artifact/view"
)

// Data directories that are read, by their number in the optional header.
const (
	dirExport   = 0
	dirImport   = 1
	dirResource = 2
	dirSecurity = 4
	dirDebug    = 6
	dirCLR      = 14
	directories = 16
)

const (
	maxSections = 0x800    // pefile's bound; Windows loads at most 96
	maxHashed   = 64 << 20 // bytes of one section or resource that are weighed
)

type directory struct{ rva, size uint32 }

// A file is a PE file with its headers read.
type file struct {
	view.View
	header     int64 // of "PE\0\0"
	optional   int64 // of the optional header
	machine    uint16
	flags      uint16
	stamp      uint32
	wide       bool // PE32+
	subsystem  uint16
	fileAlign  uint32
	secAlign   uint32
	headers    uint32 // SizeOfHeaders
	dirs       []directory
	checksumAt int64
	securityAt int64 // of the entry for signatures, 0 when the header ends before it
	sections   []section
	problems   []string
	names      int // import names that may still be read
}

type section struct {
	name                           string
	virtual, address, raw, pointer uint32
	flags                          uint32
	start, end                     uint64 // addresses it covers, as pefile counts them
	rawStart, rawLimit             int64
}

func open(v view.View) (*file, bool) {
	f := &file{View: v}
	dos, ok := v.Bytes(0, 64)
	if !ok || dos[0] != 'M' || dos[1] != 'Z' {
		return nil, false
	}
	f.header = int64(binary.LittleEndian.Uint32(dos[60:]))
	nt, ok := v.Bytes(f.header, 24)
	if !ok || string(nt[:4]) != "PE\x00\x00" {
		return nil, false
	}
	f.machine = binary.LittleEndian.Uint16(nt[4:])
	count := int(binary.LittleEndian.Uint16(nt[6:]))
	f.stamp = binary.LittleEndian.Uint32(nt[8:])
	optionalSize := int64(binary.LittleEndian.Uint16(nt[20:]))
	f.flags = binary.LittleEndian.Uint16(nt[22:])
	f.optional = f.header + 24
	if !f.readOptional() {
		return nil, false
	}
	f.readSections(f.optional+optionalSize, count)
	return f, true
}

// readOptional reads the optional header. Tiny files cut it short: what is
// missing is zero, as for the loader.
func (f *file) readOptional() bool {
	const least = 69 // pefile's bound: up to Subsystem
	raw := f.UpTo(f.optional, 256)
	if len(raw) < least {
		return false
	}
	head := make([]byte, 256)
	copy(head, raw)
	const pe32, pe32plus, rom = 0x10b, 0x20b, 0x107
	switch binary.LittleEndian.Uint16(head) {
	case pe32plus:
		f.wide = true
	case pe32, rom:
	default:
		return false
	}
	f.secAlign = binary.LittleEndian.Uint32(head[32:])
	f.fileAlign = binary.LittleEndian.Uint32(head[36:])
	f.headers = binary.LittleEndian.Uint32(head[60:])
	f.checksumAt = f.optional + 64
	f.subsystem = binary.LittleEndian.Uint16(head[68:])
	table := 92
	if f.wide {
		table = 108
	}
	count := min(binary.LittleEndian.Uint32(head[table:]), directories)
	for i := range int(count) {
		at := table + 4 + 8*i
		if at+8 > len(raw) {
			break
		}
		f.dirs = append(f.dirs, directory{binary.LittleEndian.Uint32(head[at:]), binary.LittleEndian.Uint32(head[at+4:])})
	}
	if len(f.dirs) > dirSecurity {
		f.securityAt = f.optional + int64(table+4+8*dirSecurity)
	}
	return true
}

func (f *file) directory(i int) directory {
	if i < len(f.dirs) {
		return f.dirs[i]
	}
	return directory{}
}

func (f *file) readSections(at int64, count int) {
	if count > maxSections {
		f.problem("more sections than any loader takes; the rest is not read")
		count = maxSections
	}
	for i := range count {
		b, ok := f.Bytes(at+40*int64(i), 40)
		if !ok {
			f.problem("the section table is cut short")
			break
		}
		s := section{
			name:    strings.TrimRight(string(b[:8]), "\x00"),
			virtual: binary.LittleEndian.Uint32(b[8:]), address: binary.LittleEndian.Uint32(b[12:]),
			raw: binary.LittleEndian.Uint32(b[16:]), pointer: binary.LittleEndian.Uint32(b[20:]),
			flags: binary.LittleEndian.Uint32(b[36:]),
		}
		f.sections = append(f.sections, s)
	}
	next := f.nextAddresses()
	for i := range f.sections {
		f.place(&f.sections[i], next[i])
	}
}

// nextAddresses gives for each section the address at which the next one in
// address order begins, 0 for the last. Sections of equal address keep their
// order in the table.
func (f *file) nextAddresses() []uint32 {
	order := make([]int, len(f.sections))
	for i := range order {
		order[i] = i
	}
	sortByAddress(order, f.sections)
	next := make([]uint32, len(f.sections))
	for k := 0; k+1 < len(order); k++ {
		next[order[k]] = f.sections[order[k+1]].address
	}
	return next
}

// place computes which addresses a section covers and where its bytes lie. The
// rules are pefile's: sizes that cannot be are replaced, overlaps are cut.
func (f *file) place(s *section, next uint32) {
	pointer := f.alignedPointer(s.pointer)
	start := f.alignedAddress(s.address)
	size := uint64(max(s.raw, s.virtual))
	if f.Size()-int64(pointer) < int64(s.raw) {
		size = uint64(s.virtual)
	}
	if next != 0 && next > s.address && uint64(start)+size > uint64(next) {
		size = uint64(next) - min(uint64(start), uint64(next))
	}
	s.start, s.end = uint64(start), uint64(start)+size
	s.rawStart = int64(pointer)
	s.rawLimit = math.MaxInt64
	if s.raw > 0 {
		s.rawLimit = int64(s.pointer) + int64(s.raw)
	}
}

// alignedPointer rounds a file offset down as the loader does.
func (f *file) alignedPointer(p uint32) uint32 {
	const least = 0x200
	if f.fileAlign < least {
		return p
	}
	return p / least * least
}

func (f *file) alignedAddress(a uint32) uint32 {
	const page = 0x1000
	align := f.secAlign
	if align < page {
		align = f.fileAlign
	}
	if align == 0 {
		return a
	}
	return a / align * align
}

// locate returns the offset in the file of what is loaded at address rva, and
// the offset at which that section's bytes end.
func (f *file) locate(rva uint64) (offset, limit int64, ok bool) {
	for i := range f.sections {
		if s := &f.sections[i]; rva >= s.start && rva < s.end {
			return int64(rva-s.start) + s.rawStart, min(s.rawLimit, f.Size()), true
		}
	}
	if rva < uint64(f.Size()) {
		return int64(rva), f.Size(), true
	}
	return 0, 0, false
}

// at returns n bytes loaded at rva, fewer where the section ends.
func (f *file) at(rva uint64, n int64) []byte {
	offset, limit, ok := f.locate(rva)
	if !ok || offset >= limit {
		return nil
	}
	return f.UpTo(offset, min(n, limit-offset))
}

// text returns the zero-terminated string loaded at rva.
func (f *file) text(rva uint64, most int64) string {
	offset, limit, ok := f.locate(rva)
	if !ok || offset >= limit {
		return ""
	}
	return f.Text(offset, min(most, limit-offset))
}

// endOfSections is where the last section's bytes end.
func (f *file) endOfSections() int64 {
	end := int64(f.headers)
	for _, s := range f.sections {
		if s.raw > 0 {
			end = max(end, int64(s.pointer)+int64(s.raw))
		}
	}
	return min(end, f.Size())
}
