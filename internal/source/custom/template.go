package custom

import (
	"strconv"
	"strings"
)

// What goes into placeholders.
const (
	valueHole  = "{value}"  // what is asked about
	cursorHole = "{cursor}" // where the next page starts, as the provider says
	pageHole   = "{page}"   // number of the page
	offsetHole = "{offset}" // results before the page
)

var holes = []string{valueHole, cursorHole, pageHole, offsetHole}

// position is what a request is filled with: the value asked about, and where
// the list of results stands.
type position struct {
	value  string
	cursor string // "" on the first page
	number int    // page or offset
}

func (p position) at(hole string) string {
	switch hole {
	case valueHole:
		return p.value
	case cursorHole:
		return p.cursor
	}
	return strconv.Itoa(p.number)
}

// A template is text cut at its placeholders: every second member is one.
type template []string

// cut finds the placeholders of a text. Other braces are text.
func cut(text string) template {
	t := template{""}
	for text != "" {
		n := strings.IndexByte(text, '{')
		if n < 0 {
			n = len(text)
		}
		t[len(t)-1] += text[:n]
		text = text[n:]
		if hole := leading(text); hole != "" {
			t = append(t, hole, "")
			text = text[len(hole):]
		} else if text != "" {
			t[len(t)-1] += "{"
			text = text[1:]
		}
	}
	return t
}

func leading(text string) string {
	for _, hole := range holes {
		if strings.HasPrefix(text, hole) {
			return hole
		}
	}
	return ""
}

// holes returns the placeholders of the template.
func (t template) holes() []string {
	var found []string
	for i := 1; i < len(t); i += 2 {
		found = append(found, t[i])
	}
	return found
}

// fill returns the text with each placeholder filled, and what goes in escaped.
func (t template) fill(p position, escape func(string) string) string {
	var b strings.Builder
	for i, part := range t {
		if i%2 == 1 {
			part = escape(p.at(part))
		}
		b.WriteString(part)
	}
	return b.String()
}

func asIs(text string) string { return text }
