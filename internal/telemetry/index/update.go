package index

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"clew/internal/telemetry/match"
)

// A Reader knows how logs are read. It is the one that will look at the blocks
// again, so that the index holds what it would find.
type Reader interface {
	// Plain reports whether a log that begins with head is text as it lies on
	// disk, a record a line, so that any line can be read alone.
	Plain(head []byte) bool
	// Header reports whether a line explains those that follow.
	Header(line []byte, first bool) bool
	// Hidden hands over text with its escapes undone, as often as there are any.
	Hidden(text []byte, see func([]byte))
	// Unpack reads any other log and hands over its text, cut between records.
	Unpack(ctx context.Context, path string, each func(text []byte) error) error
}

// A Log is a file to be indexed.
type Log struct {
	Path    string
	Size    int64
	ModTime time.Time
}

// Options of an Update.
type Options struct {
	Reader  Reader
	Workers int // 0: one
	// Progress is told how many bytes of text were read, from several goroutines; nil for no one.
	Progress func(bytes int64)
	// Before is called with each new segment before it is committed: what it finds
	// there is told at least once, even when the process is killed. nil for no one.
	Before func(fresh *Fresh) error
}

// A Fresh is a segment about to be committed: only what is new.
type Fresh struct{ seg *segment }

// Lookup is [Store.Lookup] in the new segment alone.
func (f *Fresh) Lookup(asked []match.Fingerprint) ([]Place, error) {
	places, err := f.seg.lookup(asked)
	sortPlaces(places)
	return places, err
}

// A Summary says what an Update did.
type Summary struct {
	Files, Unchanged int
	Bytes            int64 // of text read
	Failed           []error
}

// Update brings the index up to date with logs: new files are read, grown ones
// from where they were left, those that were cut short or replaced from the
// start. A log that cannot be read does not end it, and is tried again next time.
func (s *Store) Update(ctx context.Context, logs []Log, o Options) (Summary, error) {
	if s.lock == nil {
		return Summary{}, errors.New("the telemetry index was opened for reading only")
	}
	u := &update{store: s, o: o, known: s.known()}
	queue := make(chan Log)
	var group sync.WaitGroup
	var failed error
	var once sync.Mutex
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for range max(1, o.Workers) {
		group.Go(func() {
			w := &worker{update: u}
			err := w.run(ctx, queue)
			if err == nil {
				err = w.flush()
			}
			if err != nil {
				once.Lock()
				failed = errors.Join(failed, err)
				once.Unlock()
				stop()
			}
		})
	}
	for _, log := range logs {
		select {
		case queue <- log:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(queue)
	group.Wait()
	return u.sum, failed
}

// update is what the workers share.
type update struct {
	store *Store
	o     Options
	known map[string]File // the latest part of each log, by path and by what it begins with

	mu  sync.Mutex // guards sum and the naming and committing of segments
	sum Summary
}

func key(path, head string) string { return path + "\x00" + head }

// known returns how far each log is covered, by path and head.
func (s *Store) known() map[string]File {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := map[string]File{}
	for _, seg := range s.segments {
		for _, f := range seg.Files {
			k := key(f.Path, "")
			if old, there := all[k]; !there || later(f, old) {
				all[k] = f
			}
			byHead := key("", f.Head)
			if old, there := all[byHead]; !there || later(f, old) {
				all[byHead] = f
			}
		}
	}
	return all
}

func later(a, b File) bool {
	if !a.ModTime.Equal(b.ModTime) {
		return a.ModTime.After(b.ModTime)
	}
	return a.To > b.To
}

// A worker reads logs one after the other into one new segment at a time.
type worker struct {
	*update
	b builder
}

func (w *worker) run(ctx context.Context, queue <-chan Log) error {
	for log := range queue {
		if ctx.Err() != nil {
			return w.flush()
		}
		err := w.log(ctx, log)
		var stop *stopError
		if errors.As(err, &stop) {
			return stop.error
		}
		w.mu.Lock()
		if err != nil {
			w.sum.Failed = append(w.sum.Failed, fmt.Errorf("%s: %w", log.Path, err))
		}
		w.mu.Unlock()
	}
	return nil
}

// stopError ends the update, where others concern one log.
type stopError struct{ error }

// headSize is how much of a file tells it from others.
const headSize = 4096

// shapeSize is how much of a file tells how it is built.
const shapeSize = 256 << 10

func (w *worker) log(ctx context.Context, log Log) error {
	file, err := os.Open(log.Path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, shapeSize)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = head[:n]
	before, covered := w.coverage(log.Path, head)
	if covered && before.Size == log.Size && (before.Seekable || before.ModTime.Equal(log.ModTime)) {
		w.mu.Lock()
		w.sum.Unchanged++
		w.mu.Unlock()
		return nil
	}
	next := File{Path: log.Path, ModTime: log.ModTime, Size: unfinished, Seekable: w.o.Reader.Plain(head)}
	next.HeadSize = min(len(head), headSize)
	next.Head = digest(head[:next.HeadSize])
	if covered && before.Seekable && next.Seekable && log.Size >= before.To {
		next.Head, next.HeadSize, next.From = before.Head, before.HeadSize, before.To
		next.Header, next.Line = before.Header, before.Line
	}
	w.b.Files = append(w.b.Files, next)
	w.mu.Lock()
	w.sum.Files++
	w.mu.Unlock()
	if next.Seekable {
		return w.plain(ctx, file, log)
	}
	return w.packed(ctx, log)
}

// current is the file that is being read: the last one.
func (w *worker) current() *File { return &w.b.Files[len(w.b.Files)-1] }

// coverage returns how far the log is covered that lies at path and begins with
// head: under this name, or under the one it had before it was rotated.
func (w *worker) coverage(path string, head []byte) (File, bool) {
	same := func(f File) bool {
		return f.HeadSize <= len(head) && f.HeadSize > 0 && digest(head[:f.HeadSize]) == f.Head
	}
	if f, there := w.known[key(path, "")]; there && same(f) {
		return f, true
	}
	f, there := w.known[key("", digest(head[:min(len(head), headSize)]))]
	if !there || f.Path == path {
		return File{}, false
	}
	if now, err := Identity(f.Path, f.HeadSize); err == nil && now == f.Head {
		return File{}, false // a copy: the other is still there
	}
	return f, true
}

func digest(head []byte) string {
	sum := sha256.Sum256(head)
	return hex.EncodeToString(sum[:16])
}

// Identity returns what the file at path is known by: a digest of its first size bytes.
func Identity(path string, size int) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, size)
	if _, err := io.ReadFull(file, head); err != nil {
		return "", err
	}
	return digest(head), nil
}

// pieceSize is how much of a plain log is read at once.
const pieceSize = 1 << 20

// maxLine bounds the line that is looked at in one piece, as for a search.
const maxLine = 64 << 20

// plain reads the lines from where the log was left. A last line without its end
// is indexed, and read again once it has grown.
func (w *worker) plain(ctx context.Context, file io.ReaderAt, log Log) error {
	at := w.current().From
	w.current().To = at
	buffer := make([]byte, pieceSize)
	for {
		if err := ctx.Err(); err != nil {
			return &stopError{errors.Join(err, w.flush())}
		}
		n, err := file.ReadAt(buffer, at)
		if err != nil && !errors.Is(err, io.EOF) {
			w.current().Missing = err.Error()
			return err
		}
		text, last := buffer[:n], err != nil
		if end := bytes.LastIndexByte(text, '\n') + 1; end > 0 && !last {
			text = text[:end]
		} else if !last && len(buffer) < maxLine {
			buffer = make([]byte, 2*len(buffer))
			continue
		}
		w.lines(at, text)
		f := w.current()
		f.Bytes += int64(len(text))
		if last { // the end of the last whole line is where to go on
			whole := text[:bytes.LastIndexByte(text, '\n')+1]
			f.To, f.Size = at+int64(len(whole)), max(log.Size, at+int64(len(text)))
			f.Line += int64(bytes.Count(whole, []byte("\n")))
			return nil
		}
		at += int64(len(text))
		f.To = at
		f.Line += int64(bytes.Count(text, []byte("\n")))
		if err := w.room(); err != nil {
			return &stopError{err}
		}
	}
}

// lines adds text, which begins at offset, and begins a new block where another
// header comes into force.
func (w *worker) lines(offset int64, text []byte) {
	if w.o.Progress != nil {
		w.o.Progress(int64(len(text)))
	}
	f, number := w.current(), len(w.b.Files)-1
	line := f.Line
	for len(text) > 0 {
		header := 0 // size of the header lines at the beginning
		for header < len(text) && (text[header] == '#' || offset == 0 && header == 0) {
			end := bytes.IndexByte(text[header:], '\n') + 1
			if end == 0 || end > 1<<16 || !w.o.Reader.Header(bytes.TrimRight(text[header:header+end], "\r\n"), offset+int64(header) == 0) {
				break
			}
			header += end
		}
		if header > 0 && len(f.Header)+header < 1<<17 {
			if w.b.open && !w.b.endsInHeader {
				f.Header = ""
			}
			f.Header += string(text[:header])
			w.b.close()
		}
		size := len(text)
		for at := header; ; {
			next := bytes.Index(text[min(at, len(text)):], []byte("\n#"))
			if next < 0 {
				break
			}
			at += next + 1
			end := bytes.IndexByte(text[at:], '\n')
			if end > 0 && end < 1<<16 && w.o.Reader.Header(bytes.TrimRight(text[at:at+end], "\r\n"), false) {
				size = at
				break
			}
		}
		part := text[:size]
		w.b.add(number, offset, line+1, f.Header, part)
		w.b.endsInHeader = header == size
		w.o.Reader.Hidden(part, w.b.harvest)
		line += int64(bytes.Count(part, []byte("\n")))
		offset += int64(size)
		text = text[size:]
	}
}

// packed reads a whole log that cannot be read in parts.
func (w *worker) packed(ctx context.Context, log Log) error {
	var at int64
	err := w.o.Reader.Unpack(ctx, log.Path, func(text []byte) error {
		if w.o.Progress != nil {
			w.o.Progress(int64(len(text)))
		}
		w.b.add(len(w.b.Files)-1, at, 0, "", text)
		w.o.Reader.Hidden(text, w.b.harvest)
		at += int64(len(text))
		w.current().Bytes += int64(len(text))
		if err := w.room(); err != nil {
			return &stopError{err}
		}
		return nil
	})
	if ctx.Err() != nil {
		return &stopError{errors.Join(ctx.Err(), w.flush())}
	}
	f := w.current()
	f.To, f.Size = log.Size, log.Size
	if err != nil {
		f.Missing = err.Error()
	}
	return err
}

// room writes the segment when it is full; the file that is being read goes on
// in the next one.
func (w *worker) room() error {
	if len(w.b.Blocks) < segmentBlocks {
		return nil
	}
	rest := *w.current()
	if err := w.flush(); err != nil {
		return err
	}
	rest.From, rest.Bytes = rest.To, 0
	w.b.Files = append(w.b.Files, rest)
	return nil
}

// flush writes and commits what was collected.
func (w *worker) flush() error {
	b := &w.b
	defer func() { w.b = b.next() }()
	if len(b.Files) == 0 {
		return nil
	}
	w.mu.Lock()
	path := w.store.newName()
	for _, f := range b.Files {
		w.sum.Bytes += f.Bytes
	}
	w.mu.Unlock()
	if err := b.write(path); err != nil {
		return err
	}
	return w.store.commit(path, w.o.Before)
}
