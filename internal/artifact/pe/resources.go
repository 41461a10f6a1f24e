package pe

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf16"

	"clew/internal/artifact/view"
)

// A Resource is one leaf of the resource tree.
type Resource struct {
	Type     string `json:"type"` // ICON, VERSION, … or its own name
	Name     string `json:"name"`
	Language uint32 `json:"language"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"`
}

// Bounds of resource trees, which may point at themselves.
const (
	maxResources    = 8192
	maxNodes        = 32768
	maxVersionBytes = 64 << 10
	resourceBudget  = 256 << 20 // bytes hashed over one file
)

const versionType = 16

var resourceTypes = map[uint32]string{
	1: "CURSOR", 2: "BITMAP", 3: "ICON", 4: "MENU", 5: "DIALOG", 6: "STRING", 7: "FONTDIR", 8: "FONT", 9: "ACCELERATOR",
	10: "RCDATA", 11: "MESSAGETABLE", 12: "GROUP_CURSOR", 14: "GROUP_ICON", 16: "VERSION", 17: "DLGINCLUDE", 19: "PLUGPLAY",
	20: "VXD", 21: "ANICURSOR", 22: "ANIICON", 23: "HTML", 24: "MANIFEST",
}

// A resourceWalk goes through the three levels of the tree: type, name, language.
type resourceWalk struct {
	*file
	base    uint64
	nodes   int
	budget  int64
	all     []Resource
	version map[string]string
}

func (f *file) resources() ([]Resource, map[string]string) {
	w := resourceWalk{file: f, base: uint64(f.directory(dirResource).rva), nodes: maxNodes, budget: resourceBudget, all: []Resource{}, version: map[string]string{}}
	if w.base != 0 {
		w.level(0, 0, nil)
	}
	return w.all, w.version
}

// An id is a number, or a name when text is not "".
type id struct {
	number uint32
	text   string
}

func (i id) String() string {
	if i.text != "" {
		return i.text
	}
	return strconv.FormatUint(uint64(i.number), 10)
}

// level reads the directory at offset; path holds the ids above it.
func (w *resourceWalk) level(offset uint32, depth int, path []id) {
	head := w.at(w.base+uint64(offset), 16)
	if len(head) < 16 {
		w.problem("a resource directory runs out of the file")
		return
	}
	count := int64(binary.LittleEndian.Uint16(head[12:])) + int64(binary.LittleEndian.Uint16(head[14:]))
	entries := w.at(w.base+uint64(offset)+16, 8*count)
	for ; len(entries) >= 8; entries = entries[8:] {
		if w.nodes--; w.nodes < 0 || len(w.all) >= maxResources {
			w.problem("more resources than are read")
			return
		}
		name, target := w.id(binary.LittleEndian.Uint32(entries)), binary.LittleEndian.Uint32(entries[4:])
		below := append(path[:len(path):len(path)], name)
		const isDirectory = 1 << 31
		switch {
		case target&isDirectory == 0:
			w.leaf(target, below)
		case depth < 2:
			w.level(target&^isDirectory, depth+1, below)
		default:
			w.problem("resources are nested deeper than three levels")
		}
	}
}

func (w *resourceWalk) id(raw uint32) id {
	const isText = 1 << 31
	if raw&isText == 0 {
		return id{number: raw}
	}
	at := w.base + uint64(raw&^isText)
	size := w.at(at, 2)
	if len(size) < 2 {
		return id{text: "?"}
	}
	n := min(int64(binary.LittleEndian.Uint16(size)), 256)
	return id{text: clean(wide(w.at(at+2, 2*n)))}
}

func (w *resourceWalk) leaf(offset uint32, path []id) {
	d := w.at(w.base+uint64(offset), 16)
	if len(d) < 16 {
		w.problem("a resource runs out of the file")
		return
	}
	start, limit, ok := w.locate(uint64(binary.LittleEndian.Uint32(d)))
	size := int64(binary.LittleEndian.Uint32(d[4:]))
	if !ok || start+size > limit {
		w.problem("a resource claims more bytes than there are")
		return
	}
	for len(path) < 3 {
		path = append(path, id{})
	}
	r := Resource{Type: path[0].String(), Name: path[1].String(), Language: path[2].number, Size: size}
	if name, ok := resourceTypes[path[0].number]; ok && path[0].text == "" {
		r.Type = name
	}
	content := w.Section(start, size)
	if size > w.budget {
		w.problem("resources claim more bytes than are hashed")
	} else {
		w.budget -= size
		r.SHA256 = digestOf(content)
	}
	w.all = append(w.all, r)
	if path[0].number == versionType && path[0].text == "" && len(w.version) == 0 {
		w.version = versionInfo(content.UpTo(0, maxVersionBytes))
	}
}

func digestOf(v view.View) string {
	h := sha256.New()
	v.Each(func(part []byte) { h.Write(part) })
	return hex.EncodeToString(h.Sum(nil))
}

// wide reads UTF-16, little endian.
func wide(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// clean drops what a string of a resource has no business to hold.
func clean(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if isControl(r) {
			return -1
		}
		return r
	}, text))
}
