package yara

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
)

// A program is a minimal PE file, assembled for the test: it does nothing, and
// has an import table and a Rich header that the test knows.
type program struct {
	library string   // imported from
	imports []string // by name
	build   uint16   // in its Rich header
	text    string   // somewhere in it
}

// imphash is computed from the definition (Mandiant, "Tracking malware with
// import hashing"), not by the tool that is tested.
func (p program) imphash() string {
	list := ""
	for i, name := range p.imports {
		if i > 0 {
			list += ","
		}
		list += p.library[:len(p.library)-len(".dll")] + "." + name
	}
	return digest([]byte(string(bytes.ToLower([]byte(list)))))
}

// richClear is the header before it is masked: DanS, padding, one tool.
func (p program) richClear() []byte {
	clear := []byte("DanS\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	clear = binary.LittleEndian.AppendUint16(clear, p.build)
	clear = binary.LittleEndian.AppendUint16(clear, 0x0104)
	return binary.LittleEndian.AppendUint32(clear, 7)
}

func (p program) rich() string { return digest(p.richClear()) }

func digest(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// bytes assembles the file: headers, then one section at RVA 0x1000 and file
// offset 0x400 with code, imports and the text.
func (p program) bytes() []byte {
	const (
		peAt, fileAlign, rva = 0x100, 0x200, 0x1000
		raw                  = 0x400
	)
	le := binary.LittleEndian
	section := make([]byte, 0x400)
	section[0] = 0xc3 // ret
	// Import directory at 0x100, thunks at 0x140 and 0x180, names from 0x1c0.
	names := 0x1c0
	for i, name := range p.imports {
		le.PutUint32(section[0x140+4*i:], uint32(rva+names))
		le.PutUint32(section[0x180+4*i:], uint32(rva+names))
		copy(section[names+2:], name)
		names += 2 + len(name) + 1
		names += names & 1
	}
	le.PutUint32(section[0x100:], rva+0x140)
	le.PutUint32(section[0x10c:], uint32(rva+names))
	le.PutUint32(section[0x110:], rva+0x180)
	copy(section[names:], p.library)
	copy(section[0x300:], p.text)

	file := make([]byte, raw)
	copy(file, "MZ")
	le.PutUint32(file[0x3c:], peAt)
	const mask = 0x1a2b3c4d
	for i := 0; i < len(p.richClear()); i += 4 {
		le.PutUint32(file[0x80+i:], le.Uint32(p.richClear()[i:])^mask)
	}
	copy(file[0x80+len(p.richClear()):], "Rich")
	le.PutUint32(file[0x84+len(p.richClear()):], mask)

	copy(file[peAt:], "PE\x00\x00")
	coff := file[peAt+4:]
	le.PutUint16(coff, 0x14c) // i386
	le.PutUint16(coff[2:], 1)
	le.PutUint16(coff[16:], 0xe0)
	le.PutUint16(coff[18:], 0x102)
	optional := file[peAt+24:]
	le.PutUint16(optional, 0x10b)
	le.PutUint32(optional[4:], uint32(len(section)))
	le.PutUint32(optional[16:], rva)      // entry point
	le.PutUint32(optional[20:], rva)      // code
	le.PutUint32(optional[24:], rva)      // data
	le.PutUint32(optional[28:], 0x400000) // image base
	le.PutUint32(optional[32:], rva)
	le.PutUint32(optional[36:], fileAlign)
	le.PutUint16(optional[40:], 4)
	le.PutUint16(optional[48:], 4)
	le.PutUint32(optional[56:], 0x2000) // image size
	le.PutUint32(optional[60:], raw)
	le.PutUint16(optional[68:], 3) // console
	le.PutUint32(optional[92:], 16)
	le.PutUint32(optional[104:], rva+0x100) // import directory
	le.PutUint32(optional[108:], 40)
	header := file[peAt+24+0xe0:]
	copy(header, ".text")
	le.PutUint32(header[8:], uint32(len(section)))
	le.PutUint32(header[12:], rva)
	le.PutUint32(header[16:], uint32(len(section)))
	le.PutUint32(header[20:], raw)
	le.PutUint32(header[36:], 0xe0000020)
	return append(file, section...)
}
