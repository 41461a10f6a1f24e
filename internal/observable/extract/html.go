package extract

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// splitHTML divides a page into what a reader sees, and what only the browser
// does: link targets, scripts, comments. Tags vanish from the prose; those that
// begin a new line or cell leave a break.
func splitHTML(l *layer) (prose, code *layer) {
	seen, hidden := builder{parent: l}, builder{parent: l}
	tokens := html.NewTokenizer(strings.NewReader(l.text))
	position, inScript := 0, false
	for {
		kind := tokens.Next()
		start := position
		position += len(tokens.Raw())
		if kind == html.ErrorToken {
			return seen.layer(), hidden.layer()
		}
		switch kind {
		case html.TextToken:
			if inScript {
				hidden.copy(start, position)
				hidden.add("\n", position, still)
			} else {
				copyEntities(&seen, start, position)
			}
		case html.CommentToken:
			hidden.copy(start, position)
			hidden.add("\n", position, still)
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			tag, _ := tokens.TagName()
			name := string(tag)
			inScript = kind == html.StartTagToken && (name == "script" || name == "style")
			seen.add(breakOf(name), start, still)
			copyAttributes(&hidden, start, position)
		}
	}
}

// breakOf returns what stands in the text for a tag.
func breakOf(tag string) string {
	switch tag {
	case "b", "i", "u", "s", "em", "strong", "span", "font", "code", "tt", "kbd", "samp", "var", "mark", "small", "big",
		"sub", "sup", "abbr", "wbr", "nobr", "ins", "del", "q", "cite", "dfn", "bdi", "bdo":
		return ""
	case "a", "img", "label":
		return " "
	case "td", "th":
		return "\t"
	}
	return "\n"
}

var entityForm = regexp.MustCompile(`^&(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?`)

// copyEntities copies the parent's text between two positions, entities decoded.
func copyEntities(b *builder, from, to int) {
	text := b.parent.text[from:to]
	copied := 0
	for i := 0; i < len(text); {
		n := strings.IndexByte(text[i:], '&')
		if n < 0 {
			break
		}
		i += n
		entity := entityForm.FindString(text[i:min(len(text), i+40)])
		plain := html.UnescapeString(entity)
		if plain == entity {
			i++
			continue
		}
		b.copy(from+copied, from+i)
		b.add(plain, from+i, still)
		i += len(entity)
		copied = i
	}
	b.copy(from+copied, to)
}

var attributeForm = regexp.MustCompile(`[\s"'/]([A-Za-z][A-Za-z0-9_:-]*)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)`)

// copyAttributes copies the values of a tag's attributes, each on a line.
func copyAttributes(b *builder, from, to int) {
	tag := b.parent.text[from:to]
	if strings.IndexByte(tag, '=') < 0 {
		return
	}
	for _, found := range attributeForm.FindAllStringSubmatchIndex(tag, maxAttributes) {
		start, end := found[4], found[5]
		if c := tag[start]; c == '"' || c == '\'' {
			start, end = start+1, end-1
		}
		switch strings.ToLower(tag[found[2]:found[3]]) {
		case "class", "id", "style", "xmlns":
			continue
		}
		if strings.HasPrefix(tag[start:end], "//") {
			b.add("https:", from+start, still)
		}
		copyEntities(b, from+start, from+end)
		b.add("\n", from+end, still)
	}
}

// maxAttributes bounds the attributes that are looked at in one tag.
const maxAttributes = 1000
