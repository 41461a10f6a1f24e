package export

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
)

// Metadata is what rules of Suricata and Snort say of an entry: words and
// numbers, joined by commas.
func (e Entry) Metadata() string {
	parts := []string{"band " + e.Band, fmt.Sprintf("confidence %d", e.Confidence), "tlp " + string(e.TLP)}
	for _, id := range e.Cases {
		parts = append(parts, "case "+id)
	}
	if !e.Expires.IsZero() {
		parts = append(parts, "expires "+Day(e.Expires))
	}
	return strings.Join(parts, ", ")
}

// Numbers gives rules their identifiers: the same value the same number from
// export to export, within the range that Suricata and Snort leave to local
// rules (1,000,000 to 1,999,999). Two values that meet take the next free one.
type Numbers map[uint32]bool

// Of returns the number of what the text names.
func (n Numbers) Of(text string) uint32 {
	const first, count = 1_000_000, 1_000_000
	sum := sha256.Sum256([]byte(text))
	number := binary.BigEndian.Uint32(sum[:4]) % count
	for n[number] {
		number = (number + 1) % count
	}
	n[number] = true
	return first + number
}
