package extract

import (
	"strings"
	"unicode/utf8"

	"clew/internal/observable"
)

// A run is words joined by dots, defanged dots among them: a name, an address,
// a version, a file name, or a piece of code.
type run struct {
	start, end int
	next       int    // where to go on: behind hyphens and underscores that end it
	name       string // with plain dots
	labels     int
	defanged   bool
}

// dotted reads the run whose first word begins at i.
func (s *scanner) dotted(i int) run {
	r := run{start: i}
	var name strings.Builder
	for {
		start, end := s.label(i, r.labels == 0)
		if start == end {
			break
		}
		if r.labels == 0 {
			r.start = start
		}
		name.WriteString(s.text[start:end])
		r.labels++
		r.end = end
		size := s.dot(end)
		if size == 0 || name.Len() > observable.MaxLen {
			break
		}
		if _, next := s.label(end+size, false); next == end+size {
			break
		}
		name.WriteByte('.')
		r.defanged = r.defanged || size > 1
		i = end + size
	}
	r.next = r.end
	r.name = strings.TrimRight(name.String(), "-_")
	r.end -= name.Len() - len(r.name)
	return r
}

// label returns where the label at i starts and ends. Where a Latin word and a
// script without blanks touch, it is cut; the first label of a run then starts
// behind the cut.
func (s *scanner) label(i int, first bool) (start, end int) {
	start = i
	for i < len(s.text) {
		size := wordRune(s.text[i:])
		if s.text[i] == '-' {
			size = 1
		}
		if size == 0 {
			break
		}
		if i > start && (s.text[i] >= utf8.RuneSelf || s.text[i-1] >= utf8.RuneSelf) && s.text[i] != '-' {
			r, _ := utf8.DecodeRuneInString(s.text[i:])
			last, _ := utf8.DecodeLastRuneInString(s.text[:i])
			if isUnspaced(r) != isUnspaced(last) && last != '-' {
				if !first || isUnspaced(r) {
					break
				}
				start = i
			}
		}
		i += size
	}
	return start, i
}

// dot returns the size of the dot at i, plain or defanged, with the single
// blanks that may stand around a mark.
func (s *scanner) dot(i int) int {
	if s.at(i) == '.' && wordRune(s.text[i+1:]) > 0 {
		return 1
	}
	from := i
	if s.at(from) == ' ' {
		from++
	}
	size := s.mark(from)
	if size == 0 {
		return 0
	}
	if plain, _ := observable.Mark(s.text[from:]); plain != "." || from > i && size < len("[.]") {
		return 0
	}
	end := from + size
	if size >= len("[.]") && s.at(end) == ' ' && from > i {
		end++
	}
	return end - i
}

// host recognises a domain or an address, with what follows it: a prefix
// length, a port, a path.
func (s *scanner) host(r run) int {
	if r.labels < 2 {
		return 0
	}
	kind := observable.Domain
	if isDotsAndDigits(r.name) {
		kind = observable.IP
	}
	v, err := observable.New(kind, r.name)
	if err != nil || !s.plausible(r, v) {
		return 0
	}
	if kind == observable.IP {
		if end, ok := s.prefix(r); ok {
			return end
		}
	}
	end := r.end
	if digits := s.digitsFrom(end + 1); s.at(end) == ':' && digits > 0 && digits <= 5 && wordRune(s.text[end+1+digits:]) == 0 {
		end += 1 + digits
	}
	if tail := s.tail(end); tail > end {
		raw := s.text[r.start:tail]
		if u, err := observable.ParseAs(observable.URL, "http://"+raw); err == nil {
			return s.found(r.start, tail, u, r.defanged || hasMark(s.text[end:tail]))
		}
		end = tail
	}
	s.found(r.start, r.end, v, r.defanged)
	return end
}

// prefix recognises an address range.
func (s *scanner) prefix(r run) (end int, ok bool) {
	digits := s.digitsFrom(r.end + 1)
	if s.at(r.end) != '/' || digits == 0 || digits > 2 {
		return 0, false
	}
	end = r.end + 1 + digits
	if wordRune(s.text[end:]) > 0 || s.at(end) == '/' || s.dot(end) > 0 {
		return 0, false
	}
	v, err := observable.New(observable.Prefix, r.name+s.text[r.end:end])
	if err != nil {
		return 0, false
	}
	return s.found(r.start, end, v, r.defanged), true
}

// tail returns where the path behind a host without a scheme ends; i when what
// follows is no path: a lone slash, another host, an alternative.
func (s *scanner) tail(i int) int {
	if s.at(i) != '/' || s.mode == coded {
		return i
	}
	end := i + len(trimTail(s.text[i:s.tailEnd(i)]))
	if end <= i+1 {
		return i
	}
	if wordRune(s.text[i+1:]) > 0 {
		next := s.dotted(i + 1)
		if next.end == end && next.labels > 1 && (next.defanged || isDotsAndDigits(next.name)) {
			return i
		}
	}
	return end
}

// email recognises an address with its @, defanged or not.
func (s *scanner) email(i int) int {
	if i < s.noAt {
		return 0
	}
	at, size := s.atSign(i)
	if size == 0 {
		s.noAt = at
		return 0
	}
	host := s.dotted(at + size)
	if host.labels < 2 {
		return 0
	}
	v, err := observable.ParseAs(observable.Email, s.text[i:host.end])
	if err != nil {
		return 0
	}
	domain, ok := observable.Host(v)
	if !ok || domain.Kind() == observable.Domain && !observable.HasKnownSuffix(domain) {
		return 0
	}
	isRemote := s.at(host.end) == ':' && (wordRune(s.text[host.end+1:]) > 0 || s.at(host.end+1) == '/')
	if isRemote && strings.HasPrefix(v.Text(), "git@") || s.isMessageID(i) {
		return host.end
	}
	return s.found(i, host.end, v, size > 1 || host.defanged || hasMark(s.text[i:at]))
}

// atSign returns where the @ behind the local part at i is, and its size; 0 for
// none, and then up to where there is none.
func (s *scanner) atSign(i int) (at, size int) {
	for at = i; at < len(s.text) && at-i <= 80; {
		c := s.text[at]
		switch {
		case c == '@':
			return at, 1
		case isAlnum(c) || strings.IndexByte("_-+%.", c) >= 0 || c == '\'' && isAlnum(s.before(at)) && isAlnum(s.at(at+1)):
			at++
			continue
		}
		if dot := s.dot(at); dot > 1 && c != ' ' {
			at += dot
			continue
		}
		from := at
		if c == ' ' {
			from++
		}
		plain, mark := observable.Mark(s.text[from:])
		if plain != "@" || mark == 0 {
			return at, 0
		}
		end := from + mark
		if from > at && s.at(end) == ' ' {
			end++
		}
		return at, end - at
	}
	return i, 0 // too long for a local part; a later start may do
}

// isMessageID reports whether the address at i stands in a header that names
// messages, not people.
func (s *scanner) isMessageID(i int) bool {
	key := strings.TrimRight(s.key(i), "<")
	key = strings.TrimRight(key, ": \t")
	return strings.HasSuffix(key, "message-id") || strings.HasSuffix(key, "in-reply-to") || strings.HasSuffix(key, "references") || strings.HasSuffix(key, "content-id")
}

// digitsFrom counts the digits that begin at i.
func (s *scanner) digitsFrom(i int) int {
	n := 0
	for i+n < len(s.text) && isDigit(s.text[i+n]) {
		n++
	}
	return n
}

func isDotsAndDigits(text string) bool {
	return strings.Trim(text, ".0123456789") == ""
}
