package pe

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Names by ordinal of the two libraries that are linked by ordinal since ever.
// They never change: programs of 1995 rely on them.
var (
	//go:embed ws2_32.txt
	ws2 string
	//go:embed oleaut32.txt
	oleaut string
)

var ordinals = sync.OnceValue(func() map[string]map[uint16]string {
	sockets := ordinalTable(ws2)
	return map[string]map[uint16]string{
		"ws2_32.dll": sockets, "wsock32.dll": sockets, "oleaut32.dll": ordinalTable(oleaut),
	}
})

func ordinalTable(text string) map[uint16]string {
	table := make(map[uint16]string)
	for line := range strings.Lines(text) {
		number, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseUint(number, 10, 16); err == nil {
			table[uint16(n)] = name
		}
	}
	return table
}

// ordinalName is what an imphash calls a function imported by ordinal.
func ordinalName(library string, ordinal uint16) string {
	if name, ok := ordinals()[library][ordinal]; ok {
		return name
	}
	return fmt.Sprintf("ord%d", ordinal)
}
