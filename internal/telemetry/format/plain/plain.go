// Package plain reads what no other reader knows: any text. It finds the time
// where one stands, and which side an address is on where the word before it
// says so; everything else is one field.
package plain

import (
	"net/netip"
	"strings"

	"clew/internal/telemetry/format"
)

// Reader reads any text.
type Reader struct{}

// maxRead is how much of a line is looked at: what stands behind is searched
// all the same.
const maxRead = 16 << 10

// Parse takes every line.
func (Reader) Parse(text []byte, _ format.Context, out *format.Record) bool {
	out.Format = "text"
	line := string(text[:min(len(text), maxRead)])
	words := strings.Fields(line)
	stamp(out, words)
	for i, w := range words {
		host := strings.Trim(w, "\"'()<>[],;=")
		name, _, _ := strings.Cut(host, "/")
		if a, err := netip.ParseAddrPort(name); err == nil {
			name = a.Addr().String()
		}
		if _, err := netip.ParseAddr(name); err != nil || i == 0 {
			continue
		}
		switch strings.ToLower(strings.Trim(words[i-1], "\"'()<>[],;:=")) {
		case "from", "src", "source", "client", "rhost", "by":
			out.AddAs(words[i-1], name, format.Client)
		case "to", "dst", "dest", "destination", "server", "->":
			out.AddAs(words[i-1], name, format.Server)
		}
	}
	out.AddAs("text", line, format.Message)
	out.Finish()
	return true
}

// stamp looks for a time in the first words.
func stamp(out *format.Record, words []string) {
	for i := 0; i < len(words) && i < 6; i++ {
		for _, n := range []int{5, 4, 3, 2, 1} {
			if i+n > len(words) {
				continue
			}
			text := strings.Join(words[i:i+n], " ")
			if n == 1 && !strings.ContainsAny(text, "-:/T.") {
				continue
			}
			if len(text) >= 8 && out.SetTime(strings.Trim(text, ",:"), 0) {
				return
			}
		}
	}
}
