package pe

import (
	"crypto/md5" //nolint:gosec // the field's definition
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strings"
)

// Bounds of import tables. Those of pefile, so that a file it gives up on has
// the same hash here.
const (
	maxFunctions = 0x2000
	maxName      = 0x200
	maxLibraries = 4096
	maxSpread    = 128 << 20
	maxRepeats   = 15
)

const (
	badName = "*invalid*"

	nameCharacters    = "._?@$()<>"
	libraryCharacters = "!#$%&'()-@^_`{}~+,.;=[]\\/"
)

// imports lists the libraries and computes the imphash: the MD5 of
// "library.function" in the order of the tables, lower case, joined by commas
// (Mandiant, "Tracking Malware with Import Hashing", 2014). It is "" for a file
// without an import table.
func (f *file) imports() ([]Import, string) {
	list := []Import{}
	table := f.directory(dirImport)
	if table.rva == 0 {
		return list, ""
	}
	digest := importDigest{sum: md5.New()} //nolint:gosec // see above
	f.names = maxFunctions
	empty := 0
	for rva := uint64(table.rva); ; {
		if len(list) == maxLibraries {
			f.problem("more imported libraries than are read")
			break
		}
		d := f.at(rva, 20)
		if len(d) < 20 {
			f.problem("the import table runs out of the file")
			break
		}
		if allZero(d) {
			break
		}
		rva += 20
		lookup, name, bound := binary.LittleEndian.Uint32(d), binary.LittleEndian.Uint32(d[12:]), binary.LittleEndian.Uint32(d[16:])
		functions := f.functions(lookup, bound, f.tableLimit(rva, lookup, bound))
		if empty > 5 {
			f.problem("the import table leads nowhere")
			break
		}
		if len(functions) == 0 {
			empty++
			continue
		}
		library := f.text(uint64(name), maxName)
		if !onlyOf(library, libraryCharacters) {
			library = badName
		}
		if library == "" {
			continue
		}
		digest.add(library, functions)
		list = append(list, Import{Library: library, Functions: len(functions)})
	}
	if len(list) == 0 {
		return list, ""
	}
	return list, hex.EncodeToString(digest.sum.Sum(nil))
}

// tableLimit bounds a table of functions: up to the descriptor when the table
// stands before it, else up to the end of the file.
func (f *file) tableLimit(next uint64, lookup, bound uint32) uint64 {
	if next > uint64(lookup) || next > uint64(bound) {
		return uint64(max(int64(next)-int64(lookup), int64(next)-int64(bound)))
	}
	offset, _, ok := f.locate(next - 20)
	if !ok {
		return 0
	}
	return uint64(max(0, f.Size()-offset))
}

// A function is imported by name, or by ordinal when the name is "".
type function struct {
	name    string
	ordinal uint16
}

// functions reads the functions of one library from the lookup table, or from
// the address table when there is no other.
func (f *file) functions(lookup, bound uint32, limit uint64) []function {
	table := f.thunks(uint64(lookup), limit)
	if second := f.thunks(uint64(bound), limit); len(table) == 0 {
		table = second
	}
	flag, mask := uint64(1)<<31, uint64(0x7fffffff)
	if f.wide {
		flag, mask = 1<<63, 0x7fffffffffffffff
	}
	var all []function
	invalid := 0
	for i, entry := range table {
		if entry&flag != 0 {
			if ordinal := uint16(entry); ordinal != 0 {
				all = append(all, function{ordinal: ordinal})
			}
			continue
		}
		if _, _, ok := f.locate(entry & mask); !ok {
			return nil // pefile gives up on the library
		}
		name := f.text(entry+2, maxName)
		switch {
		case !onlyOf(name, nameCharacters):
			if invalid > 1000 && invalid == i {
				return nil
			}
			invalid++
		case name != "":
			all = append(all, function{name: name})
		}
	}
	return all
}

// thunks reads one table of addresses and ordinals. Tables that point at
// themselves, at one place again and again or all over memory are given up.
func (f *file) thunks(start, limit uint64) []uint64 {
	width, flag := uint64(4), uint64(1)<<31
	if f.wide {
		width, flag = 8, 1<<63
	}
	var table []uint64
	seen := map[uint64]bool{}
	var narrow, broad spread
	repeats := 0
	for rva := start; rva != 0; rva += width {
		if rva >= start+limit || f.names < 0 {
			f.problem("an import table is longer than it can be")
			break
		}
		f.names--
		if repeats >= maxRepeats || narrow.size() > maxSpread || broad.size() > maxSpread {
			return nil
		}
		raw := f.at(rva, int64(width))
		if uint64(len(raw)) < width {
			return nil
		}
		entry := uint64(binary.LittleEndian.Uint32(raw))
		if f.wide {
			entry = binary.LittleEndian.Uint64(raw)
		}
		if entry >= start && entry <= rva {
			f.problem("an import table points into itself")
			break
		}
		if entry == 0 {
			break
		}
		if entry&flag != 0 {
			if entry&0x7fffffff > 0xffff {
				return nil
			}
		} else {
			if seen[entry] {
				repeats++
			}
			seen[entry] = true
			if entry >= 1<<32 {
				broad.add(entry)
			} else {
				narrow.add(entry)
			}
		}
		table = append(table, entry)
	}
	return table
}

// A spread is the range of the addresses added.
type spread struct {
	low, high uint64
	any       bool
}

func (s *spread) add(a uint64) {
	if !s.any {
		s.low, s.high, s.any = a, a, true
		return
	}
	s.low, s.high = min(s.low, a), max(s.high, a)
}

func (s *spread) size() uint64 { return s.high - s.low }

// importDigest builds the hashed text piece by piece.
type importDigest struct {
	sum   hash.Hash
	begun bool
}

func (d *importDigest) add(library string, functions []function) {
	lower := strings.ToLower(library)
	stem := lower
	if dot := strings.LastIndexByte(lower, '.'); dot >= 0 {
		switch lower[dot+1:] {
		case "dll", "ocx", "sys":
			stem = lower[:dot]
		}
	}
	for _, fn := range functions {
		name := strings.ToLower(fn.name)
		if name == "" {
			name = strings.ToLower(ordinalName(lower, fn.ordinal))
		}
		if d.begun {
			d.sum.Write([]byte{','})
		}
		d.begun = true
		d.sum.Write([]byte(stem + "." + name))
	}
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// onlyOf reports whether text is made of ASCII letters, digits and extra.
func onlyOf(text, extra string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') && strings.IndexByte(extra, c) < 0 {
			return false
		}
	}
	return true
}
