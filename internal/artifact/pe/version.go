package pe

import "encoding/binary"

// maxStrings bounds the entries of a version resource.
const maxStrings = 64

// versionInfo reads the strings of a VS_VERSIONINFO: CompanyName, ProductName,
// OriginalFilename and what else the author wrote.
//
// The resource is a tree of blocks, each with its length, the length of its
// value, its type and its name; a block's children follow its value.
func versionInfo(b []byte) map[string]string {
	values := map[string]string{}
	root, _ := readBlock(b)
	for child := range root.children() {
		if child.name != "StringFileInfo" {
			continue
		}
		for table := range child.children() {
			for entry := range table.children() {
				if len(values) == maxStrings {
					return values
				}
				if text := clean(wide(entry.value)); text != "" && entry.name != "" {
					if _, seen := values[clean(entry.name)]; !seen {
						values[clean(entry.name)] = text
					}
				}
			}
		}
	}
	return values
}

type block struct {
	name  string
	value []byte
	below []byte
}

// readBlock reads the block that b begins with and returns what follows it.
func readBlock(b []byte) (block, []byte) {
	if len(b) < 6 {
		return block{}, nil
	}
	length := min(int(binary.LittleEndian.Uint16(b)), len(b))
	if length < 6 {
		return block{}, nil
	}
	valueLength := int(binary.LittleEndian.Uint16(b[2:]))
	if isText := binary.LittleEndian.Uint16(b[4:]) == 1; isText {
		valueLength *= 2 // counted in characters
	}
	name, at := "", 6
	for at+2 <= length {
		unit := b[at : at+2]
		at += 2
		if unit[0] == 0 && unit[1] == 0 {
			break
		}
		name += wide(unit)
	}
	at = min(align4(at), length)
	end := min(at+valueLength, length)
	return block{name: name, value: trimZero(b[at:end]), below: b[min(align4(end), length):length]}, b[min(align4(length), len(b)):]
}

// children yields the blocks below.
func (b block) children() func(yield func(block) bool) {
	return func(yield func(block) bool) {
		for rest := b.below; len(rest) >= 6; {
			var child block
			if child, rest = readBlock(rest); !yield(child) {
				return
			}
		}
	}
}

// trimZero cuts a value at its terminator.
func trimZero(b []byte) []byte {
	for i := 0; i+2 <= len(b); i += 2 {
		if b[i] == 0 && b[i+1] == 0 {
			return b[:i]
		}
	}
	return b
}

func align4(n int) int { return (n + 3) &^ 3 }
