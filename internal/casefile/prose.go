package casefile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns text on one line that cannot steer a terminal: controls,
// escape sequences, bidirectional marks, invisible and invalid characters
// become visible as \u{…}; line breaks and tabs become blanks.
func Printable(text string) string {
	if isPrintable(text) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x{%02x}`, text[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	return b.String()
}

func isPrintable(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

var (
	scheme = regexp.MustCompile(`(?i)\b(?:(ht)tp(s?)|([a-z][a-z0-9+.-]*))://`)
	dotted = regexp.MustCompile(`[\pL\pN_-]+(?:\.[\pL\pN_-]+)+`)
	mail   = regexp.MustCompile(`([\pL\pN_.+%\]-])@([\pL\pN])`)
)

// Prose is [Printable] for a sentence from outside that people read: what reads
// as an indicator within it is defanged, while numbers, versions and
// abbreviations are left alone.
func Prose(text string) string {
	text = Printable(text)
	if !strings.ContainsAny(text, ".@:") {
		return text
	}
	text = scheme.ReplaceAllStringFunc(text, func(s string) string {
		if len(s) >= 4 && strings.EqualFold(s[:4], "http") {
			return "hxxp" + s[4:]
		}
		return strings.TrimSuffix(s, "://") + "[:]//"
	})
	text = dotted.ReplaceAllStringFunc(text, func(s string) string {
		if !namesHost(s) {
			return s
		}
		return strings.ReplaceAll(s, ".", "[.]")
	})
	return mail.ReplaceAllString(text, "$1[@]$2")
}

// fileSuffixes end the names of files that imports are named by, and are no
// top-level domains, as zip and md are.
var fileSuffixes = [...]string{"csv", "gz", "html", "json", "jsonl", "log", "ndjson", "pdf", "txt", "xml", "zst"}

// namesHost reports whether a dotted word may be a host: four numbers, or a last
// label of two characters or more that begins with a letter, as every top-level
// domain does.
func namesHost(word string) bool {
	labels := strings.Split(word, ".")
	last := labels[len(labels)-1]
	if slices.Contains(fileSuffixes[:], strings.ToLower(last)) {
		return false
	}
	if letters := []rune(last); len(letters) >= 2 && unicode.IsLetter(letters[0]) {
		return true
	}
	return len(labels) == 4 && !strings.ContainsFunc(word, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
}
