package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"clew/internal/observable"
)

// url reads a URL that begins with its scheme.
func (s *scanner) url(i int) int {
	if !isLetter(s.text[i]) || !s.mayBeScheme(i) {
		return 0
	}
	size := observable.SchemeSize(s.text[i:])
	if size == 0 {
		return 0
	}
	authority := s.authorityEnd(i + size)
	v, err := observable.ParseAs(observable.URL, s.text[i:authority])
	if err != nil {
		return 0
	}
	if _, named := observable.Host(v); !named {
		return 0 // http://localhost, http://server: an example, or a placeholder
	}
	end := s.tailEnd(authority)
	raw := trimTail(s.text[i:end])
	if v, err = observable.ParseAs(observable.URL, raw); err != nil {
		return end
	}
	return s.found(i, i+len(raw), v, isDefangedURL(raw, v))
}

// mayBeScheme tells cheaply, for nearly all words, that no scheme begins at i.
func (s *scanner) mayBeScheme(i int) bool {
	end := i
	for end < len(s.text) && end-i <= 12 && (isAlnum(s.text[end]) || strings.IndexByte("+*_.-", s.text[end]) >= 0) {
		end++
	}
	return strings.IndexByte(` :[({\/`, s.at(end)) >= 0 && strings.ContainsAny(s.text[end:min(len(s.text), end+5)], `/\`)
}

// authorityEnd returns where the host and port that begin at i end.
func (s *scanner) authorityEnd(i int) int {
	if s.at(i) == '[' { // IPv6
		if end := strings.IndexByte(s.text[i:min(len(s.text), i+80)], ']'); end > 0 && strings.Contains(s.text[i:i+end], ":") {
			i += end + 1
		}
	}
	for i < len(s.text) {
		if mark := s.mark(i); mark > 0 {
			i += mark
			continue
		}
		size := wordRune(s.text[i:])
		if r, _ := utf8.DecodeRuneInString(s.text[i:]); size > 1 && isUnspaced(r) && isAlnum(s.before(i)) {
			return i
		}
		if size == 0 && strings.IndexByte("-.:@%~!$&+=", s.text[i]) >= 0 {
			size = 1
		}
		if size == 0 {
			return i
		}
		i += size
	}
	return i
}

// tailEnd returns where the path, query and fragment that begin at i end.
func (s *scanner) tailEnd(i int) int {
	if strings.IndexByte("/?#", s.at(i)) < 0 {
		return i
	}
	var open []rune
	for limit := min(len(s.text), i+2*observable.MaxLen); i < limit && len(open) < 32; {
		if mark := s.mark(i); mark > 0 && strings.IndexByte(`[{<\`, s.text[i]) >= 0 {
			i += mark
			continue
		}
		r, size := utf8.DecodeRuneInString(s.text[i:])
		switch r {
		case '(', '[', '{':
			open = append(open, r)
		case ')', ']', '}':
			last := len(open) - 1
			if last < 0 || open[last] != map[rune]rune{')': '(', ']': '[', '}': '{'}[r] {
				return i
			}
			open = open[:last]
		case ',', ';':
			if s.mode == tabular || observable.SchemeSize(s.text[i+1:]) > 0 {
				return i
			}
		default:
			if endsURL(r) {
				return i
			}
		}
		i += size
	}
	return i
}

// endsURL reports whether r never stands in a URL as written. An invalid byte
// decodes to U+FFFD, which is no letter.
func endsURL(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || r == 0x7f || strings.ContainsRune("\"'<>|`\\^", r)
	}
	return !unicode.IsLetter(r) && !unicode.IsMark(r) || isUnspaced(r)
}

// trimTail drops the punctuation of the sentence around a URL.
func trimTail(raw string) string {
	for {
		trimmed := strings.TrimRight(raw, ".,;:!?*…")
		if last := len(trimmed) - 1; last >= 0 && strings.IndexByte("([{", trimmed[last]) >= 0 {
			trimmed = trimmed[:last]
		}
		if trimmed == raw {
			return raw
		}
		raw = trimmed
	}
}

// mark returns the size of the defanging mark at i, 0 for none. Half-open marks
// count only between letters or digits: "evil[.com" but not "a.]".
func (s *scanner) mark(i int) int {
	if i >= len(s.text) || strings.IndexByte(`[({<\.`, s.text[i]) < 0 {
		return 0
	}
	_, size := observable.Mark(s.text[i:])
	if size == 2 && s.text[i] != '\\' && (!isAlnum(s.before(i)) || !isAlnum(s.at(i+size))) {
		return 0
	}
	return size
}

// isDefangedURL reports whether raw had to be repaired to be the URL v.
func isDefangedURL(raw string, v observable.Value) bool {
	size := observable.SchemeSize(raw)
	scheme, _, _ := strings.Cut(v.Text(), "://")
	return !strings.EqualFold(raw[:size], scheme+"://") || hasMark(raw[size:])
}

func hasMark(text string) bool {
	for i := range len(text) {
		if strings.IndexByte(`[({<\`, text[i]) >= 0 {
			if _, size := observable.Mark(text[i:]); size > 0 {
				return true
			}
		}
	}
	return false
}
