package jar

import (
	"encoding/binary"
	"encoding/xml"
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Chunks of Android's binary XML (ResourceTypes.h in AOSP).
const (
	chunkXML     = 0x0003
	chunkStrings = 0x0001
	chunkElement = 0x0102
	flagUTF8     = 1 << 8
	typeString   = 3
	maxStrings   = 1 << 16
)

var errManifest = errors.New("no manifest that can be read")

// manifestNames returns the package name and the version name of a manifest:
// attributes of its first element, in Android's binary XML or as text.
func manifestNames(b []byte) (pkg, version string, err error) {
	if len(b) < 8 || binary.LittleEndian.Uint16(b) != chunkXML {
		return plainManifest(b)
	}
	var pool []string
	for rest := b[min(len(b), int(binary.LittleEndian.Uint16(b[2:]))):]; len(rest) >= 8; {
		size := uint64(binary.LittleEndian.Uint32(rest[4:]))
		if size < 8 || size > uint64(len(rest)) {
			return "", "", errManifest
		}
		chunk := rest[:size]
		rest = rest[size:]
		switch binary.LittleEndian.Uint16(chunk) {
		case chunkStrings:
			if pool == nil {
				pool = stringPool(chunk)
			}
		case chunkElement:
			attributes := elementAttributes(chunk, pool)
			return attributes["package"], attributes["versionName"], nil
		}
	}
	return "", "", errManifest
}

func plainManifest(b []byte) (pkg, version string, err error) {
	d := xml.NewDecoder(strings.NewReader(string(b)))
	for {
		token, err := d.Token()
		if err != nil {
			return "", "", errManifest
		}
		if start, ok := token.(xml.StartElement); ok {
			for _, a := range start.Attr {
				switch a.Name.Local {
				case "package":
					pkg = a.Value
				case "versionName":
					version = a.Value
				}
			}
			return pkg, version, nil
		}
	}
}

func elementAttributes(chunk []byte, pool []string) map[string]string {
	const header = 36
	values := map[string]string{}
	if len(chunk) < header {
		return values
	}
	start := 16 + int(binary.LittleEndian.Uint16(chunk[24:]))
	size := max(20, int(binary.LittleEndian.Uint16(chunk[26:])))
	for i := range int(binary.LittleEndian.Uint16(chunk[28:])) {
		at := start + i*size
		if at+20 > len(chunk) {
			break
		}
		name := pooled(pool, binary.LittleEndian.Uint32(chunk[at+4:]))
		value := pooled(pool, binary.LittleEndian.Uint32(chunk[at+8:]))
		if data := binary.LittleEndian.Uint32(chunk[at+16:]); value == "" && chunk[at+15] == typeString {
			value = pooled(pool, data)
		} else if value == "" {
			value = strconv.FormatUint(uint64(data), 10)
		}
		if _, seen := values[name]; !seen {
			values[name] = value
		}
	}
	return values
}

func pooled(pool []string, i uint32) string {
	if uint64(i) < uint64(len(pool)) {
		return pool[i]
	}
	return ""
}

func stringPool(chunk []byte) []string {
	const header = 28
	if len(chunk) < header {
		return nil
	}
	count := min(binary.LittleEndian.Uint32(chunk[8:]), maxStrings)
	utf8 := binary.LittleEndian.Uint32(chunk[16:])&flagUTF8 != 0
	start := uint64(binary.LittleEndian.Uint32(chunk[20:]))
	offsets := chunk[min(len(chunk), int(binary.LittleEndian.Uint16(chunk[2:]))):]
	var pool []string
	for i := range int(count) {
		if 4*i+4 > len(offsets) {
			break
		}
		at := start + uint64(binary.LittleEndian.Uint32(offsets[4*i:]))
		pool = append(pool, stringAt(chunk[min(at, uint64(len(chunk))):], utf8))
	}
	return pool
}

// stringAt reads a string with its length before it; in UTF-8 the length in
// characters comes first, then that in bytes.
func stringAt(b []byte, utf8 bool) string {
	const maxLength = 1024
	if utf8 {
		for range 2 {
			if len(b) == 0 {
				return ""
			}
			if b[0]&0x80 != 0 {
				b = b[min(2, len(b)):]
				continue
			}
			b = b[1:]
		}
		text, _, _ := strings.Cut(string(b[:min(len(b), maxLength)]), "\x00")
		return strings.ToValidUTF8(text, "\ufffd")
	}
	if len(b) < 2 {
		return ""
	}
	n := int(binary.LittleEndian.Uint16(b))
	b = b[2:]
	if n&0x8000 != 0 {
		return "" // longer than any name
	}
	units := make([]uint16, min(n, len(b)/2, maxLength))
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}
