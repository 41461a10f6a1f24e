package mapped

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// maxRecordLines bounds a record of a CSV file whose quoted cells hold line
// feeds; more means that a quote was never closed.
const maxRecordLines = 1000

// A table splits the lines of a CSV or TSV file into cells.
type table struct {
	m       *Mapping
	width   int   // cells of a row; 0 before the header was read
	at      []int // cell of each column the mapping reads
	pending []byte
	lines   int // held in pending
	cells   []string
}

var errQuote = errors.New("a quote is not closed")

func newTable(m *Mapping) (*table, error) {
	t := &table{m: m}
	if m.header {
		return t, nil
	}
	return t, t.head(m.columns)
}

// head takes the names of the cells.
func (t *table) head(names []string) error {
	at := make([]int, len(t.m.paths))
	for i, path := range t.m.paths {
		if at[i] = slices.Index(names, path); at[i] < 0 {
			return fmt.Errorf("the header has no column %q: is this file of another kind?", path)
		}
	}
	t.width, t.at = len(names), at
	return nil
}

// read takes one line and fills r. ready is false while a quoted cell goes on,
// and for the header.
func (t *table) read(line []byte, r *row) (ready bool, err error) {
	if len(t.pending) == 0 && t.m.comment != "" && bytes.HasPrefix(line, []byte(t.m.comment)) {
		t.commentedHead(line)
		return false, nil
	}
	if len(t.pending) > 0 {
		t.pending = append(append(t.pending, '\n'), line...)
		line = t.pending
	}
	open := false
	if t.cells, open, err = t.split(line, t.cells[:0]); open {
		return false, t.hold(line)
	}
	t.pending, t.lines = t.pending[:0], 0
	switch {
	case err != nil:
		return false, err
	case t.width == 0:
		return false, t.head(t.cells)
	case len(t.cells) != t.width:
		return false, fmt.Errorf("row of %d cells, expected %d", len(t.cells), t.width)
	}
	for i, cell := range t.at {
		r.set(i, t.cells[cell])
	}
	return true, nil
}

// commentedHead takes the header out of a comment: some exports have it there.
func (t *table) commentedHead(line []byte) {
	if t.width != 0 {
		return
	}
	line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte(t.m.comment)))
	if cells, open, err := t.split(line, nil); err == nil && !open {
		_ = t.head(cells) // most comments are no header
	}
}

// hold keeps the beginning of a record that goes on in the next line.
func (t *table) hold(line []byte) error {
	if len(t.pending) == 0 {
		t.pending = append(t.pending, line...)
	}
	if t.lines++; t.lines > maxRecordLines {
		t.pending, t.lines = t.pending[:0], 0
		return errQuote
	}
	return nil
}

// split cuts a record into cells as RFC 4180 says; open means that a quoted
// cell is not closed yet. A quote inside a cell that does not begin with one is
// an ordinary character.
func (t *table) split(line []byte, cells []string) (_ []string, open bool, err error) {
	for {
		if after := bytes.TrimLeft(line, " "); t.m.quote && len(after) > 0 && after[0] == '"' {
			line = after // "a", "b" is written too
		}
		if !t.m.quote || len(line) == 0 || line[0] != '"' {
			end := bytes.IndexByte(line, t.m.delimiter)
			if end < 0 {
				return append(cells, string(line)), false, nil
			}
			cells, line = append(cells, string(line[:end])), line[end+1:]
			continue
		}
		cell, rest, closed := quoted(line[1:])
		switch {
		case !closed:
			return cells, true, nil
		case len(rest) == 0:
			return append(cells, cell), false, nil
		case rest[0] != t.m.delimiter:
			return cells, false, errors.New("text after a closing quote")
		}
		cells, line = append(cells, cell), rest[1:]
	}
}

// quoted reads a cell up to its closing quote; two quotes stand for one.
func quoted(text []byte) (cell string, rest []byte, closed bool) {
	var b []byte
	for {
		end := bytes.IndexByte(text, '"')
		if end < 0 {
			return "", nil, false
		}
		b = append(b, text[:end]...)
		text = text[end+1:]
		if len(text) == 0 || text[0] != '"' {
			return string(b), text, true
		}
		b, text = append(b, '"'), text[1:]
	}
}
