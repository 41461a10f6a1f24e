package pdftext

import (
	"strconv"
	"strings"
)

// baseEncoding returns what a code stands for in a named encoding. All agree on
// ASCII but for two quotes; beyond it only what reports hold is told.
func baseEncoding(encoding name, code byte) string {
	if code < ' ' || code == 0x7f {
		return ""
	}
	if code < 0x7f {
		if encoding == "StandardEncoding" {
			switch code {
			case '\'':
				return "’"
			case '`':
				return "‘"
			}
		}
		return string(rune(code))
	}
	switch encoding {
	case "MacRomanEncoding":
		return macRoman[code]
	case "StandardEncoding":
		return standard[code]
	}
	if plain, ok := windows[code]; ok {
		return plain
	}
	return string(rune(code))
}

var windows = map[byte]string{
	0x80: "€", 0x82: "‚", 0x84: "„", 0x85: "…", 0x8b: "‹", 0x91: "‘", 0x92: "’", 0x93: "“", 0x94: "”", 0x95: "•",
	0x96: "–", 0x97: "—", 0x9b: "›", 0x81: "", 0x8d: "", 0x8f: "", 0x90: "", 0x9d: "",
}

var macRoman = map[byte]string{
	0xa5: "•", 0xc9: "…", 0xca: " ", 0xd0: "–", 0xd1: "—", 0xd2: "“", 0xd3: "”", 0xd4: "‘", 0xd5: "’", 0xde: "fi", 0xdf: "fl",
	0x8a: "ä", 0x9a: "ö", 0x9f: "ü", 0xa7: "ß", 0x8e: "é", 0x8f: "è",
}

var standard = map[byte]string{
	0xae: "fi", 0xaf: "fl", 0xb1: "–", 0xd0: "—", 0xaa: "“", 0xba: "”", 0xb7: "•", 0xbc: "…", 0xa9: "'", 0xc1: "`",
}

// glyphText returns what a glyph name of Adobe's list stands for, "" for names
// that say nothing, such as g12.
func glyphText(glyph string) string {
	glyph, _, _ = strings.Cut(glyph, ".") // "a.sc"
	if len(glyph) == 1 {
		return glyph
	}
	if plain, ok := glyphNames[glyph]; ok {
		return plain
	}
	for _, prefix := range []string{"uni", "u"} {
		if digits, ok := strings.CutPrefix(glyph, prefix); ok && len(digits) >= 4 && len(digits) <= 6 {
			if code, err := strconv.ParseUint(digits, 16, 32); err == nil {
				return string(rune(code)) // an invalid rune becomes U+FFFD
			}
		}
	}
	return ""
}

var glyphNames = map[string]string{
	"space": " ", "nbspace": " ", "exclam": "!", "quotedbl": `"`, "numbersign": "#", "dollar": "$", "percent": "%", "ampersand": "&",
	"quotesingle": "'", "quoteright": "’", "quoteleft": "‘", "quotedblleft": "“", "quotedblright": "”", "parenleft": "(", "parenright": ")",
	"asterisk": "*", "plus": "+", "comma": ",", "hyphen": "-", "minus": "-", "sfthyphen": "-", "period": ".", "slash": "/",
	"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
	"colon": ":", "semicolon": ";", "less": "<", "equal": "=", "greater": ">", "question": "?", "at": "@",
	"bracketleft": "[", "backslash": `\`, "bracketright": "]", "asciicircum": "^", "underscore": "_", "grave": "`",
	"braceleft": "{", "bar": "|", "braceright": "}", "asciitilde": "~", "bullet": "•", "endash": "–", "emdash": "—", "ellipsis": "…",
	"fi": "fi", "fl": "fl", "ff": "ff", "ffi": "ffi", "ffl": "ffl", "germandbls": "ß", "adieresis": "ä", "odieresis": "ö", "udieresis": "ü",
	"eacute": "é", "egrave": "è", "agrave": "à", "ccedilla": "ç", "ntilde": "ñ",
}
