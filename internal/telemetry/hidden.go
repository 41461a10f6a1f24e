package telemetry

import (
	"bytes"
	"strconv"

	"clew/internal/telemetry/format"
)

// Values hide behind the escapes of the syntax around them: \u002e and \/ in
// JSON, &#46; and &amp; in XML, %2e in URLs, and one inside the other. reveal
// undoes them all, as often as there is something to undo.

// maxReveals bounds how many layers of escapes are undone.
const maxReveals = 4

// hides reports whether text may hold an escape that hides part of a value.
// urls says that whole URLs are searched for: only they are broken by \/ and
// &amp;, which JSON and XML logs are full of.
func hides(text []byte, urls bool) bool {
	if bytes.Contains(text, []byte("(0)")) {
		return true
	}
	for _, mark := range []byte(`\&%`) { // one by one: a search for one byte is many times as fast
		for rest := text; ; {
			i := bytes.IndexByte(rest, mark)
			if i < 0 || i+2 >= len(rest) {
				break
			}
			if escapeAt(rest[i:], urls) {
				return true
			}
			rest = rest[i+1:]
		}
	}
	return false
}

func escapeAt(text []byte, urls bool) bool {
	switch text[0] {
	case '\\':
		switch text[1] {
		case 'u':
			return len(text) > 3 && text[2] == '0' && text[3] == '0'
		case 'x', '.':
			return true
		case '\\': // doubled, as within a string within a string
			return text[2] == 'u' || text[2] == '/' && urls || text[2] == 'x'
		case '/':
			return urls
		}
	case '&':
		return text[1] == '#' || urls && bytes.HasPrefix(text, []byte("&amp;"))
	case '%':
		return isHex(text[1]) && isHex(text[2])
	}
	return false
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// reveal returns text with its escapes undone, layer by layer; each layer is
// handed to see.
func reveal(text []byte, see func([]byte)) {
	for range maxReveals {
		plain, changed := undo(text)
		if !changed {
			return
		}
		see(plain)
		text = plain
	}
}

func undo(text []byte) (plain []byte, changed bool) {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		c := text[i]
		var n int
		switch {
		case c == '\\' && i+1 < len(text):
			out, n = undoBackslash(out, text[i:])
		case c == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]):
			out, n = append(out, unhex(text[i+1:i+3])), 3
		case c == '&':
			out, n = undoEntity(out, text[i:])
		case c == '(' && bytes.Contains(text[i:min(len(text), i+300)], []byte("(0)")):
			out, n = undoLabels(out, text[i:])
		}
		if n > 0 {
			changed = true
			i += n
			continue
		}
		out = append(out, c)
		i++
	}
	return out, changed
}

// undoLabels reads a name as the Windows DNS debug log writes it: every label
// with its length before it, (4)evil(7)example(0).
func undoLabels(out, text []byte) ([]byte, int) {
	var name []byte
	for at := 0; ; {
		end := bytes.IndexByte(text[at:min(len(text), at+4)], ')')
		if end < 2 || text[at] != '(' {
			return out, 0
		}
		size, err := strconv.Atoi(string(text[at+1 : at+end]))
		at += end + 1
		switch {
		case err != nil || size < 0 || size > 63 || at+size > len(text):
			return out, 0
		case size == 0 && len(name) == 0:
			return out, 0
		case size == 0:
			return append(out, name...), at
		case len(name) > 0:
			name = append(name, '.')
		}
		name = append(name, text[at:at+size]...)
		if at += size; at >= len(text) {
			return out, 0
		}
	}
}

func undoBackslash(out, text []byte) ([]byte, int) {
	switch text[1] {
	case 'x':
		if len(text) > 3 && isHex(text[2]) && isHex(text[3]) {
			return append(out, unhex(text[2:4])), 4
		}
		return out, 0
	case '.':
		return append(out, '.'), 2
	}
	before := len(out)
	out, n := format.Unescape(out, text)
	if n >= 2 && len(out)-before == n { // an escape that JSON does not know: as it stands
		return out[:before], 0
	}
	return out, n
}

func undoEntity(out, text []byte) ([]byte, int) {
	end := bytes.IndexByte(text[:min(len(text), 10)], ';')
	if end < 2 {
		return out, 0
	}
	switch name := string(text[1:end]); {
	case name == "amp":
		return append(out, '&'), end + 1
	case name == "quot":
		return append(out, '"'), end + 1
	case name[0] == '#' && len(name) > 1:
		base, digits := 10, name[1:]
		if digits[0]|0x20 == 'x' {
			base, digits = 16, digits[1:]
		}
		r, err := strconv.ParseUint(digits, base, 21)
		if err != nil || r == 0 {
			return out, 0
		}
		return append(out, string(rune(r))...), end + 1
	}
	return out, 0
}

func unhex(text []byte) byte {
	n, err := strconv.ParseUint(string(text), 16, 8)
	if err != nil {
		return '?'
	}
	return byte(n)
}
