package extract

import (
	"fmt"
	"strings"
)

// minBudget is how much decoded text even a small input may become, in bytes.
const minBudget = 16 << 20

// maxDepth bounds parts within parts.
const maxDepth = 12

// maxUnread bounds the notes on what was not read.
const maxUnread = 100

// A document collects what is found while layers are peeled off the input.
type document struct {
	sightings []Found
	unread    []string
	budget    int // bytes that may still be scanned
	page      int // of the PDF being read, 0 outside
}

// read looks for indicators in l, as text of type t.
func (d *document) read(l *layer, t Type, depth int) {
	if depth > maxDepth {
		d.skip("parts nested deeper than %d", maxDepth)
		return
	}
	switch t {
	case HTML:
		prose, code := splitHTML(l)
		d.scan(prose, prosaic)
		d.scan(code, coded)
	case JSON:
		d.scan(unescapeJSON(l), prosaic)
	case Markdown:
		d.scan(unescapeMarkdown(l), prosaic)
	case CSV:
		d.scan(l, tabular)
	case Email:
		d.readEmail(l, depth)
	case PDF:
		d.readPDF(l)
	default:
		d.scan(l, prosaic)
	}
}

// scan notes the indicators of l.
func (d *document) scan(l *layer, m mode) {
	l = visible(l)
	if len(l.text) > d.budget {
		d.skip("%d bytes of decoded text: the input unpacks to more than its size allows", len(l.text)-d.budget)
		l.text = l.text[:d.budget]
	}
	d.budget -= len(l.text)
	for _, h := range scan(l.text, m) {
		d.sightings = append(d.sightings, Found{
			Value:    h.value,
			Offset:   l.offset(h.start),
			Page:     d.page,
			Hidden:   m == coded,
			Raw:      strings.Clone(l.text[h.start:h.end]),
			Defanged: h.defanged,
		})
	}
}

// skip notes something that was not read.
func (d *document) skip(format string, args ...any) {
	switch len(d.unread) {
	case maxUnread:
	case maxUnread - 1:
		d.unread = append(d.unread, "more that is not listed")
	default:
		d.unread = append(d.unread, fmt.Sprintf(format, args...))
	}
}
