package observable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Stored returns the value whose canonical text a store kept. It holds text to
// the bounds every value keeps ([MaxLen], UTF-8, no control characters) and not
// to the grammar of kind, so that it is fast, and so that what was canonical
// when it was stored stays readable when a grammar is tightened. Everything that
// comes from outside goes through [New] or [Parse].
func Stored(kind Kind, text string) (Value, error) {
	switch {
	case !kind.Valid():
		return Value{}, fmt.Errorf("stored value of unknown kind %d", uint8(kind))
	case text == "" || len(text) > MaxLen:
		return Value{}, fmt.Errorf("stored %s of %d bytes", kind, len(text))
	case !plain(text):
		return Value{}, fmt.Errorf("stored %s is not plain text: %.80q", kind, text)
	}
	return Value{kind, text}, nil
}

// plain reports whether text is UTF-8 without control characters; ASCII, which
// nearly all of it is, takes the first loop only.
func plain(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= utf8.RuneSelf:
			return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
		case c < ' ' || c == 0x7f:
			return false
		}
	}
	return true
}
