// Package elf reads what a Unix program says of itself: who built it, and what
// it takes from libraries.
//
// The tables are read by debug/elf of the standard library, which is fuzzed and
// reads nothing on the word of a header alone.
package elf

import (
	"cmp"
	"crypto/md5" //nolint:gosec // a name for a list of names, not a defence
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"clew/internal/artifact/view"
)

// ErrNotELF means the file is no ELF file.
var ErrNotELF = errors.New("no ELF file")

// Info is what was read.
type Info struct {
	Machine   string   `json:"machine"`
	Kind      string   `json:"kind"` // exec, dyn, core, rel
	BuildID   string   `json:"build_id"`
	GoBuildID string   `json:"go_build_id"`
	Libraries []string `json:"libraries"`
	// Imports is how many names the file takes from elsewhere, and Symbols
	// the MD5 of these names, each once, sorted, joined by commas. That is the
	// symhash of Anomali (2018) carried over from Mach-O; it is no telfhash.
	Imports  int       `json:"imports"`
	Symbols  string    `json:"import_symbols"`
	Sections []Section `json:"sections"`
	Problems []string  `json:"problems"`
}

// A Section is one part of the file.
type Section struct {
	Name    string  `json:"name"`
	Address uint64  `json:"address"`
	Size    uint64  `json:"size"`
	Entropy float64 `json:"entropy"` // bits a byte, of the bytes in the file
}

// Bounds of hostile tables.
const (
	maxSections = 4096
	maxSymbols  = 1 << 20
	maxNotes    = 1 << 20
	maxWeighed  = 256 << 20
)

// Read parses v. It returns ErrNotELF when the headers do not hold; whatever
// else is wrong is in Problems.
func Read(v view.View) (*Info, error) {
	f, lost, err := open(v)
	if err != nil {
		return nil, fmt.Errorf("%w whose headers hold: %w", ErrNotELF, err)
	}
	info := &Info{
		Machine: strings.ToLower(strings.TrimPrefix(f.Machine.String(), "EM_")), Kind: strings.ToLower(strings.TrimPrefix(f.Type.String(), "ET_")),
		Libraries: []string{}, Sections: []Section{}, Problems: []string{},
	}
	r := reader{File: f, v: v, info: info}
	if lost != nil {
		r.problem("its section headers do not hold, and what they lead to is not read: " + lost.Error())
	}
	r.notes()
	r.imports()
	r.sections()
	return info, nil
}

// open reads the headers. Whoever hides breaks those of the sections, which no
// loader needs, and whoever uploads half a file cuts them off: then lost says
// why, and the file is read as if it had none.
func open(v view.View) (f *elf.File, lost, err error) {
	if n := sectionCount(v); n > maxSections {
		lost = fmt.Errorf("%d of them are claimed", n)
	} else if f, lost = elf.NewFile(v); lost == nil {
		return f, nil, nil
	}
	f, err = elf.NewFile(sectionless{v})
	return f, lost, err
}

// sectionless is a file whose header names no sections.
type sectionless struct{ view.View }

// ReadAt implements [io.ReaderAt].
func (s sectionless) ReadAt(p []byte, offset int64) (int, error) {
	n, err := s.View.ReadAt(p, offset)
	class, _ := s.Bytes(int64(elf.EI_CLASS), 1)
	fields := [][2]int64{{32, 4}, {48, 4}} // where they lie, and their number and names
	if len(class) == 1 && class[0] == byte(elf.ELFCLASS64) {
		fields = [][2]int64{{40, 8}, {60, 4}}
	}
	for _, field := range fields {
		for at := max(field[0], offset); at < min(field[0]+field[1], offset+int64(n)); at++ {
			p[at-offset] = 0
		}
	}
	return n, err
}

// sectionCount is what the header claims, read before debug/elf takes it at its word.
func sectionCount(v view.View) int {
	head, ok := v.Bytes(0, 64)
	if !ok || string(head[:4]) != elf.ELFMAG {
		return 0
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[elf.EI_DATA] == byte(elf.ELFDATA2MSB) {
		order = binary.BigEndian
	}
	if head[elf.EI_CLASS] == byte(elf.ELFCLASS64) {
		return int(order.Uint16(head[60:]))
	}
	return int(order.Uint16(head[48:]))
}

type reader struct {
	*elf.File
	v    view.View
	info *Info
}

func (r *reader) problem(text string) { r.info.Problems = append(r.info.Problems, text) }

// notes finds the build identifiers: in segments, which every program has, else
// in sections.
func (r *reader) notes() {
	for _, p := range r.Progs {
		if p.Type == elf.PT_NOTE {
			r.readNotes(r.v.UpTo(int64(min(p.Off, math.MaxInt64)), int64(min(p.Filesz, maxNotes))))
		}
	}
	for _, s := range r.Sections {
		if s.Type == elf.SHT_NOTE {
			r.readNotes(r.v.UpTo(int64(min(s.Offset, math.MaxInt64)), int64(min(s.FileSize, maxNotes))))
		}
	}
}

func (r *reader) readNotes(b []byte) {
	const gnuBuildID, goBuildID = 3, 4
	for len(b) >= 12 {
		nameSize, size, kind := r.ByteOrder.Uint32(b), r.ByteOrder.Uint32(b[4:]), r.ByteOrder.Uint32(b[8:])
		b = b[12:]
		name, rest, ok := cut(b, nameSize)
		if !ok {
			return
		}
		content, rest, ok := cut(rest, size)
		if !ok {
			return
		}
		b = rest
		switch who := strings.TrimRight(string(name), "\x00"); {
		case who == "GNU" && kind == gnuBuildID && r.info.BuildID == "" && len(content) <= 64:
			r.info.BuildID = hex.EncodeToString(content)
		case who == "Go" && kind == goBuildID && r.info.GoBuildID == "" && len(content) <= 256 && isText(content):
			r.info.GoBuildID = string(content)
		}
	}
}

// cut takes n bytes of b, which are filled up to four.
func cut(b []byte, n uint32) (part, rest []byte, ok bool) {
	if uint64(n) > uint64(len(b)) {
		return nil, nil, false
	}
	return b[:n], b[min(int(n+3)&^3, len(b)):], true
}

func isText(b []byte) bool {
	return len(b) > 0 && !slices.ContainsFunc(b, func(c byte) bool { return c < ' ' || c > '~' })
}

// imports hashes the names that other files are to provide.
func (r *reader) imports() {
	libraries, err := r.ImportedLibraries()
	if err != nil {
		r.problem("the list of libraries is broken")
	}
	r.info.Libraries = append(r.info.Libraries, libraries...)
	for _, s := range r.Sections {
		if s.Type == elf.SHT_DYNSYM && s.Size/16 > maxSymbols {
			r.problem("more symbols than are read")
			return
		}
	}
	symbols, err := r.DynamicSymbols()
	if errors.Is(err, elf.ErrNoSymbols) {
		return
	}
	if err != nil {
		r.problem("the symbol table is broken")
		return
	}
	var names []string
	for _, s := range symbols {
		if s.Section == elf.SHN_UNDEF && s.Name != "" {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if r.info.Imports = len(names); len(names) > 0 {
		sum := md5.Sum([]byte(strings.Join(names, ","))) //nolint:gosec // see above
		r.info.Symbols = hex.EncodeToString(sum[:])
	}
}

func (r *reader) sections() {
	budget := int64(maxWeighed)
	for _, s := range r.Sections {
		if s.Type == elf.SHT_NULL {
			continue
		}
		d := Section{Name: s.Name, Address: s.Addr, Size: s.Size}
		if part := r.v.Section(int64(min(s.Offset, math.MaxInt64)), int64(min(s.FileSize, math.MaxInt64))); s.Type != elf.SHT_NOBITS && part.Size() <= budget {
			budget -= part.Size()
			d.Entropy = part.Entropy()
		}
		r.info.Sections = append(r.info.Sections, d)
	}
	slices.SortStableFunc(r.info.Sections, func(a, b Section) int { return cmp.Compare(a.Address, b.Address) })
}
