package extract

import (
	"sort"
	"strings"
)

// A layer is text with the way back to where each byte came from. Decoding
// stacks layers: entities on HTML, HTML on base64, base64 on the e-mail.
type layer struct {
	text   string
	spans  []span
	parent *layer // nil for the input itself
}

// A span says where the text from start up to the next span came from.
type span struct {
	start, origin int32
	rate          rate
}

// A rate is how the origin advances with the text.
type rate uint8

const (
	alike    rate = iota // byte by byte
	still                // not at all: an entity, a glyph
	inBase64             // four for three
	inUTF16              // two for one: ASCII
)

// offset returns the position in the input of the byte at position p.
func (l *layer) offset(p int) int {
	for l.parent != nil {
		p = l.origin(p)
		l = l.parent
	}
	return min(p, len(l.text))
}

func (l *layer) origin(p int) int {
	i := sort.Search(len(l.spans), func(i int) bool { return int(l.spans[i].start) > p }) - 1
	if i < 0 {
		return 0
	}
	s := l.spans[i]
	past := p - int(s.start)
	switch s.rate {
	case still:
		past = 0
	case inBase64:
		past = past / 3 * 4
	case inUTF16:
		past *= 2
	}
	return int(s.origin) + past
}

// A builder writes the layer above parent.
type builder struct {
	parent *layer
	text   strings.Builder
	spans  []span
}

// add appends text that came from position origin of the parent.
func (b *builder) add(text string, origin int, r rate) {
	if text == "" {
		return
	}
	start := b.text.Len()
	b.text.WriteString(text)
	if n := len(b.spans); n > 0 && r == alike && b.spans[n-1].rate == alike &&
		origin-int(b.spans[n-1].origin) == start-int(b.spans[n-1].start) {
		return // goes on where the last span ended
	}
	b.spans = append(b.spans, span{int32(start), int32(origin), r}) // inputs end at maxMaxBytes
}

// copy appends the parent's text between two positions.
func (b *builder) copy(from, to int) { b.add(b.parent.text[from:to], from, alike) }

func (b *builder) layer() *layer {
	return &layer{text: b.text.String(), spans: b.spans, parent: b.parent}
}
