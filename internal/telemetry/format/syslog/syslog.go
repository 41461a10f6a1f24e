// Package syslog takes the envelope off a line: RFC 3164, RFC 5424, and the
// looser forms that relays and rsyslog write around the message of another
// format.
package syslog

import (
	"bytes"
	"strconv"
	"strings"

	"clew/internal/telemetry/format"
)

// An Envelope is what stood before the message.
type Envelope struct {
	Time    string // as written, "" when there is none
	Host    string // that sent it
	Program string
	Data    []byte // RFC 5424 structured data
}

// Peel returns the message inside line and its envelope. A line without one
// comes back whole.
func Peel(line []byte) (message []byte, e Envelope) {
	rest := line
	had := false
	if n := priority(rest); n > 0 {
		rest, had = rest[n:], true
		if len(rest) > 2 && rest[0] == '1' && rest[1] == ' ' {
			if message, e, ok := rfc5424(rest[2:]); ok {
				return message, e
			}
		}
	}
	rest = bytes.TrimLeft(rest, " ")
	stamp, size := timestamp(rest)
	if size == 0 {
		if had {
			return program(rest, e)
		}
		return line, e
	}
	e.Time = stamp
	after := bytes.TrimLeft(rest[size:], " ")
	host, next := word(after)
	switch {
	case strings.HasSuffix(host, ":") || strings.Contains(host, "["): // no host: "Jan 2 15:04:05 named[1]: ..."
		return program(after, e)
	case hostLike(host):
		if tag, _ := word(bytes.TrimLeft(next, " ")); had || tagLike(tag) || knownStart(next) {
			e.Host = host
			return program(bytes.TrimLeft(next, " "), e)
		}
	}
	if had || strings.HasPrefix(host, "%") {
		return after, e
	}
	return line, Envelope{}
}

// priority returns the length of "<134>".
func priority(line []byte) int {
	if len(line) < 3 || line[0] != '<' {
		return 0
	}
	end := bytes.IndexByte(line[:min(len(line), 6)], '>')
	if end < 2 {
		return 0
	}
	if _, err := strconv.ParseUint(string(line[1:end]), 10, 10); err != nil {
		return 0
	}
	return end + 1
}

// timestamp returns the time at the start of text, in the forms of RFC 3164
// (with or without a year) and RFC 3339, and its length.
func timestamp(text []byte) (string, int) {
	if len(text) > 20 && text[4] == '-' && text[10] == 'T' {
		w, _ := word(text)
		w = strings.TrimSuffix(w, ":")
		if len(w) <= 40 {
			return w, len(w)
		}
		return "", 0
	}
	if len(text) < 15 || !isMonth(text) {
		return "", 0
	}
	for _, n := range []int{20, 15} { // Jan 02 2006 15:04:05 or Jan  2 15:04:05
		if len(text) < n || text[n-3] != ':' || text[n-6] != ':' {
			continue
		}
		end := n
		for end < len(text) && (text[end] == '.' || text[end] >= '0' && text[end] <= '9') {
			end++
		}
		stamp := string(text[:end])
		if end < len(text) && text[end] == ':' {
			end++
		}
		return stamp, end
	}
	return "", 0
}

func isMonth(text []byte) bool {
	return text[3] == ' ' && strings.Contains("JanFebMarAprMayJunJulAugSepOctNovDec", string(text[:3]))
}

func word(text []byte) (string, []byte) {
	if i := bytes.IndexByte(text, ' '); i >= 0 {
		return string(text[:i]), text[i:]
	}
	return string(text), nil
}

func hostLike(w string) bool {
	if w == "" || len(w) > 255 {
		return false
	}
	for i := range len(w) {
		c := w[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(".-_:", c) >= 0 {
			continue
		}
		return false
	}
	return true
}

// tagLike reports whether w is a program's tag: "named[2075772]:", "dnsmasq:".
func tagLike(w string) bool {
	return strings.HasSuffix(w, ":") || strings.HasSuffix(w, "]") && strings.Contains(w, "[")
}

// knownStart reports whether a message follows that needs no tag.
func knownStart(text []byte) bool {
	text = bytes.TrimLeft(text, " ")
	for _, start := range []string{"CEF:", "LEEF:", "{", "%", "1,20", "[", "<", "date=", "id=firewall"} {
		if bytes.HasPrefix(text, []byte(start)) {
			return true
		}
	}
	return false
}

// program reads "named[123]: " off the message.
func program(text []byte, e Envelope) ([]byte, Envelope) {
	tag, rest := word(text)
	if !tagLike(tag) || strings.HasPrefix(tag, "CEF") || strings.HasPrefix(tag, "LEEF") || strings.HasPrefix(tag, "%") || strings.HasPrefix(tag, "[") {
		return text, e
	}
	name := strings.TrimSuffix(tag, ":")
	name, _, _ = strings.Cut(name, "[")
	if name == "" || strings.ContainsAny(name, "=\"{<|") {
		return text, e
	}
	e.Program = name
	return bytes.TrimLeft(rest, " "), e
}

// rfc5424 reads what follows "<134>1 ".
func rfc5424(text []byte) ([]byte, Envelope, bool) {
	var fields [5]string // time, host, program, process, message id
	for i := range fields {
		fields[i], text = word(text)
		if text == nil {
			return nil, Envelope{}, false
		}
		text = text[1:]
	}
	e := Envelope{Time: nilValue(fields[0]), Host: nilValue(fields[1]), Program: nilValue(fields[2])}
	switch {
	case len(text) > 0 && text[0] == '-':
		text = text[1:]
	case len(text) > 0 && text[0] == '[':
		n := structured(text)
		e.Data, text = text[:n], text[n:]
	}
	text = bytes.TrimPrefix(bytes.TrimLeft(text, " "), []byte("\xef\xbb\xbf"))
	return text, e, true
}

func nilValue(w string) string {
	if w == "-" {
		return ""
	}
	return w
}

// structured returns the length of the structured data that text starts with.
func structured(text []byte) int {
	quoted := false
	for i := range text {
		switch c := text[i]; {
		case c == '"' && (i == 0 || text[i-1] != '\\'):
			quoted = !quoted
		case c == ']' && !quoted && (i+1 >= len(text) || text[i+1] != '['):
			return i + 1
		}
	}
	return len(text)
}

// Add tells the record what the envelope says: the sender, and the time unless
// the message has its own.
func (e Envelope) Add(out *format.Record) {
	if e.Host != "" {
		out.AddAs("syslog.host", e.Host, format.Reporter)
	}
	if e.Time != "" {
		out.SetTime(e.Time, envelopeRank)
	}
	if len(e.Data) > 0 {
		Structured(e.Data, out)
	}
}

// envelopeRank is behind every time the message itself holds.
const envelopeRank = 1 << 20

// Structured reads structured data: key="value" pairs of RFC 5424, and Check
// Point's key:"value"; form of it.
func Structured(data []byte, out *format.Record) int {
	if bytes.Contains(data, []byte(`:"`)) && !bytes.Contains(data, []byte(`="`)) {
		return Colons(data, out)
	}
	return format.Pairs(bytes.Trim(data, "[]"), out.Add)
}

// Colons reads key:"value"; pairs.
func Colons(data []byte, out *format.Record) int {
	n := 0
	data = bytes.TrimPrefix(data, []byte("["))
	for len(data) > 0 {
		colon := bytes.Index(data, []byte(`:"`))
		if colon < 0 {
			break
		}
		key := string(bytes.Trim(data[:colon], " ;[]"))
		value, size := format.Quoted(data[colon+1:])
		out.Add(key, value)
		n++
		data = data[colon+1+size:]
	}
	return n
}
