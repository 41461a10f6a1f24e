package format

import (
	"bytes"
	"strings"
)

// Pairs hands the key=value pairs of a line to emit, as firewalls write them:
// values bare, quoted, or quoted twice, with or without blanks inside a quote.
// It returns how many there were.
func Pairs(text []byte, emit func(key, value string)) int {
	n, i := 0, 0
	for i < len(text) {
		eq := bytes.IndexByte(text[i:], '=')
		if eq < 0 {
			break
		}
		key := keyBefore(text[i : i+eq])
		i += eq + 1
		if key == "" {
			continue
		}
		value, size := pairValue(text[i:])
		i += size
		emit(key, value)
		n++
	}
	return n
}

// keyBefore returns the key at the end of text.
func keyBefore(text []byte) string {
	end := len(text)
	start := end
	for start > 0 && keyByte(text[start-1]) {
		start--
	}
	return string(text[start:end])
}

func keyByte(c byte) bool {
	return isLetter(c) || isDigit(c) || strings.IndexByte("_.-()@", c) >= 0
}

func pairValue(text []byte) (value string, size int) {
	if len(text) == 0 {
		return "", 0
	}
	if text[0] != '"' {
		end := 0
		for end < len(text) && !strings.ContainsRune(" \t,;", rune(text[end])) {
			end++
		}
		if end == 10 && text[4] == '-' && len(text) >= 19 && text[10] == ' ' && text[13] == ':' { // a time without quotes
			end = 19
		}
		return string(text[:end]), end
	}
	// A doubled quote opens a value quoted twice, unless it is an empty one.
	if len(text) > 2 && text[1] == '"' && text[2] != ' ' && text[2] != ',' && text[2] != '\t' {
		if end := bytes.Index(text[2:], []byte(`""`)); end >= 0 {
			return string(text[2 : 2+end]), end + 4
		}
	}
	return Quoted(text)
}

// Quoted reads a value in double quotes, in which a backslash or a second quote
// keeps a quote from ending it. size counts the quotes.
func Quoted(text []byte) (value string, size int) {
	var out []byte
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			out = append(out, text[i+1])
			i++
		case text[i] == '"':
			return string(out), i + 1
		default:
			out = append(out, text[i])
		}
	}
	return string(out), len(text)
}

// Words cuts a line at white space, keeping together what is in quotes or in
// square brackets.
func Words(text []byte) []string {
	words := make([]string, 0, 32)
	for i := 0; i < len(text) && len(words) < MaxFields; {
		switch text[i] {
		case ' ', '\t':
			i++
		case '"':
			value, size := Quoted(text[i:])
			words = append(words, value)
			i += size
		case '[':
			end := bytes.IndexByte(text[i:], ']')
			if end < 0 {
				end = len(text) - i - 1
			}
			words = append(words, string(text[i+1:max(i+end, i+1)]))
			i += end + 1
		default:
			end := bytes.IndexAny(text[i:], " \t")
			if end < 0 {
				end = len(text) - i
			}
			words = append(words, string(text[i:i+end]))
			i += end
		}
	}
	return words
}

// Comma cuts a line of comma-separated values, quotes respected. Unlike
// encoding/csv it takes quotes in the middle of a value as they stand, and a
// line cut off inside quotes.
func Comma(text []byte, comma byte) []string {
	cells := make([]string, 0, 32)
	for i := 0; i <= len(text) && len(cells) < MaxFields; {
		for i < len(text) && text[i] == ' ' {
			i++
		}
		if i < len(text) && text[i] == '"' {
			value, size := csvQuoted(text[i:])
			i += size
			end := bytes.IndexByte(text[i:], comma)
			if end < 0 {
				return append(cells, value+string(text[i:]))
			}
			cells = append(cells, value+string(text[i:i+end]))
			i += end + 1
			continue
		}
		end := bytes.IndexByte(text[i:], comma)
		if end < 0 {
			return append(cells, strings.TrimRight(string(text[i:]), " \r"))
		}
		cells = append(cells, strings.TrimRight(string(text[i:i+end]), " "))
		i += end + 1
	}
	return cells
}

func csvQuoted(text []byte) (string, int) {
	var out []byte
	for i := 1; i < len(text); i++ {
		if text[i] != '"' {
			out = append(out, text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '"' {
			out = append(out, '"')
			i++
			continue
		}
		return string(out), i + 1
	}
	return string(out), len(text)
}

// Lines hands the "Key: value" lines of a message to emit, as Windows writes
// its events in words and Symantec its fields.
func Lines(message string, emit func(key, value string)) {
	for line := range strings.Lines(message) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || len(key) > 60 || key == "" {
			continue
		}
		if value = strings.TrimSpace(value); value != "" {
			emit(key, value)
		}
	}
}
