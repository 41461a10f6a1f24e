package pdftext

import (
	"strings"
	"unicode/utf16"
)

// A font turns the codes of a string into text and widths.
type font struct {
	bytes   int // in a code: 1, or 2 for composite fonts
	unicode map[int]string
	widths  map[int]float64 // in thousandths of the size
	width   float64         // of codes without one
}

// glyph returns what a code stands for and how far it moves the pen.
func (f *font) glyph(code int) (string, float64) {
	width, ok := f.widths[code]
	if !ok {
		width = f.width
	}
	return f.unicode[code], width / 1000
}

// maxCodes bounds the codes of one font.
const maxCodes = 1 << 16

// font reads a font dictionary. Where the text of a code is not told, as in a
// subset without ToUnicode, the code stands for nothing.
func (f *file) font(d dict) *font {
	f.budget -= 512 // so that a thousand fonts do not come for nothing
	font := &font{bytes: 1, unicode: make(map[int]string), widths: make(map[int]float64), width: 500}
	if d["Subtype"] == name("Type0") {
		font.bytes, font.width = 2, 1000
		f.compositeWidths(font, d)
		if encoding, _ := f.resolve(d["Encoding"]).(name); strings.Contains(string(encoding), "UCS2") || strings.Contains(string(encoding), "UTF16") {
			f.expand(font, 0, maxCodes-1, "\x00\x00")
		}
	} else {
		f.simpleWidths(font, d)
		f.simpleEncoding(font, d)
	}
	if s, ok := f.resolve(d["ToUnicode"]).(*stream); ok {
		f.toUnicode(font, f.decode(s))
	}
	return font
}

func (f *file) simpleWidths(font *font, d dict) {
	first, _ := f.number(d["FirstChar"])
	widths := f.array(d["Widths"])
	for i, o := range widths[:min(len(widths), 256)] {
		if width, ok := f.number(o); ok {
			font.widths[int(first)+i] = width
		}
	}
}

// compositeWidths reads /W: "first [w w w]" and "first last w".
func (f *file) compositeWidths(font *font, d dict) {
	descendants := f.array(d["DescendantFonts"])
	if len(descendants) == 0 {
		return
	}
	descendant := f.dict(descendants[0])
	if width, ok := f.number(descendant["DW"]); ok {
		font.width = width
	}
	w := f.array(descendant["W"])
	for i := 0; i+1 < len(w) && f.budget > 0; {
		first, _ := f.number(w[i])
		f.budget--
		if list, ok := f.resolve(w[i+1]).(array); ok {
			list = list[:min(len(list), maxCodes)]
			f.budget -= len(list)
			for j, o := range list {
				font.widths[int(first)+j], _ = f.number(o)
			}
			i += 2
			continue
		}
		if i+2 >= len(w) {
			return
		}
		last, _ := f.number(w[i+1])
		width, _ := f.number(w[i+2])
		for code := int(first); code <= min(int(last), maxCodes) && f.budget > 0; code++ {
			font.widths[code] = width
			f.budget--
		}
		i += 3
	}
}

// simpleEncoding fills the table of a font with one byte a code: a base
// encoding, and the differences from it.
func (f *file) simpleEncoding(font *font, d dict) {
	base, _ := f.resolve(d["Encoding"]).(name)
	differences := f.dict(d["Encoding"])
	if differences != nil {
		base, _ = f.resolve(differences["BaseEncoding"]).(name)
	}
	for code := range 256 {
		if plain := baseEncoding(base, byte(code)); plain != "" { // below 256
			font.unicode[code] = plain
		}
	}
	code := 0
	list := f.array(differences["Differences"])
	list = list[:min(len(list), 1024)]
	for _, o := range list {
		switch o := f.resolve(o).(type) {
		case float64:
			code = int(o)
		case name:
			if code >= 0 && code < 256 {
				font.unicode[code] = glyphText(string(o))
			}
			code++
		}
	}
}

// toUnicode reads the two mappings of a ToUnicode CMap.
func (f *file) toUnicode(font *font, cmap string) {
	l := lexer{data: cmap}
	var operands []object
	for {
		o, ok := l.next()
		if !ok {
			return
		}
		switch o {
		case keyword("begincodespacerange"), keyword("beginbfchar"), keyword("beginbfrange"):
			operands = operands[:0]
		case keyword("endcodespacerange"):
			if len(operands) > 0 {
				if code, ok := operands[0].(text); ok && len(code) > 0 {
					font.bytes = min(len(code), 2)
				}
			}
		case keyword("endbfchar"):
			for i := 0; i+1 < len(operands); i += 2 {
				from, _ := operands[i].(text)
				to, _ := operands[i+1].(text)
				f.expand(font, codeOf(string(from)), codeOf(string(from)), string(to))
			}
		case keyword("endbfrange"):
			for i := 0; i+2 < len(operands); i += 3 {
				f.expandRange(font, operands[i], operands[i+1], operands[i+2])
			}
		default:
			if len(operands) < maxCodes {
				operands = append(operands, o)
			}
		}
	}
}

func (f *file) expandRange(font *font, from, to, target object) {
	low, _ := from.(text)
	high, _ := to.(text)
	switch target := target.(type) {
	case text:
		f.expand(font, codeOf(string(low)), codeOf(string(high)), string(target))
	case array:
		for i, o := range target {
			plain, _ := o.(text)
			f.expand(font, codeOf(string(low))+i, codeOf(string(low))+i, string(plain))
		}
	}
}

// expand maps the codes from low to high to successive texts, the first of
// which is in UTF-16, big endian.
func (f *file) expand(font *font, low, high int, target string) {
	var units []uint16
	for i := 0; i+1 < len(target) && i < 32; i += 2 {
		units = append(units, uint16(target[i])<<8|uint16(target[i+1]))
	}
	if len(target) == 1 {
		units = []uint16{uint16(target[0])}
	}
	if len(units) == 0 {
		return
	}
	for code := low; code <= min(high, low+maxCodes) && code < maxCodes && f.budget > 0; code++ {
		font.unicode[code] = string(utf16.Decode(units))
		units[len(units)-1]++
		f.budget -= 8
	}
}

func codeOf(code string) int {
	value := 0
	for i := range min(len(code), 4) {
		value = value<<8 | int(code[i])
	}
	return value
}
