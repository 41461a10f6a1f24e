package pe

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// exports returns the name that the linker gave the library and how many
// functions it claims to export.
func (f *file) exports() (name string, functions int) {
	table := f.directory(dirExport)
	if table.rva == 0 {
		return "", 0
	}
	d := f.at(uint64(table.rva), 40)
	if len(d) < 40 {
		f.problem("the export table runs out of the file")
		return "", 0
	}
	name = f.text(uint64(binary.LittleEndian.Uint32(d[12:])), maxName)
	if !onlyOf(name, libraryCharacters+" ") {
		name = ""
	}
	return name, int(binary.LittleEndian.Uint32(d[20:]))
}

// pdbPaths lists the paths of debug databases in the debug directory, as the
// build machine had them.
func (f *file) pdbPaths() []string {
	paths := []string{}
	table := f.directory(dirDebug)
	const entrySize, maxEntries, codeView = 28, 64, 2
	entries := min(int64(table.size/entrySize), maxEntries)
	raw := f.at(uint64(table.rva), entries*entrySize)
	for ; len(raw) >= entrySize; raw = raw[entrySize:] {
		if binary.LittleEndian.Uint32(raw[12:]) != codeView {
			continue
		}
		record := int64(binary.LittleEndian.Uint32(raw[24:]))
		head, ok := f.Bytes(record, 4)
		if !ok {
			continue
		}
		skip := int64(24) // RSDS: GUID and age before the path
		switch string(head) {
		case "RSDS":
		case "NB10":
			skip = 16
		default:
			continue
		}
		if path := f.Text(record+skip, 1024); path != "" && utf8.ValidString(path) && !strings.ContainsFunc(path, isControl) {
			paths = append(paths, path)
		}
	}
	return paths
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
