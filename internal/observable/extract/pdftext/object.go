package pdftext

import (
	"strconv"
	"strings"
)

// The objects of PDF. null is nil, a number float64, a boolean bool; what is
// none of these is a keyword: an operator of a content stream.
type (
	object  any
	name    string
	text    string
	keyword string
	array   []object
	dict    map[name]object
	ref     int // number of an indirect object; generations are ignored
)

// A stream is a dictionary and the bytes behind it, still encoded.
type stream struct {
	dict
	raw    string
	offset int // of the object in the file
}

// maxNesting bounds arrays and dictionaries within each other.
const maxNesting = 64

// A lexer reads objects from the front of data.
type lexer struct {
	data string
	pos  int
	refs bool // "1 0 R" is a reference; in content streams it is not
}

// next reads one object; ok is false at the end. Stray closing brackets come
// back as keywords.
func (l *lexer) next() (o object, ok bool) { return l.object(0) }

func (l *lexer) object(depth int) (object, bool) {
	l.skipSpace()
	if l.pos >= len(l.data) || depth > maxNesting {
		l.pos = len(l.data)
		return nil, false
	}
	switch c := l.data[l.pos]; {
	case c == '/':
		l.pos++
		return name(unescapeName(l.regular())), true
	case c == '(':
		return text(l.literal()), true
	case strings.HasPrefix(l.data[l.pos:], "<<"):
		l.pos += 2
		return l.dict(depth), true
	case c == '<':
		return text(l.hexadecimal()), true
	case c == '[':
		l.pos++
		return l.array(depth), true
	case strings.HasPrefix(l.data[l.pos:], ">>"):
		l.pos += 2
		return keyword(">>"), true
	case strings.IndexByte(")]}{>", c) >= 0:
		l.pos++
		return keyword(l.data[l.pos-1 : l.pos]), true
	}
	word := l.regular()
	if number, err := strconv.ParseFloat(word, 64); err == nil && strings.Trim(word, "+-.0123456789") == "" {
		return l.number(number), true
	}
	switch word {
	case "true":
		return true, true
	case "false":
		return false, true
	case "null":
		return nil, true
	}
	return keyword(word), true
}

// number looks ahead for the rest of a reference.
func (l *lexer) number(value float64) object {
	if !l.refs || value < 0 || value != float64(int(value)) {
		return value
	}
	ahead := *l
	ahead.skipSpace()
	if generation := ahead.regular(); generation == "" || strings.Trim(generation, "0123456789") != "" {
		return value
	}
	ahead.skipSpace()
	if ahead.regular() != "R" {
		return value
	}
	l.pos = ahead.pos
	return ref(value)
}

func (l *lexer) array(depth int) array {
	var a array
	for {
		o, ok := l.object(depth + 1)
		if !ok || o == keyword("]") || o == keyword("endobj") {
			return a
		}
		a = append(a, o)
	}
}

func (l *lexer) dict(depth int) dict {
	d := make(dict)
	for {
		key, ok := l.object(depth + 1)
		if !ok || key == keyword(">>") || key == keyword("endobj") {
			return d
		}
		k, isName := key.(name)
		if !isName {
			continue
		}
		value, ok := l.object(depth + 1)
		if !ok || value == keyword(">>") {
			return d
		}
		d[k] = value
	}
}

func (l *lexer) skipSpace() {
	for l.pos < len(l.data) {
		switch c := l.data[l.pos]; {
		case isSpace(c):
			l.pos++
		case c == '%':
			for l.pos < len(l.data) && l.data[l.pos] != '\n' && l.data[l.pos] != '\r' {
				l.pos++
			}
		default:
			return
		}
	}
}

// regular reads up to the next delimiter or white space.
func (l *lexer) regular() string {
	start := l.pos
	for l.pos < len(l.data) && !isSpace(l.data[l.pos]) && strings.IndexByte("()<>[]{}/%", l.data[l.pos]) < 0 {
		l.pos++
	}
	return l.data[start:l.pos]
}

func (l *lexer) literal() string {
	var b strings.Builder
	depth := 0
	for ; l.pos < len(l.data); l.pos++ {
		c := l.data[l.pos]
		switch c {
		case '(':
			if depth++; depth == 1 {
				continue
			}
		case ')':
			if depth--; depth == 0 {
				l.pos++
				return b.String()
			}
		case '\\':
			l.pos++
			l.escape(&b)
			continue
		}
		b.WriteByte(c)
	}
	l.pos = len(l.data)
	return b.String()
}

// escape reads what follows a backslash and stops on its last byte.
func (l *lexer) escape(b *strings.Builder) {
	if l.pos >= len(l.data) {
		return
	}
	c := l.data[l.pos]
	if i := strings.IndexByte("nrtbf", c); i >= 0 {
		b.WriteByte("\n\r\t\b\f"[i])
		return
	}
	switch {
	case c == '\r':
		if l.pos+1 < len(l.data) && l.data[l.pos+1] == '\n' {
			l.pos++
		}
	case c == '\n':
	case '0' <= c && c <= '7':
		value := 0
		for i := 0; i < 3 && l.pos < len(l.data) && '0' <= l.data[l.pos] && l.data[l.pos] <= '7'; i++ {
			value = value<<3 | int(l.data[l.pos]-'0')
			l.pos++
		}
		l.pos--
		b.WriteByte(byte(value)) // the standard says to ignore overflow
	default:
		b.WriteByte(c)
	}
}

func (l *lexer) hexadecimal() string {
	l.pos++
	end := strings.IndexByte(l.data[l.pos:], '>')
	if end < 0 {
		end = len(l.data) - l.pos
	}
	digits := l.data[l.pos : l.pos+end]
	l.pos = min(len(l.data), l.pos+end+1)
	return unhex(digits)
}

// unhex decodes pairs of digits; anything else is skipped, and an odd digit
// counts as followed by 0.
func unhex(digits string) string {
	decoded := make([]byte, 0, len(digits)/2+1)
	half, high := false, byte(0)
	for i := range len(digits) {
		value := strings.IndexByte("0123456789abcdef", digits[i]|0x20)
		if value < 0 || digits[i] < '0' {
			continue
		}
		if half {
			decoded = append(decoded, high|byte(value))
		}
		high, half = byte(value)<<4, !half // below 16
	}
	if half {
		decoded = append(decoded, high)
	}
	return string(decoded)
}

func unescapeName(raw string) string {
	if !strings.Contains(raw, "#") {
		return raw
	}
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && i+2 < len(raw) {
			b.WriteString(unhex(raw[i+1 : i+3]))
			i += 2
			continue
		}
		b.WriteByte(raw[i])
	}
	return b.String()
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}
