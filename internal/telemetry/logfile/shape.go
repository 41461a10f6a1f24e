package logfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// A shape is how a text log marks where records begin.
type shape uint8

const (
	lineShape shape = iota
	jsonShape       // values of JSON that are not one a line
	xmlShape        // <Event> elements that are not one a line
)

// shapeOf reads the beginning of a log.
func shapeOf(head []byte) shape {
	text := bytes.TrimLeft(head, " \t\r\n\xef\xbb\xbf")
	if len(text) == 0 {
		return lineShape
	}
	switch text[0] {
	case '[':
		if inside := bytes.TrimLeft(text[1:], " \t\r\n"); len(inside) > 0 && inside[0] == '{' {
			return jsonShape
		}
	case '{':
		line, next, ok := bytes.Cut(text, []byte("\n"))
		if listOf(text) {
			if ok && balanced(line) && bytes.HasPrefix(bytes.TrimLeft(next, " \t\r\n"), []byte("{")) {
				return lineShape // an object a line, each of which begins with a list
			}
			return jsonShape
		}
		// A first line that does not end well, before one that begins a value of its
		// own, is a line cut off, not a value over several lines.
		if ok && !balanced(line) && !bytes.HasPrefix(line, []byte("{{")) && !bytes.HasPrefix(next, []byte(`{"`)) {
			return jsonShape
		}
	case '<':
		if element(text) != "" {
			line, _, _ := bytes.Cut(text, []byte("\n"))
			if !bytes.Contains(line, []byte("</"+element(text)+">")) || bytes.Contains(line, []byte("<Events")) {
				return xmlShape
			}
		}
	}
	return lineShape
}

// lists are the members under which exports put their records.
var lists = []string{"Records", "records", "events", "Events", "value", "results", "logs", "data", "hits"}

// listOf reports whether an object begins with a list of records, as CloudTrail
// and Azure write whole files.
func listOf(text []byte) bool {
	rest := bytes.TrimLeft(text[1:], " \t\r\n")
	for _, name := range lists {
		after, ok := bytes.CutPrefix(rest, []byte(`"`+name+`"`))
		if !ok {
			continue
		}
		after = bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimLeft(after, " \t\r\n"), []byte(":")), " \t\r\n")
		return len(after) > 0 && after[0] == '['
	}
	return false
}

// balanced reports whether the braces of one line close.
func balanced(line []byte) bool {
	var s scanner
	for _, c := range line {
		s.step(c)
	}
	return s.depth == 0
}

// A scanner follows the nesting of JSON.
type scanner struct {
	depth            int
	quoted, escaping bool
}

func (s *scanner) step(c byte) {
	switch {
	case s.escaping:
		s.escaping = false
	case s.quoted:
		switch c {
		case '\\':
			s.escaping = true
		case '"':
			s.quoted = false
		}
	default:
		switch c {
		case '"':
			s.quoted = true
		case '{', '[':
			s.depth++
		case '}', ']':
			s.depth--
		}
	}
}

// jsonBlocks cuts a stream of JSON values, or the members of one list, into
// records. What stands outside of them is a record as well where it may hold a value.
func jsonBlocks(r *bufio.Reader, each func(Block) error) error {
	head, err := r.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	base := 0 // depth at which records begin
	switch text := bytes.TrimLeft(head, " \t\r\n\xef\xbb\xbf"); {
	case len(text) > 0 && text[0] == '[':
		base = 1
	case len(text) > 0 && listOf(text):
		base = 2
	}
	g := gatherer{each: each, line: 1}
	var s scanner
	inside := false
	for {
		c, err := r.ReadByte()
		if err != nil {
			return g.finish(err)
		}
		before := s.depth
		s.step(c)
		switch {
		case !inside && before == base && c == '{' && s.depth == base+1:
			inside = true
			g.begin()
			g.add(c)
		case inside:
			g.add(c)
			if s.depth <= base && !s.quoted {
				inside = false
				if err := g.end(); err != nil {
					return err
				}
			}
		default:
			g.pass(c)
		}
		if s.depth < 0 {
			s.depth = 0
		}
		if err := g.advance(c); err != nil {
			return err
		}
	}
}

// element returns the name of the event element that an XML log holds.
func element(text []byte) string {
	for _, name := range []string{"Event", "EPOevent", "EPOEvent"} {
		for _, end := range []string{">", " ", "\n", "\r", "\t"} {
			if bytes.Contains(text[:min(len(text), 64<<10)], []byte("<"+name+end)) {
				return name
			}
		}
	}
	return ""
}

// xmlBlocks cuts out every event element. Where what stands outside of them may
// hold a value, comments go with the event that follows, and anything else is a
// record of its own.
func xmlBlocks(r *bufio.Reader, each func(Block) error) error {
	head, err := r.Peek(r.Size())
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	name := element(head)
	start, end := []byte("<"+name), []byte("</"+name+">")
	g := gatherer{each: each, line: 1}
	var window []byte
	inside := false
	for {
		c, err := r.ReadByte()
		if err != nil {
			return g.finish(err)
		}
		if inside {
			g.add(c)
			if c == '>' && bytes.HasSuffix(g.record(), end) {
				inside, window = false, window[:0]
				if err := g.end(); err != nil {
					return err
				}
			}
		} else {
			g.pass(c)
			window = append(window, c)
			if len(window) > len(start)+1 {
				window = append(window[:0], window[len(window)-len(start)-1:]...)
			}
			if len(window) == len(start)+1 && bytes.HasPrefix(window, start) && bytes.IndexByte([]byte("> \t\r\n"), c) >= 0 {
				inside = true
				g.beginBack(window)
			}
		}
		if err := g.advance(c); err != nil {
			return err
		}
	}
}

// A gatherer puts records into blocks.
type gatherer struct {
	each   func(Block) error
	text   []byte
	starts []Start
	offset int64 // of the next byte
	line   int64
	open   bool

	outside []byte // what stood outside of records since the last one
	from    Start  // where that begins
}

// pass takes a byte outside of records.
func (g *gatherer) pass(c byte) {
	if len(g.outside) == 0 {
		if c <= ' ' {
			return
		}
		g.from = Start{Offset: g.offset, Line: g.line}
	}
	g.outside = append(g.outside, c)
}

// settle makes a record of what stood outside, where it may hold a value.
func (g *gatherer) settle() {
	if mayHold(g.outside) {
		g.from.At = len(g.text)
		g.starts = append(g.starts, g.from)
		g.text = append(append(g.text, g.outside...), '\n')
	}
	g.outside = g.outside[:0]
}

// mayHold reports whether there is a word in text with an escape, several colons
// or a dot within, or a long one of hexadecimal digits. Brackets, the names of
// lists and the numbers of versions are no such words; 1.2.3.4 is.
func mayHold(text []byte) bool {
	var size, hex, marks, colons, letters int
	for i, c := range text {
		size, hex = size+1, hex+1
		switch {
		case c >= '0' && c <= '9':
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= 0x80:
			letters++
			if c|0x20 > 'f' {
				hex = 0
			}
		case c == '.' && i+1 < len(text) && text[i+1] > '-', bytes.IndexByte([]byte(`\%&#`), c) >= 0:
			marks++
			hex = 0
		case c == ':':
			colons++
			hex = 0
		case c == '-', c == '_':
			hex = 0
		default:
			size, hex, marks, colons, letters = 0, 0, 0, 0, 0
		}
		if size >= 4 && (marks > 0 && (letters > 0 || size >= 7) || colons > 1) || hex >= 16 {
			return true
		}
	}
	return false
}

func (g *gatherer) begin() {
	g.settle()
	g.open = true
	g.starts = append(g.starts, Start{At: len(g.text), Offset: g.offset, Line: g.line})
}

// beginBack begins a record with bytes that were read already.
func (g *gatherer) beginBack(text []byte) {
	g.outside = g.outside[:max(0, len(g.outside)-len(text))]
	if comments := bytes.TrimSpace(g.outside); bytes.HasPrefix(comments, []byte("<!--")) && bytes.HasSuffix(comments, []byte("-->")) && mayHold(comments) {
		g.from.At, g.open = len(g.text), true
		g.starts = append(g.starts, g.from)
		g.text = append(append(g.text, g.outside...), text...)
		g.outside = g.outside[:0]
		return
	}
	g.settle()
	g.open = true
	g.starts = append(g.starts, Start{At: len(g.text), Offset: g.offset - int64(len(text)) + 1, Line: g.line})
	g.text = append(g.text, text...)
}

func (g *gatherer) add(c byte) { g.text = append(g.text, c) }

func (g *gatherer) record() []byte { return g.text[g.starts[len(g.starts)-1].At:] }

func (g *gatherer) advance(c byte) error {
	g.offset++
	if c == '\n' {
		g.line++
	}
	if g.open && len(g.text) > MaxRecord {
		return g.flush(true)
	}
	if len(g.outside) > MaxRecord {
		g.settle()
		return g.flush(false)
	}
	return nil
}

func (g *gatherer) end() error {
	g.open = false
	g.text = append(g.text, '\n') // so that no word reaches into the next record
	if len(g.text) >= BlockSize {
		return g.flush(false)
	}
	return nil
}

func (g *gatherer) flush(cut bool) error {
	if len(g.starts) == 0 {
		return nil
	}
	b := Block{Text: g.text, Offset: g.starts[0].Offset, Line: g.starts[0].Line, Records: g.starts, Lines: int64(len(g.starts)), Cut: cut}
	g.text, g.starts = nil, nil
	if cut {
		g.starts = append(g.starts, Start{Offset: g.offset, Line: g.line})
	}
	return g.each(b)
}

// finish hands on what is left; a record cut off by the end counts as well.
func (g *gatherer) finish(err error) error {
	g.settle()
	if flushErr := g.flush(false); flushErr != nil {
		return flushErr
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
