package artifact

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"clew/internal/artifact/archive"
	"clew/internal/artifact/view"
)

// A Type says what a file is, by its content and never by its name.
type Type string

// The types that are told apart.
const (
	TypePE     Type = "pe"
	TypeELF    Type = "elf"
	TypeMachO  Type = "macho"
	TypeAPK    Type = "apk"
	TypeJAR    Type = "jar"
	TypeOLE    Type = "ole"
	TypeOOXML  Type = "ooxml"
	TypeODF    Type = "odf"
	TypePDF    Type = "pdf"
	TypeRTF    Type = "rtf"
	TypeHTML   Type = "html"
	TypeScript Type = "script"
	TypeText   Type = "text"
	TypeEmpty  Type = "empty"
	TypeData   Type = "data"
)

var magics = []struct {
	prefix string
	offset int
	kind   Type
}{
	{"\x7fELF", 0, TypeELF},
	{"\xfe\xed\xfa\xce", 0, TypeMachO},
	{"\xfe\xed\xfa\xcf", 0, TypeMachO},
	{"\xce\xfa\xed\xfe", 0, TypeMachO},
	{"\xcf\xfa\xed\xfe", 0, TypeMachO},
	{"\xca\xfe\xba\xbf", 0, TypeMachO},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, TypeOLE},
	{"{\\rt", 0, TypeRTF},
	{"7z\xbc\xaf\x27\x1c", 0, Type(archive.SevenZip)},
	{"\x1f\x8b", 0, Type(archive.Gzip)},
	{"BZh", 0, Type(archive.Bzip2)},
	{"\xfd7zXZ\x00", 0, Type(archive.XZ)},
	{"\x28\xb5\x2f\xfd", 0, Type(archive.Zstd)},
	{"ustar", 257, Type(archive.Tar)},
	{"PK\x03\x04", 0, Type(archive.Zip)},
	{"PK\x05\x06", 0, Type(archive.Zip)},
}

// containers are the types whose members are files of their own.
var containers = []Type{
	Type(archive.Zip), Type(archive.SevenZip), Type(archive.Tar), Type(archive.Gzip), Type(archive.Bzip2), Type(archive.XZ), Type(archive.Zstd),
	TypeJAR, TypeAPK,
}

// typeOf tells a file by how it begins.
func typeOf(v view.View) Type {
	head := v.UpTo(0, 8192)
	switch {
	case len(head) == 0:
		return TypeEmpty
	case bytes.HasPrefix(head, []byte("MZ")):
		if isPE(v, head) {
			return TypePE
		}
	case bytes.HasPrefix(head, []byte("\xca\xfe\xba\xbe")) && isFat(head):
		return TypeMachO
	}
	for _, m := range magics {
		if len(head) >= m.offset && bytes.HasPrefix(head[m.offset:], []byte(m.prefix)) {
			if m.kind == Type(archive.Zip) {
				return zipType(v)
			}
			return m.kind
		}
	}
	// PDF readers look for the mark anywhere in the first kilobyte.
	if bytes.Contains(head[:min(len(head), 1024)], []byte("%PDF-")) {
		return TypePDF
	}
	if !isText(head) {
		return unreadType(v, head)
	}
	return textType(head)
}

func isPE(v view.View, head []byte) bool {
	if len(head) < 64 {
		return false
	}
	mark, ok := v.Bytes(int64(binary.LittleEndian.Uint32(head[60:])), 4)
	return ok && string(mark) == "PE\x00\x00"
}

// isFat tells a universal program from a Java class, which has the same magic
// number and a version of 45 or more where the other counts its parts.
func isFat(head []byte) bool {
	const firstJava = 45
	return len(head) >= 8 && binary.BigEndian.Uint32(head[4:]) < firstJava
}

// zipType tells what kind of container a zip file is by the names in it.
func zipType(v view.View) Type {
	var has [4]bool
	_ = archive.Walk(v, archive.Zip, nil, func(m archive.Member) error { // what cannot be read is a plain zip
		has[0] = has[0] || m.Name == "AndroidManifest.xml"
		has[1] = has[1] || strings.EqualFold(m.Name, "META-INF/MANIFEST.MF")
		has[2] = has[2] || m.Name == "[Content_Types].xml"
		has[3] = has[3] || m.Name == "META-INF/manifest.xml"
		return nil
	})
	switch {
	case has[0]:
		return TypeAPK
	case has[2]:
		return TypeOOXML
	case has[3]:
		return TypeODF
	case has[1]:
		return TypeJAR
	}
	return Type(archive.Zip)
}

// scriptMarks are what scripts say early and prose does not.
var scriptMarks = []string{
	"#!/", "createobject(", "wscript.", "new activexobject", "powershell", "invoke-expression", "invoke-webrequest", "iex ", "iex(",
	"frombase64string", "new-object ", "@echo off", "import os", "import socket", "function ", "eval(", "document.write(", "<?php",
	"<script", "sub autoopen", "sub document_open", "set-executionpolicy", "curl ", "wget ", "certutil ", "mshta ", "cmd /c", "start-process",
}

// textType tells scripts and pages from other text.
func textType(head []byte) Type {
	lower := strings.ToLower(string(head))
	trimmed := strings.TrimLeft(strings.TrimPrefix(lower, "\ufeff"), " \t\r\n")
	if strings.HasPrefix(trimmed, "<!doctype html") || strings.HasPrefix(trimmed, "<html") {
		return TypeHTML
	}
	if slices.ContainsFunc(scriptMarks, func(mark string) bool { return strings.Contains(lower, mark) }) {
		return TypeScript
	}
	return TypeText
}

// isText accepts UTF-8 and UTF-16 without control characters that no text has, and text in an
// older character set: still without them, and mostly ASCII.
func isText(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return true
	}
	for len(head) > 0 && !utf8.FullRune(head[max(0, len(head)-3):]) {
		head = head[:len(head)-1]
	}
	// What libmagic takes for text, the backspaces of a script that hides too.
	control := bytes.ContainsFunc(head, func(r rune) bool { return r < '\a' || r > '\r' && r < ' ' && r != 0x1b })
	return !control && (utf8.Valid(trimPartial(head)) || mostlyASCII(head))
}

// mostlyASCII wants three letters in four and enough of them: noise has control
// characters among so many.
func mostlyASCII(head []byte) bool {
	const least = 32
	high := 0
	for _, c := range head {
		if c >= utf8.RuneSelf {
			high++
		}
	}
	return len(head) >= least && 4*high <= len(head)
}

// trimPartial drops a character that the end of the buffer cut.
func trimPartial(b []byte) []byte {
	for i := 1; i <= min(3, len(b)); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}
