package observable

import (
	"bytes"
	"regexp"
	"strings"
)

// Mark reads the defanging mark at the start of text, such as "[.]", "(dot)",
// "{at}", "[:]", "[://]", "\." or the half-open "[.", and returns what it
// stands for and how many bytes it takes; size is 0 where text starts with no mark.
func Mark(text string) (plain string, size int) {
	if text == "" {
		return "", 0
	}
	// Markdown escapes brackets: \[.\]
	if rest, ok := strings.CutPrefix(text, `\[`); ok {
		if end := strings.Index(rest[:min(len(rest), 6)], `\]`); end > 0 {
			if plain := meaning(rest[:end]); plain != "" {
				return plain, len(`\[`) + end + len(`\]`)
			}
		}
	}
	const opening, closing = `[({<`, `])}>`
	if i := strings.IndexByte(opening, text[0]); i >= 0 {
		if end := strings.IndexByte(text[:min(len(text), 8)], closing[i]); end > 0 {
			if plain := meaning(text[1:end]); plain != "" {
				return plain, end + 1
			}
		}
	}
	if len(text) < 2 {
		return "", 0
	}
	switch text[:2] {
	case "[.", ".]", `\.`:
		return ".", 2
	case `\:`:
		return ":", 2
	case `\@`:
		return "@", 2
	}
	return "", 0
}

// meaning says what stands between the brackets of a mark, "" for nothing known.
func meaning(inner string) string {
	switch strings.ToLower(strings.TrimSpace(inner)) {
	case ".", "dot", "d0t", "punkt", "point", "ponto", "punto":
		return "."
	case ":", "colon":
		return ":"
	case "@", "at":
		return "@"
	case "/":
		return "/"
	case "//":
		return "//"
	case "://":
		return "://"
	case "-":
		return "-"
	}
	return ""
}

// refang undoes every mark in text, with the blanks around it. Marks that open
// with the byte skip are left alone; 0 skips none.
func refang(text string, skip byte) string {
	if !strings.ContainsAny(text, "[({<\\]") {
		return text
	}
	plain := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		meant, size := "", 0
		if text[i] != skip {
			meant, size = Mark(text[i:])
		}
		if size == 0 {
			plain = append(plain, text[i])
			continue
		}
		plain = append(bytes.TrimRight(plain, " "), meant...)
		i += size - 1
		for i+1 < len(text) && text[i+1] == ' ' {
			i++
		}
	}
	return string(plain)
}

// maxSchemeSize bounds what schemeForm looks at: twelve letters and the longest separator.
const maxSchemeSize = 24

// schemeForm matches the scheme and its separator as people write them: hxxps://,
// hxxp[:]//, http[://], http:\\, https:\/\/, hxxp//, http:/.
var schemeForm = regexp.MustCompile(`^(?i)([a-z][a-z0-9+*_.-]{1,11}) ?` +
	`(?:(?:\[:\]|\(:\)|\{:\}|\\?:) ?(?://|\\/\\/|\\\\|\[//\]|\(//\))|\[://\]|\(://\)|\{://\}|(:?//?))`)

// SchemeSize returns how many bytes of text the scheme of a URL and what stands
// for "://" take, defanged or not; 0 where text does not begin with the scheme
// of a URL that clew knows.
func SchemeSize(text string) int {
	scheme, size := cutScheme(text)
	if _, known := schemes[scheme]; !known {
		return 0
	}
	return size
}

// cutScheme returns the plain scheme that text begins with, and how many bytes
// it and its separator take; size is 0 for text that begins with none.
func cutScheme(text string) (scheme string, size int) {
	found := schemeForm.FindStringSubmatchIndex(text[:min(len(text), maxSchemeSize)])
	if found == nil {
		return "", 0
	}
	scheme, isDefanged := plainScheme(text[found[2]:found[3]])
	if found[4] >= 0 { // http// and http:/ are slips of the pen, or meant to break a link
		isWeb := scheme == "http" || scheme == "https"
		if separator := text[found[4]:found[5]]; separator == "/" || !isDefanged && !isWeb {
			return "", 0
		}
	}
	return scheme, found[1]
}

// refangURL writes a URL as pasted with its plain scheme and host; ok is false
// for text that does not begin with a scheme.
func refangURL(text string) (plain string, ok bool) {
	if !strings.ContainsAny(text, `/\`) {
		return "", false
	}
	scheme, size := cutScheme(text)
	if size == 0 {
		return "", false
	}
	rest := strings.ReplaceAll(strings.TrimSpace(text[size:]), "[/]", "/")
	end := authorityEnd(rest)
	// In the tail "(.)" stays, since round brackets are allowed there.
	return scheme + "://" + refang(rest[:end], 0) + refang(rest[end:], '('), true
}

// authorityEnd finds where host and port end. A backslash ends them too, unless
// it is one half of a mark.
func authorityEnd(rest string) int {
	for i := range len(rest) {
		switch rest[i] {
		case '/', '?', '#':
			return i
		case '\\':
			if i+1 == len(rest) || strings.IndexByte(`.:@[]`, rest[i+1]) < 0 {
				return i
			}
		}
	}
	return len(rest)
}

// plainScheme undoes a scheme written to keep a link from working: hxxp, h**p,
// htxps, fxp and the like, in any case.
func plainScheme(text string) (scheme string, defanged bool) {
	scheme = strings.ToLower(text)
	base, secure := strings.CutSuffix(scheme, "s")
	switch base {
	case "hxxp", "hxp", "htxp", "hxtp", "h**p", "h__p", "hxxxp", "hxxtp", "htttp", "hhtp", "htp", "meow":
		base = "http"
	case "fxp", "fxxp", "f*p":
		base = "ftp"
	case "sfxp":
		base = "sftp"
	default:
		return scheme, false
	}
	if secure {
		base += "s"
	}
	return base, true
}
