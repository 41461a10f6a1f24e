package ingest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// maxLine bounds one line; a longer one is rejected and skipped over.
	maxLine = 4 << 20
	// batchBytes is about how much text goes to the decoder at a time.
	batchBytes = 256 << 10
	// maxWindow bounds the memory a zstd file may ask for.
	maxWindow = 128 << 20
)

// Open unpacks r if it is gzip or zstd, known by its first bytes.
func Open(r io.Reader) (io.ReadCloser, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	magic, err := buffered.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the input: %w", err)
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		zr, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("%w: gzip header: %w", ErrCut, err)
		}
		return zr, nil
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		zr, err := zstd.NewReader(buffered, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, fmt.Errorf("zstd input: %w", err)
		}
		return zr.IOReadCloser(), nil
	}
	return io.NopCloser(buffered), nil
}

// lines splits an input into batches of lines.
type lines struct {
	input io.ReadCloser
	text  *bufio.Reader
	next  uint64 // number of the next line
}

func newLines(r io.Reader) (*lines, error) {
	input, err := Open(r)
	if err != nil {
		return nil, err
	}
	text := bufio.NewReaderSize(input, 256<<10)
	if bom, err := text.Peek(3); err == nil && string(bom) == "\ufeff" {
		_, _ = text.Discard(3)
	}
	return &lines{input: input, text: text, next: 1}, nil
}

func (l *lines) close() { _ = l.input.Close() } // read only: nothing can be lost

// A batch is a run of lines of the input.
type batch struct {
	text  []byte
	ends  []int // of each line in text
	first uint64
	long  []uint64 // numbers of lines that were longer than maxLine, kept empty
	// unterminated says that the last line of the input has no line feed; cut
	// is why the input could not be read to its end.
	unterminated bool
	cut          error
}

// lines yields each line with its number, without line feed and carriage return.
func (b *batch) lines() iter.Seq2[uint64, []byte] {
	return func(yield func(uint64, []byte) bool) {
		start := 0
		for i, end := range b.ends {
			line := bytes.TrimSuffix(b.text[start:end], []byte{'\r'})
			if !yield(b.first+uint64(i), line) {
				return
			}
			start = end
		}
	}
}

func (b *batch) tooLong(line uint64) bool {
	return len(b.long) > 0 && slices.Contains(b.long, line)
}

// split reads the input to its end. Input that cannot be read is not an error
// here: what came before it is decoded first.
func (l *lines) split(ctx context.Context, batches chan<- *batch) error {
	for more := true; more; {
		b := &batch{text: make([]byte, 0, batchBytes+batchBytes/8), first: l.next}
		for more && len(b.text) < batchBytes {
			more = l.read(b)
		}
		select {
		case batches <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// read appends one line to b and reports whether there is more.
func (l *lines) read(b *batch) bool {
	start, size := len(b.text), 0
	for {
		piece, err := l.text.ReadSlice('\n')
		size += len(piece)
		if size <= maxLine+1 {
			b.text = append(b.text, piece...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			l.last(b, start, size, err)
			return false
		}
		b.text = b.text[:max(start, len(b.text)-1)]
		l.end(b, start, size-1)
		return true
	}
}

// last ends the input, at a line that has no line feed or in the middle of a
// damaged archive.
func (l *lines) last(b *batch, start, size int, err error) {
	if !errors.Is(err, io.EOF) {
		b.text = b.text[:start] // half a line of a broken stream says nothing
		b.cut = fmt.Errorf("%w in line %d: %w", ErrCut, l.next, err)
		return
	}
	if size > 0 {
		b.unterminated = true
		l.end(b, start, size)
	}
}

// end closes the line that began at start.
func (l *lines) end(b *batch, start, size int) {
	if size > maxLine {
		b.text = b.text[:start]
		b.long = append(b.long, l.next)
	}
	b.ends = append(b.ends, len(b.text))
	l.next++
}
