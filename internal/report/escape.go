package report

import (
	"fmt"
	"strings"
	"unicode"
)

// markdownSpecial are the characters that begin markup within a line, in
// CommonMark, in GitHub's dialect, in the mathematics and templates it may be
// put through.
const markdownSpecial = "\\`*_{}[]~$@"

// markdown escapes text from outside for a line of Markdown: nothing in it
// begins markup, a tag, an entity, a list or a table cell. The marks of a
// defanged value stay as they are: without a parenthesis behind it, or a
// definition, which must begin a line, [.] is no link.
func markdown(text string) string {
	var b strings.Builder
	for i, r := range text {
		rest := text[i:]
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '|': // a backslash before it is read in two ways
			b.WriteString("&#124;")
		case r == '\n' || r == '\r':
			b.WriteByte(' ')
		case r == '[' && defangMark(rest), r == ']' && i >= 2 && defangMark(text[i-2:]):
			b.WriteRune(r)
		case strings.ContainsRune(markdownSpecial, r) && (r != '@' || !inDefangMark(text, i)),
			r == '(' && strings.HasSuffix(text[:i], "]"),
			i == 0 && strings.ContainsRune("-+=:#", r),
			i > 0 && (r == '.' || r == ')') && isNumber(text[:i]) && (len(rest) == 1 || rest[1] == ' '): // "1. " begins a list
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// defangMark reports whether text begins with [.], [:] or [@].
func defangMark(text string) bool {
	return len(text) >= 3 && text[0] == '[' && text[2] == ']' && strings.IndexByte(".:@", text[1]) >= 0
}

func inDefangMark(text string, i int) bool { return i >= 1 && defangMark(text[i-1:]) }

func isNumber(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
}

// code writes text as a code span, in which Markdown reads no markup at all.
func code(text string) string {
	if text == "" {
		return ""
	}
	text = strings.NewReplacer("\n", " ", "\r", " ").Replace(text)
	longest, run := 0, 0
	for _, r := range text {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 || strings.TrimSpace(text) != text {
		text = " " + text + " "
	}
	return fence + text + fence
}

// cellCode is code for a cell of a table. A bar ends the cell even within code,
// so text with a bar is escaped instead.
func cellCode(text string) string {
	if strings.Contains(text, "|") {
		return markdown(text)
	}
	return code(text)
}

// mermaid escapes text for a quoted label. What is not plainly harmless becomes
// a numeric entity of Mermaid's: a quote ends the label, "%%{" begins a
// directive, and backticks begin Markdown or end the block around the diagram.
func mermaid(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" .,-_/[]:·…✗", r),
			r > unicode.MaxLatin1 && unicode.In(r, unicode.L, unicode.N, unicode.M):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}
