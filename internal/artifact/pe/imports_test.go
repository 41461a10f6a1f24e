package pe

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clew/internal/artifact/view"
)

// imported is a program whose import table was turned against its reader.
type imported struct {
	data  []byte
	file  *file
	table int64 // offset of the first descriptor
}

// twist changes a copy of our own program: put writes a number over a field of
// the first descriptor, or anywhere.
func twist(t *testing.T, change func(i imported, put func(at int64, value uint32))) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/plain.exe")
	if err != nil {
		t.Fatal(err)
	}
	f, ok := open(view.New(bytes.NewReader(data), int64(len(data))))
	if !ok {
		t.Fatal("no program")
	}
	at, _, ok := f.locate(uint64(f.directory(dirImport).rva))
	if !ok {
		t.Fatal("no import table")
	}
	twisted := bytes.Clone(data)
	change(imported{twisted, f, at}, func(at int64, value uint32) { binary.LittleEndian.PutUint32(twisted[at:], value) })
	return twisted
}

// TestImportTablesThatPointAtThemselves: each ends at once, within its bounds,
// and with the hash that pefile has, where pefile is there to ask.
func TestImportTablesThatPointAtThemselves(t *testing.T) {
	const lookup, name, bound = 0, 12, 16
	twisted := map[string][]byte{}
	for what, change := range map[string]func(i imported, put func(int64, uint32)){
		"lookup is the descriptor": func(i imported, put func(int64, uint32)) { put(i.table+lookup, i.file.directory(dirImport).rva) },
		"both tables are the descriptor": func(i imported, put func(int64, uint32)) {
			put(i.table+lookup, i.file.directory(dirImport).rva)
			put(i.table+bound, i.file.directory(dirImport).rva)
		},
		"the name is the descriptor": func(i imported, put func(int64, uint32)) { put(i.table+name, i.file.directory(dirImport).rva) },
		"a thunk names its own table": func(i imported, put func(int64, uint32)) {
			rva := binary.LittleEndian.Uint32(i.data[i.table:])
			at, _, _ := i.file.locate(uint64(rva))
			put(at, rva)
		},
		"thunks name one place for ever": func(i imported, put func(int64, uint32)) {
			at, _, _ := i.file.locate(uint64(binary.LittleEndian.Uint32(i.data[i.table:])))
			first := binary.LittleEndian.Uint32(i.data[at:])
			for ; at+8 <= int64(len(i.data)); at += 4 {
				put(at, first)
			}
		},
		"every descriptor is the first": func(i imported, _ func(int64, uint32)) {
			first := bytes.Clone(i.data[i.table : i.table+20])
			for at := i.table; at+20 <= int64(len(i.data)); at += 20 {
				copy(i.data[at:], first)
			}
		},
		"tables beyond all memory": func(i imported, put func(int64, uint32)) {
			put(i.table+lookup, 0xfffffff0)
			put(i.table+bound, 0xfffffff0)
		},
	} {
		twisted[what] = twist(t, change)
	}
	dir := t.TempDir()
	var paths []string
	for what, data := range twisted {
		started := time.Now()
		info, err := Read(view.New(bytes.NewReader(data), int64(len(data))), time.Unix(0, 0))
		if err != nil {
			t.Fatal(what, err)
		}
		functions := 0
		for _, i := range info.Imports {
			functions += i.Functions
		}
		if took := time.Since(started); functions > maxFunctions || len(info.Imports) > maxLibraries || took > 30*time.Second {
			t.Errorf("%s: %d functions of %d libraries in %s", what, functions, len(info.Imports), took)
		}
		path := filepath.Join(dir, strings.ReplaceAll(what, " ", "-"))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	agree(t, paths)
}

// TestImportTablesOfNoise overwrites the import table with numbers that often
// lie in the file, and holds each outcome to pefile's.
func TestImportTablesOfNoise(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	dir := t.TempDir()
	var paths []string
	for n := range 200 {
		data := twist(t, func(i imported, put func(int64, uint32)) {
			section := i.file.sections[slices.IndexFunc(i.file.sections, func(s section) bool {
				rva := uint64(i.file.directory(dirImport).rva)
				return rva >= s.start && rva < s.end
			})]
			for range 1 + random.IntN(8) {
				at := i.table + 4*int64(random.IntN(40))
				put(at, section.address+uint32(random.IntN(int(section.raw)+64)))
			}
		})
		path := filepath.Join(dir, "noise-"+string(rune('a'+n/26))+string(rune('a'+n%26)))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	if both := agree(t, paths); both < len(paths)/2 {
		t.Errorf("%d of %d were read by both", both, len(paths))
	}
}
