package document

import (
	"encoding/hex"
	"strings"

	"clew/internal/artifact/view"
)

// RTF reads a file of the Rich Text Format (1.9.1). Word takes nearly anything
// for RTF, and so does this: groups that do not close, hexadecimal with blanks
// in it, control words in the middle of data.
func RTF(v view.View) (*Info, error) {
	p := rtf{Info: newInfo(), data: v.UpTo(0, view.MaxRead)}
	if int64(len(p.data)) < v.Size() {
		p.problem("it is longer than what is looked into")
	}
	p.run()
	p.Text = p.text.String()
	return p.Info, nil
}

// A group is one level of braces, with the destination it writes to.
type group struct {
	destination string
	text        *strings.Builder
}

type rtf struct {
	*Info
	data   []byte
	at     int
	groups []group
	text   strings.Builder
}

const maxGroups = 1 << 16

// collected are the destinations whose text is of interest by itself.
var collected = map[string]string{
	"author": "author", "operator": "operator", "company": "company", "title": "title", "subject": "subject",
	"manager": "manager", "keywords": "keywords", "doccomm": "comment", "generator": "generator", "category": "category",
	"fldinst": "", "objdata": "", "objclass": "objclass", "template": "", "datafield": "",
}

func (p *rtf) run() {
	for p.at < len(p.data) {
		switch c := p.data[p.at]; c {
		case '{':
			p.at++
			if len(p.groups) < maxGroups {
				p.groups = append(p.groups, p.inherit())
			}
		case '}':
			p.at++
			p.close()
		case '\\':
			p.at++
			p.control()
		case '\r', '\n':
			p.at++
		default:
			p.at++
			p.write(c)
		}
	}
	for len(p.groups) > 0 {
		p.close()
	}
}

// inherit opens a group within the last one: text of a link's inner groups
// belongs to the link.
func (p *rtf) inherit() group {
	if len(p.groups) == 0 {
		return group{}
	}
	return p.groups[len(p.groups)-1]
}

func (p *rtf) write(c byte) {
	if n := len(p.groups); n > 0 && p.groups[n-1].text != nil {
		p.groups[n-1].text.WriteByte(c)
		return
	}
	if p.text.Len() < maxPart {
		p.text.WriteByte(c)
	}
}

// control reads what follows a backslash.
func (p *rtf) control() {
	if p.at >= len(p.data) {
		return
	}
	c := p.data[p.at]
	if !isLetter(c) {
		p.at++
		switch c {
		case '\'':
			if b, err := hex.DecodeString(string(p.data[p.at:min(len(p.data), p.at+2)])); err == nil && len(b) == 1 {
				p.at += 2
				p.write(b[0])
			}
		case '\\', '{', '}':
			p.write(c)
		case '~':
			p.write(' ')
		}
		return
	}
	start := p.at
	for p.at < len(p.data) && isLetter(p.data[p.at]) {
		p.at++
	}
	word := string(p.data[start:p.at])
	digits := p.at
	for p.at < len(p.data) && (p.data[p.at] >= '0' && p.data[p.at] <= '9' || p.at == digits && p.data[p.at] == '-') {
		p.at++
	}
	number := string(p.data[digits:p.at])
	if p.at < len(p.data) && p.data[p.at] == ' ' {
		p.at++
	}
	p.word(word, number)
}

func (p *rtf) word(word, number string) {
	switch word {
	case "bin":
		n := 0
		for _, d := range strings.TrimPrefix(number, "-") {
			n = min(10*n+int(d-'0'), len(p.data))
		}
		raw := p.data[p.at:min(len(p.data), p.at+n)]
		p.at += len(raw)
		if g := p.current(); g != nil && g.destination == "objdata" {
			g.text.WriteString(hex.EncodeToString(raw))
		}
	case "par", "line", "row", "cell":
		p.write('\n')
	case "tab":
		p.write('\t')
	case "object", "objupdate", "objautlink", "objemb":
		if word != "object" {
			p.Actions = appendOnce(p.Actions, word)
		}
	default:
		if _, ok := collected[word]; ok && len(p.groups) > 0 {
			p.groups[len(p.groups)-1] = group{destination: word, text: &strings.Builder{}}
		}
	}
}

func (p *rtf) current() *group {
	if n := len(p.groups); n > 0 && p.groups[n-1].text != nil {
		return &p.groups[n-1]
	}
	return nil
}

// close ends a group; its text is looked at once, when the group that opened
// the destination ends.
func (p *rtf) close() {
	n := len(p.groups)
	if n == 0 {
		return
	}
	g := p.groups[n-1]
	p.groups = p.groups[:n-1]
	if g.text == nil || n > 1 && p.groups[n-2].text == g.text {
		return
	}
	text := g.text.String()
	switch g.destination {
	case "fldinst", "datafield":
		p.field(text)
	case "template":
		p.link("template", text)
	case "objdata":
		p.object(text)
	default:
		p.property(collected[g.destination], text)
	}
}

// field reads an instruction such as HYPERLINK "http://evil.example/a".
func (p *rtf) field(text string) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return
	}
	kind := strings.ToUpper(fields[0])
	switch kind {
	case "HYPERLINK", "INCLUDEPICTURE", "INCLUDETEXT", "IMPORT", "LINK":
		if _, rest, ok := strings.Cut(text, "\""); ok {
			target, _, _ := strings.Cut(rest, "\"")
			p.link(strings.ToLower(kind), strings.ReplaceAll(target, `\\`, `\`))
		} else if len(fields) > 1 {
			p.link(strings.ToLower(kind), fields[1])
		}
	case "DDE", "DDEAUTO":
		p.Actions = appendOnce(p.Actions, kind)
		p.Scripts = append(p.Scripts, text)
	}
}

// object decodes an embedded object: hexadecimal digits, with anything between.
func (p *rtf) object(text string) {
	digits := make([]byte, 0, len(text))
	for i := range len(text) {
		if c := text[i]; c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' {
			digits = append(digits, c)
		}
	}
	raw := make([]byte, len(digits)/2)
	if _, err := hex.Decode(raw, digits[:len(raw)*2]); err != nil || len(raw) == 0 {
		return
	}
	name, data := nativeObject(raw)
	p.embed(name, data)
}

// nativeObject unwraps an OLE 1.0 object (MS-OLEDS 2.2): its class name and
// its data; raw itself when it is none.
func nativeObject(raw []byte) (class string, data []byte) {
	at := 8 // version and format
	for i := range 3 {
		text, next, ok := lengthPrefixed(raw, at)
		if !ok {
			return "object", raw
		}
		if at = next; i == 0 {
			class = strings.TrimRight(string(text), "\x00")
		}
	}
	if data, _, ok := lengthPrefixed(raw, at); ok {
		return class, data
	}
	return class, raw[min(len(raw), at+4):]
}

func lengthPrefixed(raw []byte, at int) (part []byte, next int, ok bool) {
	if at+4 > len(raw) {
		return nil, 0, false
	}
	n := uint64(raw[at]) | uint64(raw[at+1])<<8 | uint64(raw[at+2])<<16 | uint64(raw[at+3])<<24
	if n > uint64(len(raw)-at-4) {
		return nil, 0, false
	}
	return raw[at+4 : at+4+int(n)], at + 4 + int(n), true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func appendOnce(list []string, text string) []string {
	for _, known := range list {
		if known == text {
			return list
		}
	}
	return append(list, text)
}
