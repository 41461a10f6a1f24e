// Package ingest turns bulk files into observations: it unpacks and splits the
// input, hands each line to a format, and keeps count of what became of it.
// Formats live in folders of their own and are named in package all.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"clew/internal/observation"
)

// A Format reads one kind of bulk file, line by line.
type Format interface {
	// Name is what clew import calls the format.
	Name() string
	// Likely reports whether a file that begins with head, unpacked, is of this
	// format. It must not claim what another format could be.
	Likely(head []byte) bool
	// Decoder returns a decoder for one file.
	Decoder() Decoder
}

// A Decoder reads the lines of one file in order.
type Decoder interface {
	// Line reads one line without its end and tells out what it says. The
	// line is only valid during the call.
	Line(line []byte, out *Out)
	// End is called once after the last line. An error means that the file
	// was cut; what was kept before stands.
	End(out *Out) error
}

var (
	// ErrCut means the input ended early. The message names the line, and how
	// much was kept.
	ErrCut = errors.New("input was cut off")
	// ErrNotFormat means the first lines are not of the format at all.
	ErrNotFormat = errors.New("not in this format")
)

// An Import is one file to read.
type Import struct {
	Format Format
	// Source is stamped on every observation: the name of the import.
	Source string
	// Progress is told now and then how far the import is; nil for no one.
	Progress func(Summary)
}

// wrongAfter is how many lines may be refused from the start before the file is
// taken for one of another format.
const wrongAfter = 1000

// Run reads r to its end and hands every observation to sink, in the order of
// the file, from one goroutine. Lines that are not understood are counted and
// the first of them described; they do not end the import.
//
// On an error the summary says what was kept before it, which the caller may
// store: a file cut off by a full disk or a broken download still holds facts.
// Errors are those of sink and of ctx, [ErrCut] and [ErrNotFormat].
func (i Import) Run(ctx context.Context, r io.Reader, sink func(observation.Observation) error) (Summary, error) {
	lines, err := newLines(r)
	if err != nil {
		return Summary{}, err
	}
	defer lines.close()
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan *batch, 2)
	group.Go(func() error {
		defer close(batches)
		return lines.split(ctx, batches)
	})
	out := &Out{source: i.Source, sink: sink}
	group.Go(func() error { return i.decode(ctx, batches, out) })
	err = group.Wait()
	return out.Summary, err
}

// decode reads batches until there are no more.
func (i Import) decode(ctx context.Context, batches <-chan *batch, out *Out) error {
	decoder := i.Format.Decoder()
	var cut error
	for b := range batches {
		if err := decodeBatch(decoder, b, out); err != nil {
			return err
		}
		cut = b.cut
		if b.unterminated && out.refused {
			cut = fmt.Errorf("%w: line %d has no end and is not complete: %s", ErrCut, out.line, out.reason)
		}
		if out.Rejected >= wrongAfter && out.nothing() {
			return i.notFormat(out)
		}
		if i.Progress != nil {
			i.Progress(out.Summary)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := decoder.End(out); cut == nil {
		cut = err
	}
	switch {
	case out.err != nil:
		return out.err
	case cut != nil:
		return fmt.Errorf("%w; %d observations of %d lines were kept", cut, out.Kept, out.Read)
	case out.Rejected > 0 && out.nothing():
		return i.notFormat(out)
	}
	return nil
}

func decodeBatch(decoder Decoder, b *batch, out *Out) error {
	for line, text := range b.lines() {
		tooLong := b.tooLong(line)
		if len(text) == 0 && !tooLong {
			continue
		}
		out.begin(line, text)
		if tooLong {
			out.Reject("line of more than %d bytes", maxLine)
		} else {
			decoder.Line(text, out)
		}
		if out.err != nil {
			return out.err
		}
	}
	return nil
}

func (i Import) notFormat(out *Out) error {
	return fmt.Errorf("none of the %d lines read is %s: line %d: %s: %w",
		out.Read, i.Format.Name(), out.FirstRejected[0].Line, out.FirstRejected[0].Reason, ErrNotFormat)
}
