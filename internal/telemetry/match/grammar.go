package match

import (
	"net/netip"
	"unicode"
	"unicode/utf8"
)

// Classes of bytes, as bits of a table.
const (
	hostByte  = 1 << iota // letters, digits, dot, hyphen, underscore
	wordByte              // letters and digits
	hexByte               // hexadecimal digits
	digitByte             // decimal digits
	localByte             // what stands before the @ of a mailbox, in practice
	urlByte               // what RFC 3986 allows in a URL, and what logs leave unescaped there
)

var classes = func() (table [256]uint8) {
	set := func(class uint8, bytes string) {
		for i := range len(bytes) {
			table[bytes[i]] |= class
		}
	}
	for c := byte('a'); c <= 'z'; c++ {
		table[c] |= hostByte | wordByte | localByte | urlByte
		table[c-'a'+'A'] |= hostByte | wordByte | localByte | urlByte
	}
	for c := byte('0'); c <= '9'; c++ {
		table[c] |= hostByte | wordByte | hexByte | digitByte | localByte | urlByte
	}
	set(hexByte, "abcdefABCDEF")
	set(hostByte, ".-_")
	set(localByte, "._%+-")
	set(urlByte, "-._~:/?#@!$&*+=%"+softBytes)
	for c := 0x80; c < 0x100; c++ {
		table[c] |= urlByte
	}
	return table
}()

func is(c byte, class uint8) bool { return classes[c]&class != 0 }

// runStart returns where the run of a class that ends before i begins.
func runStart(block []byte, i int, class uint8) int {
	for i > 0 && is(block[i-1], class) {
		i--
	}
	return i
}

// afterEscape returns where text begins again when the word at start begins
// inside an escape: the n of \n, the x09 of \x09, the u0009 of \u0009, the 2F of
// %2F. Otherwise it returns start.
func afterEscape(block []byte, start int) int {
	if start == 0 || start >= len(block) {
		return start
	}
	size := 0
	switch block[start-1] {
	case '%':
		if hexDigits(block, start, 2) {
			size = 2
		}
	case '\\':
		switch block[start] {
		case 'n', 'r', 't', 'b', 'f':
			size = 1
		case 'x':
			if hexDigits(block, start+1, 2) {
				size = 3
			}
		case 'u':
			if hexDigits(block, start+1, 4) {
				size = 5
			}
		}
	}
	return start + size
}

func hexDigits(block []byte, at, count int) bool {
	if at+count > len(block) {
		return false
	}
	for _, c := range block[at : at+count] {
		if !is(c, hexByte) {
			return false
		}
	}
	return true
}

// letterBefore reports whether a letter, digit or mark beyond ASCII ends at i:
// then a name that begins at i is the tail of a longer one.
func letterBefore(block []byte, i int) bool {
	if i == 0 || block[i-1] < utf8.RuneSelf {
		return false
	}
	r, _ := utf8.DecodeLastRune(block[max(0, i-utf8.UTFMax):i])
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// letterAt is letterBefore for what begins at i.
func letterAt(block []byte, i int) bool {
	if i >= len(block) || block[i] < utf8.RuneSelf {
		return false
	}
	r, _ := utf8.DecodeRune(block[i:min(len(block), i+utf8.UTFMax)])
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// A token is a run of host bytes without the marks around it. A name or an
// address in it begins at start, or at alt where an escape ends, or behind a dot.
type token struct {
	start, alt, end int
	whole           bool // nothing beyond ASCII continues it to the right
	open            bool // something beyond ASCII continues it to the left
}

// trim makes the token of the maximal run of host bytes [start, end). Sentences
// end in dots; wildcards leave a dot in front; lists are drawn with hyphens.
func trim(block []byte, start, end int) token {
	t := token{alt: afterEscape(block, start), whole: !letterAt(block, end), open: letterBefore(block, start)}
	for end > start && (block[end-1] == '.' || block[end-1] == '-' || block[end-1] == '_') {
		end--
		t.whole = true
	}
	for start < end && (block[start] == '.' || block[start] == '-') {
		start++
		t.open = false
	}
	t.start, t.end = start, end
	if t.alt <= start || t.alt >= end {
		t.alt = start
	}
	return t
}

// parse4 reads the four decimal octets that text consists of, without leading zeros.
func parse4(text []byte) (addr netip.Addr, ok bool) {
	var octets [4]byte
	at := 0
	for part := range octets {
		value, digits := 0, 0
		for at < len(text) && is(text[at], digitByte) {
			value = value*10 + int(text[at]-'0')
			digits++
			at++
			if digits > 3 {
				return netip.Addr{}, false
			}
		}
		if digits == 0 || value > 255 || digits > 1 && text[at-digits] == '0' {
			return netip.Addr{}, false
		}
		octets[part] = byte(value)
		if part < 3 {
			if at >= len(text) || text[at] != '.' {
				return netip.Addr{}, false
			}
			at++
		}
	}
	return netip.AddrFrom4(octets), at == len(text)
}
