// Package macho reads what a program for macOS says of itself: UUID, imported
// names, code signature. Universal files are read part by part.
//
// The tables are read by debug/macho of the standard library; the signature's
// layout is that of Apple's Security framework (cs_blobs.h in XNU).
package macho

import (
	"crypto/md5" //nolint:gosec // the field's definition of symhash
	"debug/macho"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/artifact/cms"
	"clew/internal/artifact/view"
)

// ErrNotMachO means the file is no Mach-O file.
var ErrNotMachO = errors.New("no Mach-O file")

// Info is one program; a universal file holds several.
type Info struct {
	CPU       string   `json:"cpu"`
	Kind      string   `json:"kind"`
	UUID      string   `json:"uuid"`
	Libraries []string `json:"libraries"`
	// Symbols is the symhash: MD5 of the imported names, each once, sorted,
	// joined by commas (Anomali, 2018).
	Imports  int        `json:"imports"`
	Symbols  string     `json:"import_symbols"`
	Signed   *Signature `json:"signature,omitempty"`
	Problems []string   `json:"problems"`
}

// A Signature is an embedded code signature.
type Signature struct {
	Identifier string `json:"identifier"`
	Team       string `json:"team"`
	CDHash     string `json:"cdhash"` // of the first code directory: its digest's first 20 bytes
	AdHoc      bool   `json:"ad_hoc"` // signed by nobody
	// Verdict is about the code directory; whether the pages of the file have
	// the digests it lists is in Matches.
	cms.Verdict
	Matches bool `json:"digest_matches"`
	Valid   bool `json:"valid"`
}

// Bounds of hostile files.
const (
	maxArchitectures = 16
	maxCommands      = 4096
	maxSymbols       = 1 << 20
	maxSignature     = 32 << 20
)

// Magic numbers of universal files, in the order of their bytes.
const (
	fatMagic   = 0xcafebabe
	fatMagic64 = 0xcafebabf
)

// Read parses v, at being when a signature without a time of its own is judged.
func Read(v view.View, at time.Time) ([]Info, error) {
	var all []Info
	for _, part := range architectures(v) {
		if info, ok := readOne(part, at); ok {
			all = append(all, info)
		}
	}
	if len(all) == 0 {
		return nil, ErrNotMachO
	}
	return all, nil
}

// architectures returns the programs of a universal file, or the file itself.
func architectures(v view.View) []view.View {
	head, ok := v.Bytes(0, 8)
	if !ok {
		return nil
	}
	magic, count := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:])
	if magic != fatMagic && magic != fatMagic64 {
		return []view.View{v}
	}
	entry := int64(20)
	if magic == fatMagic64 {
		entry = 32
	}
	var parts []view.View
	for i := range int64(min(count, maxArchitectures)) {
		b, ok := v.Bytes(8+i*entry, entry)
		if !ok {
			break
		}
		offset, size := int64(binary.BigEndian.Uint32(b[8:])), int64(binary.BigEndian.Uint32(b[12:]))
		if magic == fatMagic64 {
			offset, size = int64(binary.BigEndian.Uint64(b[8:])), int64(binary.BigEndian.Uint64(b[16:]))
		}
		if part := v.Section(offset, size); part.Size() > 0 && offset > 0 {
			parts = append(parts, part)
		}
	}
	return parts
}

func readOne(v view.View, at time.Time) (Info, bool) {
	if head, ok := v.Bytes(0, 32); !ok || commands(head) > maxCommands {
		return Info{}, false
	}
	f, err := macho.NewFile(v)
	if err != nil {
		return Info{}, false
	}
	info := Info{
		CPU: strings.ToLower(strings.TrimPrefix(f.Cpu.String(), "Cpu")), Kind: strings.ToLower(f.Type.String()),
		Libraries: []string{}, Problems: []string{},
	}
	if libraries, err := f.ImportedLibraries(); err == nil {
		info.Libraries = append(info.Libraries, libraries...)
	}
	info.imports(f)
	for _, load := range f.Loads {
		raw := load.Raw()
		if len(raw) < 8 {
			continue
		}
		const uuid, codeSignature = 0x1b, 0x1d
		switch f.ByteOrder.Uint32(raw) {
		case uuid:
			if len(raw) >= 24 {
				b := raw[8:24]
				info.UUID = fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
			}
		case codeSignature:
			if len(raw) >= 16 {
				info.readSignature(v, int64(f.ByteOrder.Uint32(raw[8:])), int64(f.ByteOrder.Uint32(raw[12:])), at)
			}
		}
	}
	return info, true
}

// commands is how many load commands the header claims.
func commands(head []byte) uint32 {
	if head[0] == 0xfe { // big endian
		return binary.BigEndian.Uint32(head[16:])
	}
	return binary.LittleEndian.Uint32(head[16:])
}

func (i *Info) imports(f *macho.File) {
	if f.Dysymtab == nil || f.Symtab == nil {
		return
	}
	if len(f.Symtab.Syms) > maxSymbols {
		i.Problems = append(i.Problems, "more symbols than are read")
		return
	}
	first, n := uint64(f.Dysymtab.Iundefsym), uint64(f.Dysymtab.Nundefsym)
	if first+n > uint64(len(f.Symtab.Syms)) {
		i.Problems = append(i.Problems, "the symbol table is broken")
		return
	}
	var names []string
	for _, s := range f.Symtab.Syms[first : first+n] {
		if s.Name != "" {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if i.Imports = len(names); len(names) > 0 {
		sum := md5.Sum([]byte(strings.Join(names, ","))) //nolint:gosec // see above
		i.Symbols = hex.EncodeToString(sum[:])
	}
}
