package zone

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// entries gives a zone file to the parser byte by byte, so that it reads no
// further than it has understood: after an error a new parser goes on with the
// next entry, told the $ORIGIN and $TTL that hold there.
type entries struct {
	in    *bufio.Reader
	err   error  // of reading, other than the end
	begin string // what the next parser is told first

	line        []byte // as far as it was read, at most maxLine bytes
	done        bool   // the line is complete
	origin, ttl string
}

// maxLine bounds how much of a line is kept to describe it.
const maxLine = 512

// ReadByte implements [io.ByteReader].
func (e *entries) ReadByte() (byte, error) {
	if e.begin != "" {
		c := e.begin[0]
		e.begin = e.begin[1:]
		return c, nil
	}
	c, err := e.in.ReadByte()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			e.err = err
		}
		return 0, err
	}
	if e.done {
		e.line, e.done = e.line[:0], false
	}
	if c == '\n' {
		e.done = true
		e.directive()
		return c, nil
	}
	if len(e.line) < maxLine {
		e.line = append(e.line, c)
	}
	return c, nil
}

// Read implements [io.Reader]; the parser prefers ReadByte.
func (e *entries) Read(p []byte) (int, error) {
	for n := range p {
		c, err := e.ReadByte()
		if err != nil {
			return n, err
		}
		p[n] = c
	}
	return len(p), nil
}

// directive takes over what a line says of those that follow.
func (e *entries) directive() {
	if len(e.line) == 0 || e.line[0] != '$' {
		return
	}
	fields := strings.Fields(string(e.line))
	if len(fields) < 2 {
		return
	}
	switch strings.ToUpper(fields[0]) {
	case "$ORIGIN":
		if e.origin = fields[1]; !strings.HasSuffix(e.origin, ".") {
			e.origin += "."
		}
	case "$TTL":
		e.ttl = fields[1]
	}
}

// resume reads over the rest of the entry that was not understood.
func (e *entries) resume() {
	for !e.done {
		if _, err := e.ReadByte(); err != nil {
			break
		}
	}
	for { // lines that take over its owner
		next, err := e.in.Peek(1)
		if err != nil || next[0] != ' ' && next[0] != '\t' {
			break
		}
		if _, err := e.in.ReadSlice('\n'); err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			break
		}
	}
	e.line, e.done = e.line[:0], false
	if e.begin = ""; e.origin != "" {
		e.begin = "$ORIGIN " + e.origin + "\n"
	}
	if e.ttl != "" {
		e.begin += "$TTL " + e.ttl + "\n"
	}
}
