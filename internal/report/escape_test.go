package report

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
)

// attacks are texts that end or begin something in one of the formats.
var attacks = []string{
	"", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "</style><script>", "</svg><a href='javascript:alert(1)'>x</a>",
	"[click](http://evil.example)", "![x](http://evil.example/x.png)", "`code` ``more``", "a | b \\| c", "# heading", "- item", "1. item",
	"[ref]: http://evil.example", "<http://evil.example>", "&lt;script&gt;", "$\\href{javascript:alert(1)}{x}$", "{{constructor}}", "{% raw %}",
	`x"]; click n0 "javascript:alert(1)"`, "%%{init: {'securityLevel': 'loose'}}%%", "```\n# out", "end", "a --> b", "~~~", "@team",
	"\x1b]8;;http://evil.example\x07x\x1b]8;;\x07", "\x1b[2J", "\u202etxt.exe", "a\u200bb", "\u009b31m", "\x00", "\xff\xfe", "line\r\nnext", "=HYPERLINK(1)",
	"evil.example", "http://evil.example", "ops@evil.example", strings.Repeat("`", 50), "[.](http://evil.example)", "[.]: http://evil.example",
}

func all(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAttacks(t *testing.T) {
	for _, attack := range attacks {
		checkText(t, attack)
		checkMarkdown(t, attack)
		checkHTML(t, attack)
	}
}

func FuzzReports(f *testing.F) {
	for _, attack := range attacks {
		f.Add(attack)
	}
	f.Fuzz(func(t *testing.T, in string) {
		checkText(t, in)
		checkMarkdown(t, in)
		checkHTML(t, in)
	})
}

var (
	ownColor = regexp.MustCompile("\x1b\\[(0|1|2|1;31|33|36)m")
	liveLink = regexp.MustCompile(`(?i)https?://|www\.[a-z]|[a-z0-9]\.example`)
)

// checkText wants no control and no hidden character but line ends and the
// colours that are asked for.
func checkText(t *testing.T, in string) {
	t.Helper()
	for _, o := range []TextOptions{{Explain: true}, {Explain: true, Color: true, Width: 60}} {
		out := all(t, func(w io.Writer) error { return Text(w, filled(in), o) })
		if o.Color {
			out = ownColor.ReplaceAllString(out, "")
		}
		for _, r := range out {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Fatalf("%q: text holds %U:\n%q", in, r, out)
			}
		}
		if link := liveLink.FindString(out); link != "" {
			t.Errorf("%q: text holds the live %q", in, link)
		}
	}
}

// checkMarkdown wants the same lines with the same cells as harmless text gives,
// one diagram, and nothing in it that is not a node or an edge.
func checkMarkdown(t *testing.T, in string) {
	t.Helper()
	out := all(t, func(w io.Writer) error { return Markdown(w, filled(in)) })
	if n := strings.Count(out, "\n```"); n != 2 {
		t.Errorf("%q: %d code fences, want 2:\n%s", in, n, out)
	}
	columns, diagram := 0, false
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "```"):
			diagram = !diagram
		case diagram:
			if !diagramLine.MatchString(line) {
				t.Errorf("%q: the diagram holds %q", in, line)
			}
		case strings.HasPrefix(line, "| "):
			n := bars(line)
			if columns == 0 {
				columns = n
			}
			if n != columns {
				t.Errorf("%q: a row of %d bars under a header of %d: %s", in, n, columns, line)
			}
		default:
			columns = 0
			if line != "" && !ownLine.MatchString(line) {
				t.Errorf("%q: a line begins as none of the report's: %s", in, line)
			}
		}
	}
	if tag := rawTag.FindString(withoutCode(out)); tag != "" {
		t.Errorf("%q: Markdown holds the tag %q", in, tag)
	}
}

var (
	diagramLine = regexp.MustCompile(`^(flowchart LR|classDef (seed|high|low) [a-z0-9: -]+|  n\d+(\[|\(\[|\{\{|\()"[^"{}%` + "`" + `<>&|]*"(\]|\]\)|\}\}|\))(:::(seed|high|low))?|  n\d+ (-->|-\.-x) n\d+)$`)
	ownLine     = regexp.MustCompile(`^(#{1,3} | *- |P \d|[A-Z0-9\\])|^TLP:|^[a-z]`)
	rawTag      = regexp.MustCompile(`<[a-zA-Z/!?]`)
)

// bars counts the bars that part cells.
func bars(line string) int {
	return strings.Count(strings.ReplaceAll(strings.ReplaceAll(line, `\\`, ""), `\|`, ""), "|")
}

// withoutCode takes the code spans out of Markdown, by the rule of CommonMark: a
// run of backticks ends at the next run of the same length.
func withoutCode(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		for line != "" {
			run := len(line) - len(strings.TrimLeft(line, "`"))
			switch end := endOfRun(line[run:], run); {
			case strings.HasPrefix(line, `\`) && len(line) > 1:
				line = line[2:]
			case run > 0 && end >= 0:
				line = line[run+end:]
			default:
				out.WriteString(line[:max(1, run)])
				line = line[max(1, run):]
			}
		}
	}
	return out.String()
}

// endOfRun returns where the first run of exactly n backticks ends, -1 for none.
func endOfRun(text string, n int) int {
	for _, at := range regexp.MustCompile("`+").FindAllStringIndex(text, -1) {
		if at[1]-at[0] == n {
			return at[1]
		}
	}
	return -1
}

var (
	pageTags = map[string]bool{
		"html": true, "head": true, "meta": true, "title": true, "style": true, "body": true, "header": true, "section": true, "footer": true,
		"h1": true, "h2": true, "h3": true, "p": true, "ul": true, "li": true, "strong": true, "span": true, "code": true, "br": true, "div": true, "pre": true,
		"table": true, "thead": true, "tbody": true, "tr": true, "th": true, "td": true,
		"svg": true, "g": true, "path": true, "rect": true, "line": true, "circle": true, "polygon": true, "text": true, "tspan": true,
	}
	pageAttributes = map[string]bool{
		"lang": true, "charset": true, "http-equiv": true, "content": true, "name": true, "class": true, "role": true, "aria-label": true, "aria-hidden": true,
		"xmlns": true, "width": true, "height": true, "viewbox": true, "preserveaspectratio": true, "d": true, "points": true,
		"x": true, "y": true, "x1": true, "x2": true, "y1": true, "y2": true, "cx": true, "cy": true, "r": true, "dx": true, "dy": true,
	}
)

// checkHTML wants nothing but the template's own tags and attributes, one style
// and no reference to anything outside the page.
func checkHTML(t *testing.T, in string) {
	t.Helper()
	out := all(t, func(w io.Writer) error { return HTML(w, filled(in)) })
	styles := 0
	for z := html.NewTokenizer(strings.NewReader(out)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		token := z.Token()
		switch kind {
		case html.TextToken:
			if strings.ContainsFunc(token.Data, func(r rune) bool { return r != '\n' && r != '\u2002' && !unicode.IsPrint(r) }) {
				t.Errorf("%q: the page holds a hidden character: %q", in, token.Data)
			}
		case html.CommentToken:
			t.Errorf("%q: the page holds a comment: %q", in, token.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			if !pageTags[token.Data] {
				t.Errorf("%q: the page holds <%s>", in, token.Data)
			}
			if token.Data == "style" {
				styles++
			}
			for _, a := range token.Attr {
				if !pageAttributes[a.Key] || strings.Contains(a.Val, "://") && a.Key != "xmlns" {
					t.Errorf("%q: <%s> has %s=%q", in, token.Data, a.Key, a.Val)
				}
			}
		}
	}
	if styles != 1 {
		t.Errorf("%q: the page holds %d styles, want 1", in, styles)
	}
}

func TestMarkdownEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"evil[.]example":        "evil[.]example",
		"ops[@]evil[.]example":  "ops[@]evil[.]example",
		"[.](http)":             `[.]\(http)`,
		"[a](b)":                `\[a\]\(b)`,
		"a_b *c* `d` a|b":       "a\\_b \\*c\\* \\`d\\` a&#124;b",
		"<b> & co":              "&lt;b&gt; &amp; co",
		"# not a heading":       `\# not a heading`,
		"- no item, +24 - 3":    `\- no item, +24 - 3`,
		"12. not a list":        `12\. not a list`,
		"12.82 bits":            `12.82 bits`,
		"ask @team":             `ask \@team`,
		"nothing special, 例え. ": "nothing special, 例え. ",
	} {
		if got := markdown(in); got != want {
			t.Errorf("markdown(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"evil[.]example": "`evil[.]example`", "a`b": "`` a`b ``", "``": "``` `` ```", " a ": "`  a  `", "": "", "a|b": "`a|b`",
	} {
		if got := code(in); got != want {
			t.Errorf("code(%q) = %q, want %q", in, got, want)
		}
	}
	if got := cellCode("a|b"); got != "a&#124;b" {
		t.Errorf("cellCode(a|b) = %q", got)
	}
}

func FuzzMermaid(f *testing.F) {
	for _, attack := range attacks {
		f.Add(attack)
	}
	harmless := regexp.MustCompile(`^(?:[a-zA-Z0-9 .,\-_/\[\]:·…✗]|[^\x00-\xff]|#\d+;)*$`)
	f.Fuzz(func(t *testing.T, in string) {
		if out := mermaid(in); !harmless.MatchString(out) {
			t.Errorf("mermaid(%q) = %q", in, out)
		}
	})
}

func FuzzLayout(f *testing.F) {
	f.Add("some words, 例え and a-very-long-word-without-a-blank", 20)
	f.Fuzz(func(t *testing.T, in string, width int) {
		width = max(8, min(width, 200))
		for _, line := range wrap(in, width) {
			if cells(line) > width {
				t.Errorf("wrap(%q, %d) has a line of %d columns: %q", in, width, cells(line), line)
			}
		}
		joined := strings.ReplaceAll(strings.Join(wrap(in, width), ""), " ", "")
		if want := strings.Join(strings.Fields(in), ""); joined != want {
			t.Errorf("wrap(%q, %d) changes the words: %q", in, width, joined)
		}
		if got := clip(in, width); cells(got) > width {
			t.Errorf("clip(%q, %d) = %q takes %d columns", in, width, got, cells(got))
		}
	})
}
