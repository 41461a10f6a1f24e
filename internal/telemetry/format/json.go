package format

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds of one JSON record.
const (
	maxJSONDepth = 48
	maxEmbedded  = 4 // JSON within a string within JSON
)

// FlattenJSON hands every leaf of a JSON value to emit, with the path to it:
// "event.dns.answers.rdata", members of an array under the name of the array.
// Strings that hold JSON themselves are gone into as well. A pair of members
// Name and Value, as Windows and Microsoft 365 write fields, is one field.
//
// It takes what logs hold rather than what the standard allows: text cut off in
// the middle gives the fields before the cut, bare words are values. whole
// reports whether the text was one complete object or array; nothing but white
// space may follow.
func FlattenJSON(text []byte, emit func(path, value string)) (whole bool) {
	return flattenJSON(text, "", 0, emit)
}

func flattenJSON(text []byte, path string, embedded int, emit func(path, value string)) bool {
	p := flattener{text: text, emit: emit, embedded: embedded}
	p.space()
	if p.at >= len(text) || text[p.at] != '{' && text[p.at] != '[' {
		return false
	}
	ok := p.value(path, 0)
	p.space()
	return ok && p.at == len(text)
}

type flattener struct {
	text     []byte
	at       int
	embedded int
	emit     func(path, value string)
}

func (p *flattener) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return
		}
	}
}

// value reads one value; false means the text ended or made no sense.
func (p *flattener) value(path string, depth int) bool {
	p.space()
	if p.at >= len(p.text) || depth > maxJSONDepth {
		return false
	}
	switch c := p.text[p.at]; c {
	case '{':
		return p.object(path, depth)
	case '[':
		return p.array(path, depth)
	case '"':
		value, ok := p.str()
		if value != "" {
			p.leaf(path, value)
		}
		return ok
	default:
		start := p.at
		for p.at < len(p.text) && !strings.ContainsRune(",]}", rune(p.text[p.at])) {
			p.at++
		}
		word := strings.TrimSpace(string(p.text[start:p.at]))
		if word != "" && word != "null" {
			p.emit(path, word)
		}
		return word != "" && p.at < len(p.text)
	}
}

// leaf emits a string, and what is inside it when it is JSON again.
func (p *flattener) leaf(path, value string) {
	if n := len(value); n > 1 && p.embedded < maxEmbedded &&
		(value[0] == '{' && value[n-1] == '}' || value[0] == '[' && value[n-1] == ']') {
		found := false
		flattenJSON([]byte(value), path, p.embedded+1, func(path, value string) {
			found = true
			p.emit(path, value)
		})
		if found {
			return
		}
	}
	p.emit(path, value)
}

func (p *flattener) object(path string, depth int) bool {
	p.at++
	var pair nameValue
	for {
		p.space()
		if p.at >= len(p.text) {
			pair.flush(p, path)
			return false
		}
		switch p.text[p.at] {
		case '}':
			p.at++
			pair.flush(p, path)
			return true
		case ',':
			p.at++
			continue
		case '"':
		default:
			pair.flush(p, path)
			return false
		}
		key, ok := p.str()
		p.space()
		if !ok || p.at >= len(p.text) || p.text[p.at] != ':' {
			pair.flush(p, path)
			return false
		}
		p.at++
		p.space()
		if p.at < len(p.text) && p.text[p.at] == '"' && pair.takes(key) {
			value, ok := p.str()
			pair.set(key, value)
			if !ok {
				pair.flush(p, path)
				return false
			}
			continue
		}
		if !p.value(join(path, key), depth+1) {
			pair.flush(p, path)
			return false
		}
	}
}

func (p *flattener) array(path string, depth int) bool {
	p.at++
	for {
		p.space()
		if p.at >= len(p.text) {
			return false
		}
		switch p.text[p.at] {
		case ']':
			p.at++
			return true
		case ',':
			p.at++
			continue
		}
		if !p.value(path, depth+1) {
			return false
		}
	}
}

func join(path, key string) string {
	switch key {
	case "#text", "#attributes", "Event", "Event_attributes":
		return path
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// nameValue holds back the members of {"Name": n, "Value": v} until both are known.
type nameValue struct{ nameKey, name, valueKey, value string }

func (n *nameValue) takes(key string) bool {
	switch key {
	case "Name", "@Name", "name":
		return n.nameKey == ""
	case "Value", "#text", "Content", "value":
		return n.valueKey == ""
	}
	return false
}

func (n *nameValue) set(key, text string) {
	switch key {
	case "Name", "@Name", "name":
		n.nameKey, n.name = key, text
	default:
		n.valueKey, n.value = key, text
	}
}

func (n *nameValue) flush(p *flattener, path string) {
	if n.nameKey != "" && n.valueKey != "" {
		p.leaf(join(path, n.name), n.value)
		return
	}
	if n.nameKey != "" && n.name != "" {
		p.leaf(join(path, n.nameKey), n.name)
	}
	if n.valueKey != "" && n.value != "" {
		p.leaf(join(path, n.valueKey), n.value)
	}
}

// str reads a string and undoes its escapes; false when it does not end.
func (p *flattener) str() (string, bool) {
	p.at++
	start := p.at
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case '"':
			s := string(p.text[start:p.at])
			p.at++
			return s, true
		case '\\':
			return p.escaped(start)
		}
		p.at++
	}
	return string(p.text[start:]), false
}

func (p *flattener) escaped(start int) (string, bool) {
	out := append(make([]byte, 0, 64+p.at-start), p.text[start:p.at]...)
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch c {
		case '"':
			p.at++
			return string(out), true
		case '\\':
			var n int
			out, n = Unescape(out, p.text[p.at:])
			p.at += n
		default:
			out = append(out, c)
			p.at++
		}
	}
	return string(out), false
}

// Unescape appends what the escape at the start of text stands for, by the
// rules of JSON, and says how many bytes it takes. An escape that JSON does not
// know is taken as it stands.
func Unescape(out, text []byte) ([]byte, int) {
	if len(text) < 2 {
		return append(out, text...), len(text)
	}
	switch text[1] {
	case 'n':
		return append(out, '\n'), 2
	case 't':
		return append(out, '\t'), 2
	case 'r':
		return append(out, '\r'), 2
	case 'b':
		return append(out, '\b'), 2
	case 'f':
		return append(out, '\f'), 2
	case '"', '\\', '/':
		return append(out, text[1]), 2
	case 'u':
		r, ok := hex4(text[2:])
		if !ok {
			return append(out, text[:2]...), 2
		}
		if utf16.IsSurrogate(r) && len(text) >= 12 && text[6] == '\\' && text[7] == 'u' {
			if low, ok := hex4(text[8:]); ok {
				if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
					return utf8.AppendRune(out, pair), 12
				}
			}
		}
		return utf8.AppendRune(out, r), 6
	}
	return append(out, text[:2]...), 2
}

func hex4(text []byte) (rune, bool) {
	if len(text) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[:4]), 16, 32)
	return rune(n), err == nil
}
