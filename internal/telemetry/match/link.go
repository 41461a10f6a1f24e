package match

import (
	"slices"
	"strings"

	"clew/internal/observable"
)

// maxScheme is the longest scheme that is looked at, "stratum+tcp".
const maxScheme = 12

// A seenURL is a URL as the text holds it around a host.
type seenURL struct {
	start, end int
	scheme     string // lower case; "" when the text has none
	rest       string // canonical text without the scheme
}

// Bytes that a URL may hold and that logs also put behind one: as separators of
// columns, as brackets around it. The URL may end before any of them.
const softBytes = ",;()'|[]{}^`"

// maxCuts bounds at how many soft bytes a URL may end.
const maxCuts = 8

// linksAround returns the URLs that the text may mean around the host [start,
// end): the whole run of URL bytes, the run cut before a soft byte, and either
// without the punctuation that prose puts behind it.
func linksAround(block []byte, start, end int) []seenURL {
	from, scheme, userinfo := schemeBefore(block, start)
	host := strings.ToLower(string(block[start:end]))
	if start > 0 && block[start-1] == '[' && end < len(block) && block[end] == ']' {
		host, end = "["+host+"]", end+1
	}
	tail, ends := tailOf(block, end)
	if authority, _, _ := strings.Cut(strings.NewReplacer("?", "/", "#", "/", `\`, "/").Replace(tail), "/"); strings.Contains(authority, "@") {
		return nil // not the host but the name of a user
	}
	var seen []seenURL
	for _, size := range cuts(tail) {
		if scheme == "" && strings.Trim(tail[:size], "/") == "" {
			continue // a host alone
		}
		for _, rest := range canonicalRests(scheme, userinfo, host, tail[:size]) {
			if !slices.ContainsFunc(seen, func(s seenURL) bool { return s.rest == rest }) {
				seen = append(seen, seenURL{from, ends[size], scheme, rest})
			}
		}
	}
	return seen
}

// cuts returns the lengths at which the URL may end, longest first.
func cuts(tail string) []int {
	lengths := []int{len(tail)}
	soft := 0
	for i := range len(tail) {
		if strings.IndexByte(softBytes, tail[i]) >= 0 && soft < maxCuts {
			lengths = append(lengths, i)
			soft++
		}
	}
	for _, size := range lengths {
		lengths = append(lengths, len(strings.TrimRight(tail[:size], ".:!?")))
	}
	slices.Sort(lengths)
	lengths = slices.Compact(lengths)
	slices.Reverse(lengths)
	return lengths
}

// canonicalRests brings a URL into the form that indicators have and returns it
// without the scheme. One without a scheme may be of http or of https, which
// drop different ports. A host in another spelling than the canonical one, such
// as 0x7f.1, is not looked for.
func canonicalRests(scheme, userinfo, host, tail string) (rests []string) {
	schemes := []string{scheme}
	if scheme == "" {
		schemes = []string{"http", "https"}
	}
	for _, as := range schemes {
		v, err := observable.New(observable.URL, as+"://"+userinfo+host+tail)
		if err != nil {
			continue
		}
		if h, ok := observable.Host(v); !ok || host[0] != '[' && h.Text() != host {
			continue
		}
		if r := rest(v.Text()); !slices.Contains(rests, r) {
			rests = append(rests, r)
		}
	}
	return rests
}

// schemeBefore reads "scheme://userinfo@" backwards from a host, with slashes
// escaped as JSON may have them. from is where the URL begins.
func schemeBefore(block []byte, host int) (from int, scheme, userinfo string) {
	at := host
	if at > 0 && block[at-1] == '[' {
		at--
	}
	if at > 0 && block[at-1] == '@' {
		begin := at - 1
		for begin > 0 && host-begin < 256 && (is(block[begin-1], urlByte) && block[begin-1] != '/' && block[begin-1] != '@') {
			begin--
		}
		if begin > 0 && block[begin-1] == '/' {
			userinfo, at = string(block[begin:at]), begin
		}
	}
	colon := at
	for range 2 {
		if colon == 0 || block[colon-1] != '/' {
			return host, "", ""
		}
		colon--
		if colon > 0 && block[colon-1] == '\\' {
			colon--
		}
	}
	if colon == 0 || block[colon-1] != ':' {
		return host, "", ""
	}
	begin := colon - 1
	for begin > 0 && colon-begin <= maxScheme && (is(block[begin-1], wordByte) || block[begin-1] == '+') {
		begin--
	}
	if alt := afterEscape(block, begin); alt < colon-1 {
		begin = alt
	}
	return begin, strings.ToLower(string(block[begin : colon-1])), userinfo
}

// tailOf returns what follows the host of a URL: port, path, query, fragment,
// with the escapes of JSON undone. ends[i] is where the text of tail[:i] ends.
func tailOf(block []byte, end int) (tail string, ends []int) {
	ends = []int{end}
	if end >= len(block) || strings.IndexByte(`:/?#\`, block[end]) < 0 {
		return "", ends
	}
	var b []byte
	for at := end; at < len(block) && len(b) <= observable.MaxLen; {
		c, size := block[at], 1
		if c == '\\' {
			if c, size = unescape(block[at:]); size == 0 {
				break
			}
		} else if !is(c, urlByte) {
			break
		}
		b = append(b, c)
		at += size
		ends = append(ends, at)
	}
	return string(b), ends
}

// unescape reads \/ and \u00XX of printable ASCII, which JSON writers use in
// URLs. size is 0 for any other escape: there the URL ends.
func unescape(text []byte) (c byte, size int) {
	switch {
	case len(text) > 1 && text[1] == '/':
		return '/', 2
	case len(text) > 5 && text[1] == 'u' && text[2] == '0' && text[3] == '0' && hexDigits(text, 4, 2):
		c = nibble(text[4])<<4 | nibble(text[5])
		if is(c, urlByte) {
			return c, 6
		}
	}
	return 0, 0
}

func nibble(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return lower(c) - 'a' + 10
}
