package export

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// hidden reports whether a character cannot be seen or turns text around:
// controls, format characters such as bidirectional marks, line separators.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// Visible writes what cannot be seen as \u{…}, for fields that people read.
func Visible(text string) string {
	return replaceHidden(text, `\u{%x}`)
}

// WriteJSON writes v as indented JSON, with what cannot be seen escaped.
func WriteJSON(w io.Writer, v any) error {
	var out bytes.Buffer
	encode := json.NewEncoder(&out)
	encode.SetEscapeHTML(false)
	encode.SetIndent("", "  ")
	if err := encode.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(JSON(out.Bytes()))
	return err
}

// WriteXML writes doc as an indented XML document, with what cannot be seen
// escaped.
func WriteXML(w io.Writer, doc any) error {
	var out bytes.Buffer
	out.WriteString(xml.Header)
	encode := xml.NewEncoder(&out)
	encode.Indent("", "  ")
	if err := encode.Encode(doc); err != nil {
		return err
	}
	out.WriteByte('\n')
	// encoding/xml has made valid characters of what XML cannot hold at all.
	_, err := w.Write(XML(out.Bytes()))
	return err
}

// JSON writes what cannot be seen as \uXXXX in text that is JSON already. It
// changes no value, since such characters stand within strings only.
func JSON(encoded []byte) []byte {
	text := string(encoded)
	if strings.IndexFunc(text, hiddenInJSON) < 0 {
		return encoded
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !hiddenInJSON(r):
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return []byte(b.String())
}

// XML writes what cannot be seen as a character reference in text that is XML
// already. It changes no value.
func XML(encoded []byte) []byte {
	text := string(encoded)
	if strings.IndexFunc(text, hiddenInJSON) < 0 {
		return encoded
	}
	var b strings.Builder
	for _, r := range text {
		if hiddenInJSON(r) {
			fmt.Fprintf(&b, "&#x%x;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return []byte(b.String())
}

func hiddenInJSON(r rune) bool { return r != '\n' && r != '\t' && hidden(r) }

func replaceHidden(text, form string) string {
	if strings.IndexFunc(text, hidden) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if hidden(r) {
			fmt.Fprintf(&b, form, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
