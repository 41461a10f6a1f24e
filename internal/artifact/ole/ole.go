// Package ole reads compound files: documents of Office before 2007, macros,
// installers (MSI), mail of Outlook. Format: MS-CFB 13.0.
package ole

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"unicode/utf16"

	"clew/internal/artifact/view"
)

// ErrNotOLE means the file is no compound file.
var ErrNotOLE = errors.New("no compound file")

// Info is what was read.
type Info struct {
	Streams    []Stream   `json:"streams"`
	Properties []Property `json:"properties"`
	Macros     bool       `json:"macros"`
	Embedded   []Embedded `json:"embedded"`
	Problems   []string   `json:"problems"`
	// Sources are the macros' texts, in VBA.
	Sources []string `json:"-"`
}

// A Stream is one file within the file.
type Stream struct {
	Path string `json:"path"`
	Size int64  `json:"size"`
}

// A Property is a field of the summary, named as Windows shows it.
type Property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Embedded is a file that was put into the document.
type Embedded struct {
	Name string `json:"name"`
	Data []byte `json:"-"`
}

// Bounds of one file. Chains of sectors may loop: none is longer than the file.
const (
	maxEntries  = 16384
	maxStream   = 32 << 20
	maxTotal    = 256 << 20
	maxProblems = 20
)

const (
	endOfChain  = 0xfffffffe
	freeSector  = 0xffffffff
	noStream    = 0xffffffff
	headSize    = 512
	entrySize   = 128
	typeStorage = 1
	typeStream  = 2
)

// A file is a compound file with its tables read.
type file struct {
	view.View
	sector     int64 // bytes
	mini       int64
	cutoff     uint32
	fat        []uint32
	miniFAT    []uint32
	miniStream []byte
	entries    []entry
	budget     int64
	info       *Info
}

type entry struct {
	name                     string
	kind                     byte
	left, right, child, head uint32
	size                     int64
}

// Read parses v. It returns ErrNotOLE when the header does not hold; whatever
// else is wrong is in Problems.
func Read(v view.View) (*Info, error) {
	f := &file{View: v, budget: maxTotal, info: &Info{
		Streams: []Stream{}, Properties: []Property{}, Embedded: []Embedded{}, Problems: []string{},
	}}
	head, ok := v.Bytes(0, headSize)
	if !ok || string(head[:8]) != "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" {
		return nil, ErrNotOLE
	}
	shift, miniShift := binary.LittleEndian.Uint16(head[30:]), binary.LittleEndian.Uint16(head[32:])
	if shift < 7 || shift > 16 || miniShift < 2 || miniShift > shift {
		return nil, ErrNotOLE
	}
	f.sector, f.mini = 1<<shift, 1<<miniShift
	f.cutoff = binary.LittleEndian.Uint32(head[56:])
	f.readFAT(head)
	f.readDirectory(binary.LittleEndian.Uint32(head[48:]))
	f.miniFAT = words(f.chain(binary.LittleEndian.Uint32(head[60:]), maxStream))
	if len(f.entries) > 0 {
		f.miniStream = f.chain(f.entries[0].head, min(f.entries[0].size, maxStream))
		f.walk(f.entries[0].child, "", map[uint32]bool{})
	}
	slices.SortFunc(f.info.Streams, func(a, b Stream) int { return strings.Compare(a.Path, b.Path) })
	return f.info, nil
}

func (f *file) problem(text string) {
	if len(f.info.Problems) < maxProblems && !slices.Contains(f.info.Problems, text) {
		f.info.Problems = append(f.info.Problems, text)
	}
}

func words(b []byte) []uint32 {
	all := make([]uint32, len(b)/4)
	for i := range all {
		all[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return all
}

// sectorAt returns sector n, shorter at the end of the file.
func (f *file) sectorAt(n uint32) []byte {
	return f.UpTo((int64(n)+1)*f.sector, f.sector)
}

// readFAT collects the table of sectors from the list in the header and the
// chain of further lists behind it.
func (f *file) readFAT(head []byte) {
	sectors := f.Size()/f.sector + 1
	list := words(head[76:])
	next := binary.LittleEndian.Uint32(head[68:])
	for range sectors {
		if next >= endOfChain {
			break
		}
		more := words(f.sectorAt(next))
		if len(more) == 0 {
			break
		}
		list = append(list, more[:len(more)-1]...)
		next = more[len(more)-1]
	}
	for _, n := range list {
		if n == freeSector || int64(len(f.fat)) > sectors {
			continue
		}
		f.fat = append(f.fat, words(f.sectorAt(n))...)
	}
}

// chain returns the bytes of a chain of sectors, at most limit.
func (f *file) chain(start uint32, limit int64) []byte {
	var data []byte
	limit = min(limit, f.budget)
	for steps := f.Size()/f.sector + 1; start < endOfChain && int64(len(data)) < limit; steps-- {
		if steps <= 0 || int64(start) >= int64(len(f.fat)) {
			f.problem("a chain of sectors is broken or loops")
			break
		}
		part := f.sectorAt(start)
		if len(part) == 0 {
			break
		}
		data = append(data, part...)
		start = f.fat[start]
	}
	data = data[:min(int64(len(data)), limit)]
	f.budget -= int64(len(data))
	return data
}

// miniChain is chain for small streams, which share one stream.
func (f *file) miniChain(start uint32, limit int64) []byte {
	var data []byte
	for steps := len(f.miniFAT) + 1; start < endOfChain && int64(len(data)) < limit; steps-- {
		at := int64(start) * f.mini
		if steps <= 0 || int64(start) >= int64(len(f.miniFAT)) || at >= int64(len(f.miniStream)) {
			f.problem("a chain of small sectors is broken or loops")
			break
		}
		data = append(data, f.miniStream[at:min(at+f.mini, int64(len(f.miniStream)))]...)
		start = f.miniFAT[start]
	}
	return data[:min(int64(len(data)), limit)]
}

func (f *file) readDirectory(start uint32) {
	for raw := f.chain(start, maxEntries*entrySize); len(raw) >= entrySize; raw = raw[entrySize:] {
		length := min(int(binary.LittleEndian.Uint16(raw[64:])), 64)
		units := make([]uint16, 0, 32)
		for i := 0; i+2 < length; i += 2 {
			units = append(units, binary.LittleEndian.Uint16(raw[i:]))
		}
		f.entries = append(f.entries, entry{
			name: string(utf16.Decode(units)), kind: raw[66],
			left: binary.LittleEndian.Uint32(raw[68:]), right: binary.LittleEndian.Uint32(raw[72:]), child: binary.LittleEndian.Uint32(raw[76:]),
			head: binary.LittleEndian.Uint32(raw[116:]), size: int64(binary.LittleEndian.Uint32(raw[120:])),
		})
	}
}

// walk visits the entries below one storage. seen keeps trees that point at
// themselves from being walked twice.
func (f *file) walk(n uint32, folder string, seen map[uint32]bool) {
	for stack := []uint32{n}; len(stack) > 0; {
		n, stack = stack[len(stack)-1], stack[:len(stack)-1]
		if n == noStream || int64(n) >= int64(len(f.entries)) || seen[n] {
			continue
		}
		seen[n] = true
		e := f.entries[n]
		stack = append(stack, e.right, e.left)
		path := folder + safeName(e.name)
		switch e.kind {
		case typeStorage:
			if strings.Count(path, "/") < 32 {
				f.walk(e.child, path+"/", seen)
			}
		case typeStream:
			f.info.Streams = append(f.info.Streams, Stream{path, e.size})
			f.look(path, e)
		}
	}
}

// content returns the bytes of a stream, as far as they are read.
func (f *file) content(e entry) []byte {
	limit := min(e.size, maxStream)
	if e.size < int64(f.cutoff) {
		return f.miniChain(e.head, limit)
	}
	return f.chain(e.head, limit)
}

// safeName shows the control characters that names of system streams begin with.
func safeName(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return '\u2400' + r
		}
		return r
	}, name)
}
