package extract

import (
	"encoding/json"
	"regexp"
	"strings"
)

// detect tells the type of a text by its content.
func detect(text string) Type {
	head := text[:min(len(text), 64<<10)]
	trimmed := strings.TrimSpace(head)
	switch {
	case strings.Contains(head[:min(len(head), 1024)], "%PDF-"):
		return PDF
	case isJSON(trimmed, text):
		return JSON
	case isEmail(head):
		return Email
	case htmlForm.MatchString(trimmed):
		return HTML
	case isTable(head):
		return CSV
	case isMarkdown(head):
		return Markdown
	}
	return Text
}

// isJSON accepts a whole document, and lines that are documents each.
func isJSON(trimmed, text string) bool {
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' {
		return false
	}
	line, _, _ := strings.Cut(trimmed, "\n")
	return line[0] == '{' && json.Valid([]byte(line)) || json.Valid([]byte(text))
}

var (
	htmlForm     = regexp.MustCompile(`^(?i)<(\?xml|!doctype|!--|/?(html|head|title|meta|link|style|script|body|h[1-6]|p|div|span|table|tr|td|ul|ol|li|a|b|i|br|font|img|pre)[\s>/])`)
	headerForm   = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*):`)
	knownHeaders = set("from to subject date received return-path delivered-to message-id mime-version content-type reply-to x-mailer " +
		"dkim-signature authentication-results sender x-originating-ip received-spf arc-seal x-received envelope-to")
)

// isEmail reports whether text begins with the header of a message: at least
// three fields that mail has, and nothing that is no field.
func isEmail(text string) bool {
	known := 0
	for i, line := range strings.SplitN(text, "\n", 400) {
		line = strings.TrimRight(line, "\r")
		if line == "" {
			break
		}
		if i == 0 && strings.HasPrefix(line, "From ") || i > 0 && (line[0] == ' ' || line[0] == '\t') {
			continue
		}
		field := headerForm.FindStringSubmatch(line)
		if field == nil {
			break
		}
		if knownHeaders[strings.ToLower(field[1])] {
			known++
		}
	}
	return known >= 3
}

// isTable reports whether nearly all lines have as many separators as the first.
func isTable(text string) bool {
	lines := strings.Split(text, "\n")
	if len(lines) > 60 {
		lines = lines[:60]
	}
	for _, separator := range []byte{',', ';', '\t'} {
		want, alike, other := 0, 0, 0
		for _, line := range lines {
			if strings.TrimSpace(line) == "" || line[0] == '#' {
				continue
			}
			n := separators(line, separator)
			switch {
			case want == 0 && alike+other == 0:
				want, alike = n, 1
			case n == want:
				alike++
			default:
				other++
			}
		}
		if want > 0 && alike >= 3 && alike >= 9*other {
			return true
		}
	}
	return false
}

// separators counts those outside quotes.
func separators(line string, separator byte) int {
	n, quoted := 0, false
	for i := range len(line) {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case c == separator && !quoted:
			n++
		}
	}
	return n
}

var markdownForm = regexp.MustCompile("(?m)^(#{1,6} \\S|```|\\|[ :|-]+\\||> \\S)|\\]\\((https?:|hxxp|/|#)")

func isMarkdown(text string) bool {
	return len(markdownForm.FindAllStringIndex(text, 2)) == 2
}
