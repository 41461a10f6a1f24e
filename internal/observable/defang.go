package observable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// String returns text that [Parse] reads back as v: the canonical text alone
// where its kind is plain to see, "kind:text" otherwise. The zero Value is "".
func (v Value) String() string {
	if v.IsZero() || v.readBackFrom(v.text) {
		return v.text
	}
	if v.kind.freeText() {
		return v.kind.String() + ":" + fence(v.text, false)
	}
	return v.kind.String() + ":" + v.text
}

// Defang returns text for people that no mail client, chat or viewer turns into
// a link: hxxp://evil[.]example, 192[.]0[.]2[.]1, user[@]mail[.]example. [Parse]
// reads it back as v. Reports and terminals show values this way.
func (v Value) Defang() string {
	if v.IsZero() {
		return ""
	}
	text := v.defanged()
	if v.readBackFrom(text) {
		return text
	}
	return v.kind.String() + ":" + text
}

func (v Value) readBackFrom(text string) bool {
	w, err := Parse(text)
	return err == nil && w == v
}

// MarshalText writes [Value.String], so that a Value can be a key in JSON.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what [Parse] reads; empty text is the zero Value.
func (v *Value) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*v = Value{}
		return nil
	}
	parsed, err := Parse(string(text))
	if err != nil {
		return fmt.Errorf("value: %w", err)
	}
	*v = parsed
	return nil
}

// marks is how host names and addresses are defanged.
var marks = strings.NewReplacer(".", "[.]", ":", "[:]", "@", "[@]")

func (v Value) defanged() string {
	switch v.kind {
	case Domain, IP, Prefix, Email:
		return marks.Replace(v.text)
	case URL:
		return defangedURL(v.text)
	}
	if v.kind.freeText() {
		return fence(v.text, true)
	}
	return v.text // digits and letters only: nothing a viewer would link
}

func defangedURL(text string) string {
	scheme, rest, _ := strings.Cut(text, "://")
	switch scheme {
	case "http", "https":
		scheme = "hxxp" + scheme[len("http"):] + "://"
	default:
		scheme += "[:]//"
	}
	authority, tail := splitAuthority(rest)
	userinfo := ""
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		userinfo, authority = fence(authority[:at], true)+"[@]", authority[at+1:]
	}
	host, port := splitPort(authority)
	if port != "" {
		port = ":" + port
	}
	return scheme + userinfo + marks.Replace(host) + port + fence(tail, true)
}

// fence writes text so that unfence restores it. A bracket that would read as
// a mark becomes "[[]". With live, what viewers turn into links is marked: a
// dot or an @ before a letter or digit, a colon before // or after a word.
func fence(text string, live bool) string {
	var b strings.Builder
	letters := 0 // how many ASCII letters end here
	previous := ' '
	for i, r := range text {
		switch {
		case r == '[' && isFence(text[i:]):
			b.WriteString("[[]")
		case live && joinsLink(r, text[i:], previous, letters):
			b.WriteString("[" + string(r) + "]")
		default:
			b.WriteRune(r)
		}
		letters++
		if !isASCIILetter(r) {
			letters = 0
		}
		previous = r
	}
	return b.String()
}

// joinsLink reports whether r, with which rest begins, joins two halves of a link.
func joinsLink(r rune, rest string, previous rune, letters int) bool {
	if r != '.' && r != '@' && r != ':' {
		return false
	}
	next, size := utf8.DecodeRuneInString(rest[1:])
	if r == ':' {
		return strings.HasPrefix(rest, "://") || letters >= 2 && size > 0 && !unicode.IsSpace(next)
	}
	return !unicode.IsSpace(previous) && (unicode.IsLetter(next) || unicode.IsDigit(next))
}

// isFence reports whether text starts with one of the marks that fence writes.
func isFence(text string) bool {
	return len(text) >= 3 && text[0] == '[' && text[2] == ']' && strings.IndexByte(".:@[", text[1]) >= 0
}

func unfence(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if isFence(text[i:]) {
			i++
			b.WriteByte(text[i])
			i++
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
