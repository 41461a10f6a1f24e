package match

import (
	"bytes"
	"net/netip"
)

// colonByte tells what IPv6 addresses and fingerprints with colons consist of.
func colonByte(c byte) bool { return is(c, hexByte) || c == ':' || c == '.' }

// colonRun returns the maximal run of hexadecimal digits, colons and dots around at.
func colonRun(block []byte, at int) (start, end int) {
	for start = at; start > 0 && colonByte(block[start-1]); {
		start--
	}
	for end = at; end < len(block) && colonByte(block[end]); {
		end++
	}
	return start, end
}

// maxColonRun bounds what can be an address or a fingerprint: 32 octets with
// colons, and a label in front.
const maxColonRun = 3*32 + 16

// colonTokens returns the stretches of the maximal run [start, end) that may be
// an IPv6 address or a fingerprint. A run that begins inside a word, such as the
// "c:" of "src:2001:db8::1", loses its first group; behind an escape it may begin
// in two places.
func colonTokens(block []byte, start, end int) (tokens [2][2]int, count int) {
	if end-start > maxColonRun || end < len(block) && is(block[end], wordByte) {
		return tokens, 0
	}
	word := runStart(block, start, wordByte)
	alt := afterEscape(block, word)
	starts := [2]int{start, -1}
	switch {
	case word == start && alt > start:
		starts[1] = alt
	case word < start && alt != start:
		colon := bytes.IndexByte(block[start:end], ':')
		if colon < 0 {
			return tokens, 0
		}
		starts[0] = start + colon + 1
	}
	for _, from := range starts {
		if from < 0 || from >= end {
			continue
		}
		if from, to := trimColons(block, from, end); from < to {
			tokens[count] = [2]int{from, to}
			count++
		}
	}
	return tokens, count
}

// trimColons drops dots, and a single colon at either end: "host:2001:db8::1: refused".
func trimColons(block []byte, start, end int) (from, to int) {
	for end > start && block[end-1] == '.' {
		end--
	}
	if end-start > 1 && block[end-1] == ':' && block[end-2] != ':' {
		end--
	}
	for start < end && block[start] == '.' {
		start++
	}
	if end-start > 1 && block[start] == ':' && block[start+1] != ':' {
		start++
	}
	return start, end
}

// parse6 reads an IPv6 address in any spelling. One that wraps an IPv4 address
// and writes it with dots is left to the search for those.
func parse6(text []byte) (addr netip.Addr, ok bool) {
	if len(text) > 45 || bytes.Count(text, []byte(":")) < 2 {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(string(text))
	if err != nil || addr.Is4In6() && bytes.IndexByte(text, '.') >= 0 {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}

// octets returns the digits of a fingerprint written as octets with colons,
// lower case, appended to buf; nil for anything else.
func octets(buf, text []byte) []byte {
	if size := (len(text) + 1) / 3; len(text) != 3*size-1 || size != 16 && size != 20 && size != 32 {
		return nil
	}
	for i, c := range text {
		switch {
		case i%3 == 2 && c == ':':
		case i%3 != 2 && is(c, hexByte):
			buf = append(buf, lower(c))
		default:
			return nil
		}
	}
	return buf
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c |= 0x20
	}
	return c
}
