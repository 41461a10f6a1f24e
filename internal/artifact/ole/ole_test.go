package ole

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"clew/internal/artifact/view"
)

func viewOf(data []byte) view.View { return view.New(bytes.NewReader(data), int64(len(data))) }

// made is a compound file with one storage: a writer of the simplest kind, all
// streams in sectors of their own.
func made(streams map[string][]byte, order ...string) []byte {
	const sector = 512
	le := binary.LittleEndian
	fat := []uint32{0xfffffffd, endOfChain, endOfChain, endOfChain} // the table, then the directory of up to twelve entries
	fat[1], fat[2] = 2, 3
	var body []byte
	starts := map[string]uint32{}
	for _, name := range order {
		starts[name] = uint32(len(fat))
		n := max(1, (len(streams[name])+sector-1)/sector)
		for i := range n {
			if i == n-1 {
				fat = append(fat, endOfChain)
			} else {
				fat = append(fat, uint32(len(fat)+1))
			}
		}
		body = append(body, streams[name]...)
		body = append(body, make([]byte, n*sector-len(streams[name]))...)
	}
	head := make([]byte, sector)
	copy(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	le.PutUint16(head[26:], 3)
	le.PutUint16(head[28:], 0xfffe)
	le.PutUint16(head[30:], 9)
	le.PutUint16(head[32:], 6)
	le.PutUint32(head[44:], 1)
	le.PutUint32(head[48:], 1)
	le.PutUint32(head[56:], 0) // no stream is small
	le.PutUint32(head[60:], endOfChain)
	le.PutUint32(head[68:], endOfChain)
	for i := range 109 {
		le.PutUint32(head[76+4*i:], freeSector)
	}
	le.PutUint32(head[76:], 0)
	table := make([]byte, sector)
	for i := range sector / 4 {
		value := uint32(freeSector)
		if i < len(fat) {
			value = fat[i]
		}
		le.PutUint32(table[4*i:], value)
	}
	directory := make([]byte, 3*sector)
	put := func(i int, name string, kind byte, right, child, start uint32, size int) {
		e := directory[i*entrySize:]
		units := utf16.Encode([]rune(name))
		for k, u := range units {
			le.PutUint16(e[2*k:], u)
		}
		le.PutUint16(e[64:], uint16(2*len(units)+2))
		e[66] = kind
		le.PutUint32(e[68:], noStream)
		le.PutUint32(e[72:], right)
		le.PutUint32(e[76:], child)
		le.PutUint32(e[116:], start)
		le.PutUint32(e[120:], uint32(size))
	}
	put(0, "Root Entry", 5, noStream, 1, endOfChain, 0)
	put(1, "VBA", typeStorage, 2, 2, endOfChain, 0)
	for i, name := range order {
		right := uint32(i + 3)
		if i == len(order)-1 {
			right = noStream
		}
		put(i+2, name, typeStream, right, noStream, starts[name], len(streams[name]))
	}
	return append(append(append(head, table...), directory...), body...)
}

func summaryStream(author string) []byte {
	le := binary.LittleEndian
	b := make([]byte, 48)
	le.PutUint16(b, 0xfffe)
	le.PutUint32(b[24:], 1)
	le.PutUint32(b[44:], 48)
	set := make([]byte, 16)
	le.PutUint32(set[4:], 1)
	le.PutUint32(set[8:], 4)
	le.PutUint32(set[12:], 16)
	set = le.AppendUint32(set, 30)
	set = le.AppendUint32(set, uint32(len(author)+1))
	set = append(append(set, author...), 0)
	le.PutUint32(set, uint32(len(set)))
	return append(b, set...)
}

// compressed packs text as MS-OVBA does, with one reference in it.
func compressed() ([]byte, string) {
	text := "Attribute VB_Name = \"M\"\r\nAAAAAAAA"
	var body []byte
	literals := text[:len(text)-7]
	for len(literals) > 0 {
		n := min(8, len(literals))
		flags := byte(0)
		if len(literals) <= 7 { // room for the reference in this group
			flags = 1 << len(literals)
		}
		body = append(append(body, flags), literals[:n]...)
		literals = literals[n:]
		if flags != 0 {
			width := 4
			for 1<<width < len(text)-7 {
				width++
			}
			body = binary.LittleEndian.AppendUint16(body, uint16(0<<(16-width)|7-3)) // one back, seven long
		}
	}
	head := binary.LittleEndian.AppendUint16([]byte{1}, uint16(len(body)+2-3)|0xb000)
	return append(append([]byte("performance cache"), head...), body...), text
}

func TestRead(t *testing.T) {
	module, source := compressed()
	native := binary.LittleEndian.AppendUint32(nil, 100)
	native = append(append(native, 2, 0), "evil.exe\x00C:\\a\\evil.exe\x00"...)
	native = append(native, 0, 0, 3, 0)
	native = append(binary.LittleEndian.AppendUint32(native, 4), "tmp\x00"...)
	native = append(binary.LittleEndian.AppendUint32(native, 7), "payload"...)
	info, err := Read(viewOf(made(map[string][]byte{
		"\x05SummaryInformation": summaryStream("Evil Author"), "Module1": module, "\x01Ole10Native": native,
	}, "\x05SummaryInformation", "Module1", "\x01Ole10Native")))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Property{{"author", "Evil Author"}}, info.Properties); diff != "" {
		t.Error(diff)
	}
	if len(info.Sources) != 1 || info.Sources[0] != source || !info.Macros {
		t.Errorf("macros %v, sources %q, want %q", info.Macros, info.Sources, source)
	}
	if len(info.Embedded) != 1 || info.Embedded[0].Name != "evil.exe" || string(info.Embedded[0].Data) != "payload" {
		t.Errorf("embedded %q", info.Embedded)
	}
	if len(info.Streams) != 3 || len(info.Problems) != 0 {
		t.Errorf("%+v", info)
	}
}

// TestLoops: tables that point at themselves end, and say so.
func TestLoops(t *testing.T) {
	data := made(map[string][]byte{"a": make([]byte, 2000)}, "a")
	for i := 512; i < 1024; i += 4 {
		loop := bytes.Clone(data)
		binary.LittleEndian.PutUint32(loop[i:], uint32(i-512)/4)
		if _, err := Read(viewOf(loop)); err != nil {
			t.Fatal(err)
		}
	}
	tree := bytes.Clone(data)
	for _, link := range []int{68, 72, 76} {
		binary.LittleEndian.PutUint32(tree[1024+entrySize+link:], 1) // the storage is its own neighbour and child
	}
	info, err := Read(viewOf(tree))
	if err != nil || len(info.Streams) > 1 {
		t.Errorf("%v %+v", err, info)
	}
	if _, err := Read(viewOf([]byte(strings.Repeat("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 100)))); err == nil {
		t.Error("nonsense was read")
	}
}

func FuzzRead(f *testing.F) {
	module, _ := compressed()
	f.Add(made(map[string][]byte{"\x05SummaryInformation": summaryStream("x"), "Module1": module}, "\x05SummaryInformation", "Module1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := Read(viewOf(data))
		if err == nil && (len(info.Streams) > maxEntries || len(info.Problems) > maxProblems) {
			t.Error("a bound does not hold")
		}
	})
}

func FuzzMacro(f *testing.F) {
	module, _ := compressed()
	f.Add(module)
	f.Fuzz(func(t *testing.T, data []byte) {
		if source, ok := macroSource(data); ok && len(source) > maxStream+1<<23 {
			t.Errorf("%d bytes out of %d", len(source), len(data))
		}
	})
}
