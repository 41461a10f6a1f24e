package sigma

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// scalar writes text as a YAML scalar that is nothing but a string: in single
// quotes, where only the quote itself means something, or in double quotes with
// escapes where a character cannot be seen.
func scalar(text string) string {
	plain := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r > 0xffff || r == 0xfeff }) < 0
	if plain {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		case !unicode.IsPrint(r) || r == 0xfeff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// backslashes are those that stand beside another.
var backslashes = regexp.MustCompile(`\\{2,}`)

// literal doubles backslashes where one would escape the next; one alone stands
// for itself (Sigma specification, "Escaping"). Text with wildcards does not
// come here.
func literal(text string) string {
	return backslashes.ReplaceAllStringFunc(text, func(run string) string { return run + run })
}
