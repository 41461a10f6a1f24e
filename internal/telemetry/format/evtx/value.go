package evtx

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The types of values ([MS-EVEN6] 2.2.12.1).
const (
	typeNull    = 0x00
	typeString  = 0x01
	typeANSI    = 0x02
	typeInt8    = 0x03
	typeUint8   = 0x04
	typeInt16   = 0x05
	typeUint16  = 0x06
	typeInt32   = 0x07
	typeUint32  = 0x08
	typeInt64   = 0x09
	typeUint64  = 0x0a
	typeFloat   = 0x0b
	typeDouble  = 0x0c
	typeBool    = 0x0d
	typeBinary  = 0x0e
	typeGUID    = 0x0f
	typeSize    = 0x10
	typeTime    = 0x11
	typeSysTime = 0x12
	typeSID     = 0x13
	typeHex32   = 0x14
	typeHex64   = 0x15
	typeBinXML  = 0x21
	array       = 0x80
)

// literal reads a value that stands in the fragment itself: Windows writes
// strings only.
func (r *reader) literal() {
	switch kind := r.u8(); kind {
	case typeString:
		r.text(r.utf16(int(r.u16())))
	default:
		r.fail()
	}
}

// substitute writes a value of the template.
func (r *reader) substitute(v value, depth int) {
	if v.kind == typeBinXML {
		inner := &reader{chunk: r.chunk, at: v.from, end: v.to, out: r.out, limit: r.limit}
		if v.to > v.from {
			inner.fragment(nil, true, depth+1)
		}
		r.out, r.err = inner.out, inner.err
		return
	}
	b := r.chunk[v.from:v.to]
	if v.kind&array != 0 {
		r.text(list(v.kind&^array, b))
		return
	}
	r.text(scalar(v.kind, b))
}

// list writes an array, its members parted by blanks.
func list(kind byte, b []byte) string {
	if kind == typeString {
		return strings.TrimSpace(strings.ReplaceAll(decode16(b), "\x00", " "))
	}
	size := map[byte]int{
		typeInt8: 1, typeUint8: 1, typeInt16: 2, typeUint16: 2, typeInt32: 4, typeUint32: 4, typeInt64: 8, typeUint64: 8, typeFloat: 4, typeDouble: 8, typeBool: 4, typeGUID: 16,
		typeTime: 8, typeSysTime: 16, typeHex32: 4, typeHex64: 8,
	}[kind]
	if size == 0 {
		return fmt.Sprintf("%X", b)
	}
	var out []string
	for len(b) >= size {
		out = append(out, scalar(kind, b[:size]))
		b = b[size:]
	}
	return strings.Join(out, " ")
}

// widths are the least sizes of the types of a fixed one.
var widths = map[byte]int{
	typeInt8: 1, typeUint8: 1, typeInt16: 2, typeUint16: 2, typeInt32: 4, typeUint32: 4, typeInt64: 8, typeUint64: 8, typeFloat: 4, typeDouble: 8, typeBool: 4,
	typeGUID: 16, typeSize: 4, typeTime: 8, typeSysTime: 16, typeSID: 8, typeHex32: 4, typeHex64: 8,
}

func scalar(kind byte, b []byte) string {
	if len(b) < widths[kind] {
		return fmt.Sprintf("%X", b)
	}
	le := binary.LittleEndian
	switch kind {
	case typeNull:
		return ""
	case typeString:
		return decode16(b)
	case typeANSI:
		return strings.ToValidUTF8(strings.TrimRight(string(b), "\x00"), "\uFFFD")
	case typeInt8:
		return strconv.Itoa(int(int8(b[0])))
	case typeUint8:
		return strconv.Itoa(int(b[0]))
	case typeInt16:
		return strconv.Itoa(int(int16(le.Uint16(b))))
	case typeUint16:
		return strconv.Itoa(int(le.Uint16(b)))
	case typeInt32:
		return strconv.Itoa(int(int32(le.Uint32(b))))
	case typeUint32:
		return strconv.FormatUint(uint64(le.Uint32(b)), 10)
	case typeInt64:
		return strconv.FormatInt(int64(le.Uint64(b)), 10)
	case typeUint64:
		return strconv.FormatUint(le.Uint64(b), 10)
	case typeFloat:
		return strconv.FormatFloat(float64(math.Float32frombits(le.Uint32(b))), 'g', -1, 32)
	case typeDouble:
		return strconv.FormatFloat(math.Float64frombits(le.Uint64(b)), 'g', -1, 64)
	case typeBool:
		return strconv.FormatBool(le.Uint32(b) != 0)
	case typeGUID:
		return fmt.Sprintf("%08X-%04X-%04X-%X-%X", le.Uint32(b), le.Uint16(b[4:]), le.Uint16(b[6:]), b[8:10], b[10:16])
	case typeTime:
		return filetime(le.Uint64(b)).Format("2006-01-02T15:04:05.000000Z")
	case typeSysTime:
		return fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", le.Uint16(b), le.Uint16(b[2:]), le.Uint16(b[6:]), le.Uint16(b[8:]), le.Uint16(b[10:]), le.Uint16(b[12:]), le.Uint16(b[14:]))
	case typeSID:
		return sid(b)
	case typeSize, typeHex32, typeHex64:
		if len(b) >= 8 {
			return "0x" + strconv.FormatUint(le.Uint64(b), 16)
		}
		return "0x" + strconv.FormatUint(uint64(le.Uint32(b)), 16)
	}
	return fmt.Sprintf("%X", b)
}

// filetime counts 100 ns since 1601.
func filetime(n uint64) time.Time {
	const toUnix = 11644473600
	return time.Unix(int64(n/1e7)-toUnix, int64(n%1e7)*100).UTC()
}

func sid(b []byte) string {
	var authority uint64
	for _, c := range b[2:8] {
		authority = authority<<8 | uint64(c)
	}
	out := fmt.Sprintf("S-%d-%d", b[0], authority)
	for i := 8; i+4 <= len(b) && i < 8+4*int(b[1]); i += 4 {
		out += "-" + strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b[i:])), 10)
	}
	return out
}
