package artifact

import (
	"bytes"
	"encoding/binary"
	"math"

	"clew/internal/artifact/view"
)

// Containers that are known and not opened. Whatever lies in one was not looked
// at, and the file says so; its plain strings are found all the same.
const (
	typeRAR      Type = "rar"
	typeCabinet  Type = "cab"
	typeWIM      Type = "wim"
	typeDisc     Type = "iso"
	typeDisk     Type = "disk"
	typeACE      Type = "ace"
	typeARJ      Type = "arj"
	typeLHA      Type = "lha"
	typeXAR      Type = "xar"
	typeAr       Type = "ar"
	typeRPM      Type = "rpm"
	typeCPIO     Type = "cpio"
	typeCompress Type = "compress"
	typeLZMA     Type = "lzma"
	typeLZ4      Type = "lz4"
	typeLzip     Type = "lzip"
	typeHelp     Type = "chm"
	typeOneNote  Type = "onenote"
)

var unread = map[Type]string{
	typeRAR: "a RAR archive", typeCabinet: "a cabinet", typeWIM: "a Windows image", typeDisc: "a disc image", typeDisk: "a disk image",
	typeACE: "an ACE archive", typeARJ: "an ARJ archive", typeLHA: "an LHA archive", typeXAR: "a XAR archive", typeAr: "an ar archive",
	typeRPM: "an RPM package", typeCPIO: "a cpio archive", typeCompress: "a stream packed by compress", typeLZMA: "a stream packed by LZMA",
	typeLZ4: "a stream packed by LZ4", typeLzip: "a stream packed by lzip", typeHelp: "compiled help", typeOneNote: "a OneNote section",
}

// unreadMarks are where libmagic looks for them: from the end where negative.
var unreadMarks = []struct {
	mark   string
	offset int64
	kind   Type
}{
	{"Rar!\x1a\x07", 0, typeRAR},
	{"MSCF\x00\x00\x00\x00", 0, typeCabinet},
	{"ISc(", 0, typeCabinet}, // InstallShield's
	{"MSWIM\x00\x00\x00", 0, typeWIM},
	{"CD001", 32769, typeDisc}, // ISO 9660
	{"BEA01", 32769, typeDisc}, // UDF
	{"conectix", 0, typeDisk},  // VHD
	{"conectix", -512, typeDisk},
	{"vhdxfile", 0, typeDisk},
	{"KDMV", 0, typeDisk},                    // VMDK
	{"QFI\xfb", 0, typeDisk},                 // QCOW
	{"koly\x00\x00\x00\x04", -512, typeDisk}, // Apple's
	{"hsqs", 0, typeDisk},                    // SquashFS
	{"**ACE**", 7, typeACE},
	{"xar!\x00\x1c", 0, typeXAR},
	{"!<arch>\n", 0, typeAr},
	{"\xed\xab\xee\xdb", 0, typeRPM},
	{"070701", 0, typeCPIO},
	{"070702", 0, typeCPIO},
	{"070707", 0, typeCPIO},
	{"\x1f\x9d", 0, typeCompress},
	{"\x04\x22\x4d\x18", 0, typeLZ4},
	{"LZIP\x01", 0, typeLzip},
	{"ITSF\x03\x00\x00\x00", 0, typeHelp},
	{"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", 0, typeOneNote},
}

// unreadType tells a container that is not opened from other data.
func unreadType(v view.View, head []byte) Type {
	for _, u := range unreadMarks {
		at := u.offset
		if at < 0 {
			at += v.Size()
		}
		if mark, ok := v.Bytes(at, int64(len(u.mark))); ok && string(mark) == u.mark {
			return u.kind
		}
	}
	switch {
	case isLHA(head):
		return typeLHA
	case isARJ(head):
		return typeARJ
	case isLZMA(head):
		return typeLZMA
	}
	return TypeData
}

// isLHA looks for the name of a method, -lh5-, and the level of the header.
func isLHA(head []byte) bool {
	return len(head) > 21 && (string(head[2:5]) == "-lh" || string(head[2:5]) == "-lz") && head[6] == '-' && head[20] <= 3
}

// isARJ wants the mark and a header no longer than the format lets it be.
func isARJ(head []byte) bool {
	const shortest, longest = 30, 2600
	if len(head) < 5 || !bytes.HasPrefix(head, []byte("\x60\xea")) {
		return false
	}
	size := binary.LittleEndian.Uint16(head[2:])
	return size >= shortest && size <= longest && head[4] >= shortest
}

// isLZMA tells a stream of LZMA alone, which has no mark, by the usual
// properties, a dictionary of whole 64 KiB, and a size that is unknown or below
// a terabyte.
func isLZMA(head []byte) bool {
	if len(head) < 13 || !bytes.HasPrefix(head, []byte("\x5d\x00\x00")) {
		return false
	}
	size := binary.LittleEndian.Uint64(head[5:])
	return size == math.MaxUint64 || size > 0 && size < 1<<40
}
