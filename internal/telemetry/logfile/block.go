package logfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"sync"

	"clew/internal/telemetry/format"
)

// Sizes of what is handed on at once.
const (
	// BlockSize is about how long a block is: small enough to stay in a core's
	// cache, large enough that handing it over costs nothing.
	BlockSize = 256 << 10
	// MaxRecord bounds one record. A longer one is cut there, and counted.
	MaxRecord = 64 << 20
)

// A Block is a run of whole records.
type Block struct {
	Text []byte
	// Offset is where Text begins in the unpacked log, in bytes, and Line the
	// number of its first line, from 1.
	Offset int64
	Line   int64
	// Schema is the header in force for every record of the block.
	Schema *format.Schema
	// Records is nil where records are lines. Else it says where each begins in
	// Text, and where it stood in the log.
	Records []Start
	Lines   int64 // line ends in the block, or records that are no lines
	Cut     bool  // the last record goes on in the next block: it was too long
	buffer  *[]byte
}

// buffers are those of blocks that were released. Fresh ones cost more than
// cutting lines does: each has to be cleared, and the pages behind it brought in.
var buffers = sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }}

// bufferSize has room for what was left of the block before.
const bufferSize = BlockSize + 64<<10

// Release gives the memory behind Text back, for another block to use: nothing
// may look at Text afterwards. A block that is not released is garbage like any
// other.
func (b *Block) Release() {
	if b.buffer != nil {
		buffers.Put(b.buffer)
		b.buffer, b.Text = nil, nil
	}
}

// A Start is the beginning of a record that is not a line.
type Start struct {
	At     int // in Text
	Offset int64
	Line   int64 // 0 where the log has no lines
}

// Options say how to cut.
type Options struct {
	// Header is told lines that may explain others: see format/all.
	Header func(line []byte, before *format.Schema, first bool) (*format.Schema, bool)
	// Binary opens a log that is not text by its first bytes, nil if it is none.
	Binary func(head []byte) func(r *bufio.Reader, each func(Block) error) error
	// Eager hands on what is there rather than waiting for a whole block.
	Eager bool
	// Lines takes every line for a record, whatever the beginning looks like.
	Lines bool
}

// Blocks cuts a log into blocks and hands them on in order. The text of a block
// is the callee's to keep, or to [Block.Release].
func Blocks(r *bufio.Reader, o Options, each func(Block) error) error {
	head, err := peek(r, r.Size(), o.Eager)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) && len(head) == 0 {
		return err
	}
	if o.Binary != nil {
		if read := o.Binary(head); read != nil {
			return read(r, each)
		}
	}
	if !o.Eager && !o.Lines {
		switch shapeOf(head) {
		case jsonShape:
			return jsonBlocks(r, each)
		case xmlShape:
			return xmlBlocks(r, each)
		}
	}
	c := &lineCutter{in: r, o: o, each: each, line: 1, first: true}
	return c.run()
}

type lineCutter struct {
	in     *bufio.Reader
	o      Options
	each   func(Block) error
	schema *format.Schema
	offset int64
	line   int64
	first  bool
	// buffer is what the text being handed on lies in, nil where that cannot be
	// used again.
	buffer *[]byte
}

func (c *lineCutter) run() error {
	var rest []byte
	for {
		var buf []byte
		if size := 2 * len(rest); size > bufferSize {
			c.buffer, buf = nil, make([]byte, size) // a long line: grow, so that it is copied seldom
		} else {
			c.buffer = buffers.Get().(*[]byte)
			buf = *c.buffer
		}
		copy(buf, rest)
		n, err := c.fill(buf[len(rest):min(len(buf), max(BlockSize, 2*len(rest)))])
		buf = buf[:len(rest)+n]
		if err != nil {
			if emitErr := c.emit(buf, false); emitErr != nil {
				return emitErr
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		end := bytes.LastIndexByte(buf, '\n') + 1
		if end == 0 {
			if len(buf) < MaxRecord {
				rest = buf
				continue
			}
			if err := c.emit(buf, true); err != nil {
				return err
			}
			rest = nil
			continue
		}
		rest = bytes.Clone(buf[end:])
		if err := c.emit(buf[:end:end], false); err != nil {
			return err
		}
	}
}

// fill reads until buf is full; when eager, what there is.
func (c *lineCutter) fill(buf []byte) (int, error) {
	if c.o.Eager {
		return c.in.Read(buf)
	}
	// Not io.ReadFull: its ErrUnexpectedEOF would hide that of a decoder whose
	// input was cut off.
	n := 0
	for n < len(buf) {
		m, err := c.in.Read(buf[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// emit hands text on, cut at header lines so that one schema holds for each
// block.
func (c *lineCutter) emit(text []byte, cut bool) error {
	for len(text) > 0 {
		next := len(text)
		if c.o.Header != nil {
			n, isHeader := c.header(text)
			if isHeader {
				c.skip(text[:n])
				text = text[n:]
				continue
			}
			next = c.upToHeader(text)
		}
		part := text[:next:next]
		lines := int64(bytes.Count(part, []byte{'\n'}))
		b := Block{Text: part, Offset: c.offset, Line: c.line, Schema: c.schema, Lines: lines, Cut: cut && next == len(text)}
		if next == len(text) {
			b.buffer = c.buffer // nobody else has a part of it
		}
		c.buffer = nil
		if next == len(text) && !cut && part[len(part)-1] != '\n' {
			b.Lines++ // a last line without its end
		}
		c.offset += int64(len(part))
		c.line += lines
		c.first = false
		if err := c.each(b); err != nil {
			return err
		}
		text = text[next:]
	}
	return nil
}

// header reads the first line of text as a header, if it is one.
func (c *lineCutter) header(text []byte) (size int, is bool) {
	if text[0] != '#' && !c.first {
		return 0, false
	}
	size = bytes.IndexByte(text, '\n') + 1
	if size == 0 {
		size = len(text)
	}
	if size > 1<<16 {
		return 0, false
	}
	schema, is := c.o.Header(bytes.TrimRight(text[:size], "\r\n"), c.schema, c.first)
	if is {
		c.schema = schema
	}
	return size, is
}

func (c *lineCutter) skip(text []byte) {
	c.offset += int64(len(text))
	c.line++
	c.first = false
}

// upToHeader returns how much of text comes before the next line that may be a
// header.
func (c *lineCutter) upToHeader(text []byte) int {
	for i := 0; i < len(text); {
		n := bytes.Index(text[i:], []byte("\n#"))
		if n < 0 {
			return len(text)
		}
		i += n + 1
		line := text[i:]
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			line = line[:end]
		}
		if len(line) > 1<<16 {
			continue
		}
		if _, is := c.o.Header(bytes.TrimRight(line, "\r"), c.schema, false); is {
			return i
		}
	}
	return len(text)
}
