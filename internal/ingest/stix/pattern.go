package stix

import (
	"strings"

	"clew/internal/observable"
	"clew/internal/observation/record"
)

// comparison is one equality of a pattern: file:hashes.MD5 = '…'.
type comparison struct{ path, value string }

// maxPattern bounds a pattern in bytes.
const maxPattern = 1 << 20

// parsePattern returns the equalities of a pattern in groups: those of one group
// must hold of one thing together, joined by AND inside of one pair of brackets.
// Other operators, and what is negated, state no value and are left out.
func parsePattern(pattern string) [][]comparison {
	var groups [][]comparison
	var group []comparison
	end := func() {
		if len(group) > 0 {
			groups, group = append(groups, group), nil
		}
	}
	s := scanner{rest: pattern[:min(len(pattern), maxPattern)]}
	path, equal, negated, among := "", false, false, false
	for {
		kind, text := s.next()
		switch {
		case kind == 0:
			end()
			return groups
		case kind == 'w' && strings.Contains(text, ":"):
			path, equal, among = text, false, false
		case kind == 'w' && strings.EqualFold(text, "OR"), text == "]" && kind == 'p', text == "[" && kind == 'p':
			end()
			path, negated, among = "", false, false
		case kind == 'w' && strings.EqualFold(text, "AND"):
			path, negated, among = "", false, false
		case kind == 'w' && strings.EqualFold(text, "NOT"):
			negated = true
		case kind == 'w' && strings.EqualFold(text, "IN"):
			equal, among = true, true
		case kind == 'w':
			equal = false // LIKE, MATCHES, ISSUBSET, …
		case text == "=" && kind == 'p':
			equal = true
		case kind == 'p' && (text == "!" || text == "<" || text == ">"):
			negated = true
		case kind == 's' && path != "" && equal && !negated:
			group = append(group, comparison{path, text})
			if among {
				end() // each of a list is another thing
			}
		}
	}
}

// scanner cuts a pattern into words (w), strings (s) and punctuation (p); 0 is
// the end.
type scanner struct{ rest string }

func (s *scanner) next() (kind byte, text string) {
	s.rest = strings.TrimLeft(s.rest, " \t\r\n")
	if s.rest == "" {
		return 0, ""
	}
	switch c := s.rest[0]; {
	case c == '\'':
		return 's', s.quoted()
	case isWord(c):
		n := 1
		for n < len(s.rest) && (isWord(s.rest[n]) || s.rest[n] == '\'') {
			if s.rest[n] == '\'' { // file:hashes.'SHA-256'
				end := strings.IndexByte(s.rest[n+1:], '\'')
				if s.rest[n-1] != '.' || end < 0 {
					break
				}
				n += end + 1
			}
			n++
		}
		text, s.rest = s.rest[:n], s.rest[n:]
		return 'w', text
	default:
		text, s.rest = s.rest[:1], s.rest[1:]
		return 'p', text
	}
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ':' || c == '.' || c == '_' || c == '-' || c == '*'
}

// quoted reads a string, in which a backslash keeps what follows.
func (s *scanner) quoted() string {
	var b strings.Builder
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			if i++; i < len(s.rest) {
				b.WriteByte(s.rest[i])
			}
		case '\'':
			s.rest = s.rest[i+1:]
			return b.String()
		default:
			b.WriteByte(s.rest[i])
		}
	}
	s.rest = ""
	return ""
}

// means returns the value that a comparison states; what it says of a file goes to f.
func (c comparison) means(f *record.File) (v observable.Value, ok bool) {
	kind, path, _ := strings.Cut(c.path, ":")
	var err error
	switch kind {
	case "domain-name":
		v, err = observable.New(observable.Domain, c.value)
	case "ipv4-addr", "ipv6-addr":
		v, err = observable.New(observable.IP, c.value)
	case "url":
		v, err = observable.New(observable.URL, c.value)
	case "email-addr":
		v, err = observable.New(observable.Email, c.value)
	case "network-traffic":
		if !strings.HasPrefix(path, "dst_ref") || !strings.HasSuffix(path, ".value") {
			return v, false
		}
		v, ok = record.Host(c.value)
		return v, ok
	case "x509-certificate":
		v, err = observable.New(observable.Cert, c.value)
	case "file":
		name, hashed := strings.CutPrefix(path, "hashes.")
		switch {
		case hashed:
			describeFile(f, name, c.value)
		case path == "name":
			f.Names = append(f.Names, c.value)
		case strings.HasSuffix(path, ".imphash"):
			f.Imphash = c.value
		}
		return v, false
	default:
		return v, false
	}
	return v, err == nil && (path == "value" || kind == "x509-certificate")
}

// describeFile adds one hash, by the name of its algorithm.
func describeFile(f *record.File, name, digest string) {
	switch strings.ToUpper(strings.ReplaceAll(strings.Trim(name, "'\"`"), "-", "")) {
	case "SHA256":
		f.SHA256 = digest
	case "SHA1":
		f.SHA1 = digest
	case "MD5":
		f.MD5 = digest
	case "SHA512":
		f.SHA512 = digest
	case "SSDEEP":
		f.Ssdeep = digest
	case "TLSH":
		f.TLSH = digest
	case "IMPHASH":
		f.Imphash = digest
	case "AUTHENTIHASH":
		f.Authentihash = digest
	}
}
