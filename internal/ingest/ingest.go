// Package ingest turns bulk files into observations: it unpacks and splits the
// input, hands it to a format, and keeps count of what became of it. Formats
// live in folders of their own and are named in package all.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"clew/internal/observation"
)

// A Format is one kind of bulk file. It reads line by line ([LineFormat]) or as
// a document ([DocumentFormat]).
type Format interface {
	// Name is what clew import calls the format.
	Name() string
	// Likely reports whether a file that begins with head, unpacked, is of this
	// format. It must not claim what another format could be.
	Likely(head []byte) bool
}

// A LineFormat has one record a line. It is read by two goroutines, one that
// splits and one that decodes.
type LineFormat interface {
	Format
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

// A DocumentFormat has records that lines do not divide: JSON documents, DER,
// zone files. What it holds in memory must not grow with the file: it reads r as
// a stream and tells out record by record ([Out.Record]).
//
// An error means that the file could not be read to its end; what was kept
// before stands. One that is not of the format is [ErrNotFormat], one that ends
// early [ErrCut].
type DocumentFormat interface {
	Format
	Read(r io.Reader, out *Out) error
}

// A Chooser is a format that knows by their names which files of a folder or an
// archive are its own. Of any other format all files are.
type Chooser interface {
	Wanted(name string) bool
}

var (
	// ErrCut means the input ended early. The message names the line, and how
	// much was kept.
	ErrCut = errors.New("input was cut off")
	// ErrNotFormat means that what was read is not of the format at all.
	ErrNotFormat = errors.New("not in this format")
)

// An Import is how files are read.
type Import struct {
	Format Format
	// Source is stamped on every observation: the name of the import.
	Source string
	// AsOf is when the files were true, for formats that do not say it
	// themselves; zero when nobody knows.
	AsOf time.Time
	// Progress is told now and then how far the import is; nil for no one.
	Progress func(Summary)
}

// wrongAfter is how many lines may be refused from the start before the file is
// taken for one of another format.
const wrongAfter = 1000

// Run reads one file, r, to its end and hands every observation to sink, in the
// order of the file, from one goroutine. What is not understood is counted and
// the first of it described; it does not end the import.
//
// On an error the summary says what was kept before it, which the caller may
// store: a file cut off by a full disk or a broken download still holds facts.
// Errors are those of sink and of ctx, [ErrCut] and [ErrNotFormat].
func (i Import) Run(ctx context.Context, r io.Reader, sink func(observation.Observation) error) (Summary, error) {
	s := i.Begin(sink)
	err := s.Read(ctx, i.Format, "", r)
	return s.Summary(), err
}

// A Session is several files that make one import.
type Session struct {
	of  Import
	out *Out
}

// Begin starts a session whose observations go to sink.
func (i Import) Begin(sink func(observation.Observation) error) *Session {
	return &Session{of: i, out: &Out{source: i.Source, AsOf: i.AsOf, sink: sink}}
}

// Summary says what became of the files read so far.
func (s *Session) Summary() Summary { return s.out.Summary }

// Read reads one file as [Import.Run] does. name is that of the file among the
// others, "" when it is the only one.
func (s *Session) Read(ctx context.Context, format Format, name string, r io.Reader) error {
	s.out.open(name)
	var err error
	switch f := format.(type) {
	case LineFormat:
		err = s.readLines(ctx, f, r)
	case DocumentFormat:
		err = s.readDocument(ctx, f, r)
	default:
		panic(fmt.Sprintf("format %s reads neither lines nor documents", format.Name()))
	}
	switch {
	case s.out.err != nil:
		return s.out.err
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrCut):
		return fmt.Errorf("%w; %d observations of %d records were kept", err, s.out.kept(), s.out.read())
	case err != nil:
		return err
	case s.out.rejected() > 0 && s.out.nothing():
		return s.notFormat(format)
	}
	return nil
}

func (s *Session) readLines(ctx context.Context, format LineFormat, r io.Reader) error {
	lines, err := newLines(r)
	if err != nil {
		return err
	}
	defer lines.close()
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan *batch, 2)
	group.Go(func() error {
		defer close(batches)
		return lines.split(ctx, batches)
	})
	group.Go(func() error { return s.decode(ctx, format, batches) })
	return group.Wait()
}

// decode reads batches until there are no more.
func (s *Session) decode(ctx context.Context, format LineFormat, batches <-chan *batch) error {
	decoder, out := format.Decoder(), s.out
	var cut error
	for b := range batches {
		if err := decodeBatch(decoder, b, out); err != nil {
			return err
		}
		cut = b.cut
		if b.unterminated && out.refused {
			cut = fmt.Errorf("%w: line %d has no end and is not complete: %s", ErrCut, out.line, out.reason)
		}
		if out.rejected() >= wrongAfter && out.nothing() {
			return s.notFormat(format)
		}
		if s.of.Progress != nil {
			s.of.Progress(out.Summary)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := decoder.End(out); cut == nil {
		cut = err
	}
	return cut
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

func (s *Session) readDocument(ctx context.Context, format DocumentFormat, r io.Reader) error {
	opened, err := Open(r)
	if err != nil {
		return err
	}
	defer opened.Close() //nolint:errcheck // read only: nothing can be lost
	return format.Read(&watched{ctx: ctx, from: opened, session: s}, s.out)
}

// watched is the input of a document: it ends when nobody wants it any more, and
// shows how far reading is.
type watched struct {
	ctx     context.Context // of one file, as long as it is read
	from    io.Reader
	session *Session
	quiet   int // bytes since progress was told
}

func (w *watched) Read(p []byte) (int, error) {
	if err := errors.Join(w.ctx.Err(), w.session.out.err); err != nil {
		return 0, err
	}
	n, err := w.from.Read(p)
	if w.quiet += n; w.quiet >= batchBytes && w.session.of.Progress != nil {
		w.quiet = 0
		w.session.of.Progress(w.session.out.Summary)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w", ErrCut, err)
	}
	return n, err
}

func (s *Session) notFormat(format Format) error {
	unit := "record"
	if _, ok := format.(LineFormat); ok {
		unit = "line"
	}
	why := ""
	if s.out.reason != "" {
		why = fmt.Sprintf(": %s %d: %s", unit, s.out.firstLine, s.out.reason)
	}
	return fmt.Errorf("none of the %d %ss read is %s%s: %w", s.out.read(), unit, format.Name(), why, ErrNotFormat)
}
