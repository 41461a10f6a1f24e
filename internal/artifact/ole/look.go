package ole

import (
	"bytes"
	"encoding/binary"
	"path"
	"strings"
	"unicode/utf16"
)

// look reads the streams that mean something.
func (f *file) look(where string, e entry) {
	name := path.Base(where)
	switch {
	case name == "␅SummaryInformation":
		f.summary(f.content(e), summaryNames)
	case name == "␅DocumentSummaryInformation":
		f.summary(f.content(e), documentNames)
	case name == "␁Ole10Native":
		f.native(f.content(e))
	case name == "Package" || name == "CONTENTS":
		f.info.Embedded = append(f.info.Embedded, Embedded{where, f.content(e)})
	case strings.Contains(where, "VBA/"):
		f.info.Macros = true
		if source, ok := macroSource(f.content(e)); ok {
			f.info.Sources = append(f.info.Sources, source)
		}
	}
}

// Properties that tell who and with what (MS-OLEPS 2.25, 2.29).
var (
	summaryNames = map[uint32]string{
		2: "title", 3: "subject", 4: "author", 5: "keywords", 6: "comments", 7: "template", 8: "last saved by", 9: "revision", 18: "application",
	}
	documentNames = map[uint32]string{2: "category", 14: "manager", 15: "company"}
)

// summary reads the text properties of a property set.
func (f *file) summary(b []byte, names map[uint32]string) {
	const header = 48
	if len(b) < header {
		return
	}
	start := binary.LittleEndian.Uint32(b[44:])
	if uint64(start)+8 > uint64(len(b)) {
		f.problem("a summary is broken")
		return
	}
	set := b[start:]
	const most = 256
	for i := range int(min(binary.LittleEndian.Uint32(set[4:]), most)) {
		at := 8 + 8*i
		if at+8 > len(set) {
			return
		}
		name, ok := names[binary.LittleEndian.Uint32(set[at:])]
		if !ok {
			continue
		}
		if text := strings.TrimSpace(propertyText(set, binary.LittleEndian.Uint32(set[at+4:]))); text != "" {
			f.info.Properties = append(f.info.Properties, Property{name, text})
		}
	}
}

// propertyText reads a string property: in bytes or in UTF-16.
func propertyText(set []byte, offset uint32) string {
	const bytesType, wideType, maxText = 30, 31, 1024
	if uint64(offset)+8 > uint64(len(set)) {
		return ""
	}
	kind, length := binary.LittleEndian.Uint32(set[offset:]), uint64(binary.LittleEndian.Uint32(set[offset+4:]))
	body := set[offset+8:]
	switch kind {
	case bytesType:
		body = body[:min(length, uint64(len(body)), maxText)]
		text, _, _ := strings.Cut(string(body), "\x00")
		return strings.ToValidUTF8(text, "\ufffd")
	case wideType:
		body = body[:min(2*length, uint64(len(body)), maxText)/2*2]
		units := make([]uint16, len(body)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(body[2*i:])
		}
		text, _, _ := strings.Cut(string(utf16.Decode(units)), "\x00")
		return text
	}
	return ""
}

// native unwraps an embedded file (MS-OLEDS 2.3.6): label, two paths, data.
func (f *file) native(b []byte) {
	if len(b) < 6 {
		return
	}
	at := 6 // length and flags
	var texts [2]string
	for i := range texts {
		end := bytes.IndexByte(b[at:], 0)
		if end < 0 {
			f.info.Embedded = append(f.info.Embedded, Embedded{"Ole10Native", b[4:]})
			return
		}
		texts[i] = strings.ToValidUTF8(string(b[at:at+end]), "\ufffd")
		at += end + 1
	}
	at += 4 // kind of what follows
	if at+4 > len(b) {
		return
	}
	at += 4 + int(min(binary.LittleEndian.Uint32(b[at:]), uint32(len(b)))) // the path it came from
	if at+4 > len(b) {
		return
	}
	size := min(uint64(binary.LittleEndian.Uint32(b[at:])), uint64(len(b)-at-4))
	f.info.Embedded = append(f.info.Embedded, Embedded{texts[0], b[at+4 : at+4+int(size)]})
}

// macroSource finds and unpacks the source of a VBA module: a compressed
// container (MS-OVBA 2.4.1) whose text begins with "Attribute VB_Name". Where
// it begins is told by another stream; its first letters tell it too, without
// the help of a stream that may lie.
func macroSource(b []byte) (string, bool) {
	const begin = "\x00Attribut" // a flag byte of eight literals, then the text
	at := bytes.Index(b, []byte(begin))
	const before = 3 // signature and chunk header
	if at < before || b[at-before] != 1 {
		return "", false
	}
	return string(decompress(b[at-before+1:])), true
}

// decompress unpacks the chunks of a container, at most maxStream bytes.
func decompress(b []byte) []byte {
	const chunk = 4096
	var out []byte
	for len(b) >= 2 && len(out) < maxStream {
		header := binary.LittleEndian.Uint16(b)
		size := int(header&0xfff) + 3
		body := b[2:min(size, len(b))]
		b = b[min(size, len(b)):]
		if header&0x8000 == 0 {
			out = append(out, body[:min(len(body), chunk)]...)
			continue
		}
		out = unpackChunk(out, body)
	}
	return out
}

// unpackChunk appends what one chunk holds. References reach back within it.
func unpackChunk(out, body []byte) []byte {
	const chunk = 4096
	start := len(out)
	for len(body) > 0 {
		flags := body[0]
		body = body[1:]
		for bit := 0; bit < 8 && len(body) > 0; bit++ {
			if flags&(1<<bit) == 0 {
				out = append(out, body[0])
				body = body[1:]
				continue
			}
			if len(body) < 2 {
				return out
			}
			token := binary.LittleEndian.Uint16(body)
			body = body[2:]
			width := 4
			for 1<<width < len(out)-start {
				width++
			}
			length := int(token&(0xffff>>width)) + 3
			back := int(token>>(16-width)) + 1
			if back > len(out)-start {
				return out
			}
			for range length {
				out = append(out, out[len(out)-back])
			}
		}
		if len(out)-start > chunk {
			return out
		}
	}
	return out
}
