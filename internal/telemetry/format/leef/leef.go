// Package leef reads IBM's Log Event Extended Format, versions 1 and 2.
//
// Format: IBM QRadar, "LEEF event components"; version 2 names its delimiter.
package leef

import (
	"bytes"
	"strconv"
	"strings"

	"clew/internal/telemetry/format"
)

// Reader reads LEEF.
type Reader struct{}

// Name is "leef".
func (Reader) Name() string { return "leef" }

// Parse reads one message; the syslog envelope is off already.
func (Reader) Parse(text []byte, _ format.Context, out *format.Record) bool {
	start := bytes.Index(text, []byte("LEEF:")) + len("LEEF:")
	if start < len("LEEF:") || start > 256 {
		if !bytes.HasPrefix(text, []byte("1.0|")) && !bytes.HasPrefix(text, []byte("2.0|")) { // a relay took the mark for a tag
			return false
		}
		start = 0
	}
	parts := bytes.SplitN(text[start:], []byte("|"), 6)
	if len(parts) < 6 {
		return false
	}
	out.Format = "leef/" + string(parts[1]) + " " + string(parts[2])
	out.AddAs("event", string(parts[4]), format.Signature)
	if format.ActionOf(string(parts[4])) == format.Blocked {
		out.Action = format.Blocked
	}
	rest, delimiter := parts[5], "\t"
	if bytes.HasPrefix(parts[0], []byte("2")) {
		if named, after, ok := bytes.Cut(rest, []byte("|")); ok && len(named) <= 5 {
			delimiter, rest = delimiterOf(string(named)), after
		}
	}
	if !bytes.Contains(rest, []byte(delimiter)) { // tabs lost on the way
		format.Extension(rest, out.Add)
		out.Finish()
		return true
	}
	for pair := range bytes.SplitSeq(rest, []byte(delimiter)) {
		if key, value, ok := strings.Cut(string(pair), "="); ok {
			out.Add(strings.TrimSpace(key), strings.TrimSpace(value))
		}
	}
	out.Finish()
	return true
}

// delimiterOf reads "^", "x09", "0x5E" or nothing, which means a tab.
func delimiterOf(text string) string {
	hex := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(text), "0"), "x")
	if len(text) > 1 {
		if n, err := strconv.ParseUint(hex, 16, 8); err == nil {
			return string([]byte{byte(n)})
		}
	}
	if text == "" {
		return "\t"
	}
	return text
}
