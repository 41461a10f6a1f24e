package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"clew/internal/observable"
)

// A mode says how text is to be read.
type mode uint8

const (
	prosaic mode = iota // sentences and lists
	tabular             // fields, ended by commas
	coded               // scripts and attributes: only what cannot be anything else counts
)

// A hit is an indicator between two positions of a text.
type hit struct {
	start, end int
	value      observable.Value
	defanged   bool
}

// A scanner reads a text from front to back. Its readers take the position of
// the first letter or digit of a word and return the position behind what they
// recognised, or 0.
type scanner struct {
	text string
	mode mode
	hits []hit

	// What was learnt on the way, so that nothing is looked at twice.
	list         hashList
	above, below listing
	noAt         int // no @ belongs to a word that starts before this position
}

func scan(text string, m mode) []hit {
	s := scanner{text: text, mode: m}
	for i := 0; i < len(text); {
		if size := wordRune(text[i:]); size == 0 && text[i] != '+' {
			_, size = utf8.DecodeRuneInString(text[i:])
			i += size
			continue
		}
		i = s.read(i)
	}
	return s.hits
}

// read recognises what begins at i and returns where to go on.
func (s *scanner) read(i int) int {
	if s.text[i] == '+' {
		return max(s.phone(i), i+1)
	}
	for _, reader := range []func(int) int{s.url, s.email, s.colons} {
		if end := reader(i); end > 0 {
			return end
		}
	}
	r := s.dotted(i)
	if end := s.host(r); end > 0 {
		return end
	}
	if end := s.word(r); end > 0 {
		return end
	}
	s.digests(r)
	return max(r.next, i+1)
}

// found notes an indicator; it returns end for the readers' convenience.
func (s *scanner) found(start, end int, v observable.Value, defanged bool) int {
	s.hits = append(s.hits, hit{start, end, v, defanged})
	return end
}

// before returns the character before position i, a blank at the start.
func (s *scanner) before(i int) byte {
	if i == 0 {
		return ' '
	}
	return s.text[i-1]
}

// at returns the character at position i, a blank at the end.
func (s *scanner) at(i int) byte {
	if i >= len(s.text) {
		return ' '
	}
	return s.text[i]
}

// key returns the words that stand before position i on its line, lower case,
// without the colon, quotes or blanks between: "imphash" for `Imphash: "f34d…`.
func (s *scanner) key(i int) string {
	start := max(0, i-40)
	if line := strings.LastIndexByte(s.text[start:i], '\n'); line >= 0 {
		start += line + 1
	}
	return strings.ToLower(strings.TrimRight(s.text[start:i], " \t:=\"'`>|-*([#\u00a0"))
}

// wordRune returns the size of the letter or digit that text begins with, 0 for
// anything else.
func wordRune(text string) int {
	if text == "" {
		return 0
	}
	if c := text[0]; c < utf8.RuneSelf {
		if isAlnum(c) || c == '_' {
			return 1
		}
		return 0
	}
	r, size := utf8.DecodeRuneInString(text)
	if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) {
		return size
	}
	return 0
}

func isAlnum(c byte) bool { return isDigit(c) || isLetter(c) }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' && c < utf8.RuneSelf }

// isUnspaced reports whether r belongs to a script written without blanks
// between words, so that a Latin name may touch it.
func isUnspaced(r rune) bool {
	return r >= 0x0e00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
}
