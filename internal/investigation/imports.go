package investigation

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"clew/internal/corpus"
	"clew/internal/ingest"
	"clew/internal/ingest/all"
)

// An ImportRequest says how to bring a file, a folder or an archive into the
// corpus.
type ImportRequest struct {
	Name    string // stamped on every observation as its source
	Format  string // "" or "auto" guesses by content
	Mapping string // of the format "mapped"
	// AsOf is when the input was true, for formats that do not say; zero when
	// nobody knows.
	AsOf time.Time
	// Progress is told now and then how far the import is; nil for no one.
	Progress func(ImportProgress)
}

// ImportProgress is how far an import is.
type ImportProgress struct {
	ingest.Summary
	Bytes uint64 // of the input, as it is stored
	Total uint64 // of the whole input, 0 when not known
}

// Imported is what became of an import.
type Imported struct {
	Entry corpus.Import // in the corpus, or what it would have been
	ingest.Summary
	Files    int      // read; 1 unless it is a folder or an archive
	LeftOut  []string // the first files of it that were not read, and why
	LeftMore int      // how many more there are
}

var (
	// ErrUnknownFormat means the content did not say what it is.
	ErrUnknownFormat = errors.New("format not recognised by its content: name it")
	errEmpty         = errors.New("the file is empty")
)

// guessBytes is how much of a file is looked at to guess its format.
const guessBytes = 64 << 10

// ImportPath is [Workspace.Import] for a file, a folder or an archive on disk. A
// folder or an archive is one import of all its files.
func (w *Workspace) ImportPath(ctx context.Context, path string, req ImportRequest) (Imported, error) {
	info, err := os.Stat(path) //nolint:gosec // named by the person at the keyboard
	if err != nil {
		return Imported{}, err
	}
	if info.IsDir() {
		files, err := newFolder(path)
		if err != nil {
			return Imported{}, err
		}
		return w.importCollection(ctx, files, nil, files.bytes, req)
	}
	file, err := os.Open(path) //nolint:gosec // the same
	if err != nil {
		return Imported{}, err
	}
	defer file.Close() //nolint:errcheck // read only
	magic := make([]byte, len(zipMagic))
	if n, _ := file.ReadAt(magic, 0); n == len(magic) && bytes.Equal(magic, zipMagic) {
		archive, err := openZip(file)
		if err != nil {
			return Imported{}, err
		}
		return w.importCollection(ctx, archive, nil, uint64(info.Size()), req)
	}
	if entry, err := w.importedBefore(ctx, file, uint64(info.Size()), req); err != nil {
		return Imported{Entry: entry, Files: 1}, err
	}
	return w.importStream(ctx, file, uint64(info.Size()), req)
}

// Import loads one file into the corpus, all at once. A file that ends early is
// kept as far as it goes, and the error says where it ended. One that is there
// already changes nothing: the error is [corpus.ErrImported], and the entry is
// that of the first time. A tar archive is read as the files in it.
func (w *Workspace) Import(ctx context.Context, r io.Reader, req ImportRequest) (Imported, error) {
	return w.importStream(ctx, r, 0, req)
}

func (w *Workspace) importStream(ctx context.Context, r io.Reader, total uint64, req ImportRequest) (done Imported, err error) {
	in := newInput(ctx, r)
	opened, err := ingest.Open(in)
	if err != nil {
		return done, err
	}
	defer opened.Close() //nolint:errcheck // read only
	buffered := bufio.NewReaderSize(opened, guessBytes)
	if head, _ := buffered.Peek(512); isTar(head) {
		return w.importCollection(ctx, tarball{buffered}, in, total, req)
	} else if bytes.HasPrefix(head, zipMagic) {
		return done, errors.New("a zip archive can only be read from a file on disk")
	}
	chosen, err := chooseFormat(buffered, req)
	if err != nil {
		return done, err
	}
	done = Imported{Entry: corpus.Import{Name: importSource(req.Name), Format: chosen.Name(), At: w.Clock()}, Files: 1}
	loader, err := w.Corpus.Load(ctx)
	if err != nil {
		return done, err
	}
	defer loader.Close() //nolint:errcheck // after Commit there is nothing left to drop
	session := req.session(done.Entry.Name, loader, func() uint64 { return in.read.Load() }, total)
	readErr := session.Read(ctx, chosen, "", buffered)
	done.Summary = session.Summary()
	if readErr != nil && !errors.Is(readErr, ingest.ErrCut) {
		done.Kept = 0 // nothing was acknowledged
		return done, readErr
	}
	digest, err := in.digest()
	if err != nil && readErr == nil {
		return done, err
	}
	done.Entry.Digest, done.Entry.Size = digest, in.read.Load()
	done.Entry.ID = importID(formatLabel(chosen, req.AsOf), digest)
	return w.commit(ctx, loader, done, readErr)
}

// importCollection loads all files of a collection as one import. in is the
// stream they come out of, nil where they lie on disk.
func (w *Workspace) importCollection(ctx context.Context, from collection, in *input, total uint64, req ImportRequest) (done Imported, err error) {
	var named ingest.Format
	if req.Mapping != "" || req.Format != "" && req.Format != "auto" {
		if named, err = chooseFormat(nil, req); err != nil {
			return done, err
		}
	}
	done.Entry = corpus.Import{Name: importSource(req.Name), Format: req.Format, At: w.Clock()}
	loader, err := w.Corpus.Load(ctx)
	if err != nil {
		return done, err
	}
	defer loader.Close()   //nolint:errcheck // after Commit there is nothing left to drop
	var read atomic.Uint64 // of the files before; progress is told from another goroutine
	var member atomic.Pointer[input]
	member.Store(newInput(ctx, nil))
	session := req.session(done.Entry.Name, loader, func() uint64 {
		if in != nil {
			return in.read.Load()
		}
		return read.Load() + member.Load().read.Load()
	}, total)
	m := newMembers(req, named, session)
	err = from.each(func(name string, r io.Reader) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		file := newInput(ctx, r)
		member.Store(file)
		err := m.read(ctx, name, file)
		member.Store(newInput(ctx, nil))
		read.Add(file.read.Load())
		return err
	})
	if errors.Is(err, ingest.ErrCut) {
		m.cut, err = errors.Join(m.cut, err), nil
	}
	done.Summary, done.Files, done.LeftOut, done.LeftMore = session.Summary(), m.files, m.leftOut, m.leftMore
	switch {
	case err != nil:
		done.Kept = 0
		return done, err
	case m.files == 0:
		return done, fmt.Errorf("no file of it is in a format that is known: %w", ErrUnknownFormat)
	}
	label := m.labels()
	if named != nil {
		label = formatLabel(named, req.AsOf)
	}
	done.Entry.Format, done.Entry.Digest, done.Entry.Size = m.labels(), m.digest(), read.Load()
	done.Entry.ID = importID(label, done.Entry.Digest)
	return w.commit(ctx, loader, done, m.cut)
}

// read reads one file of a collection. Of a file that is not of the format the
// others stand.
func (m *members) read(ctx context.Context, name string, in *input) error {
	opened, err := ingest.Open(in)
	if err != nil {
		m.leave(name, err.Error())
		_ = m.count(name, in) // why it could not be read was said
		return ctx.Err()
	}
	defer opened.Close() //nolint:errcheck // read only
	buffered := bufio.NewReaderSize(opened, guessBytes)
	if head, _ := buffered.Peek(512); looksPacked(head) {
		m.leave(name, "an archive inside: unpack it first")
		return m.count(name, in)
	}
	format, err := m.choose(name, buffered)
	if err != nil || format == nil {
		return errors.Join(err, m.count(name, in))
	}
	err = m.session.Read(ctx, format, name, buffered)
	switch {
	case errors.Is(err, ingest.ErrNotFormat):
		m.leave(name, err.Error())
	case errors.Is(err, ingest.ErrCut):
		m.files++
		m.cut = errors.Join(m.cut, fmt.Errorf("%s: %w", name, err))
		_ = m.count(name, in) // what could not be read was said
		return nil
	case err != nil:
		return err
	default:
		m.files++
	}
	return m.count(name, in)
}

// session begins reading into a load.
func (req ImportRequest) session(name string, loader corpus.Loader, read func() uint64, total uint64) *ingest.Session {
	run := ingest.Import{Source: name, AsOf: req.AsOf}
	if req.Progress != nil {
		run.Progress = func(s ingest.Summary) { req.Progress(ImportProgress{s, read(), total}) }
	}
	return run.Begin(loader.Add)
}

// commit makes a load the import that done describes. When that is there already
// the entry returned is that of the first time. cut is why the input was not read
// to its end, nil when it was.
func (w *Workspace) commit(ctx context.Context, loader corpus.Loader, done Imported, cut error) (Imported, error) {
	e, s := &done.Entry, done.Summary
	e.Read, e.Skipped, e.Rejected, e.Incomplete = s.Read, s.Skipped, s.Rejected, s.Incomplete
	if cut != nil {
		e.Incomplete = cut.Error()
	}
	committed, err := loader.Commit(*e)
	if err != nil {
		done.Kept = 0
		if first, findErr := w.importNamed(ctx, e.ID); errors.Is(err, corpus.ErrImported) && findErr == nil {
			*e = first
			return done, err // whether it was cut was said the first time
		}
		return done, errors.Join(cut, err)
	}
	*e, done.Merged = committed, committed.Merged
	return done, cut
}

// importedBefore finds out whether a file is in the corpus already without
// reading it as its format, where an import of its size makes that likely.
func (w *Workspace) importedBefore(ctx context.Context, file *os.File, size uint64, req ImportRequest) (corpus.Import, error) {
	entries, err := w.Corpus.Imports(ctx)
	if err != nil || !slices.ContainsFunc(entries, func(i corpus.Import) bool { return i.Size == size }) {
		return corpus.Import{}, err
	}
	in := newInput(ctx, file)
	opened, err := ingest.Open(in)
	if err != nil {
		return corpus.Import{}, err
	}
	defer opened.Close() //nolint:errcheck // read only
	format, err := chooseFormat(bufio.NewReaderSize(opened, guessBytes), req)
	if err != nil {
		return corpus.Import{}, err
	}
	digest, err := in.digest()
	if err != nil {
		return corpus.Import{}, err
	}
	id := importID(formatLabel(format, req.AsOf), digest)
	for _, entry := range entries {
		if entry.ID == id {
			return entry, fmt.Errorf("%s: %w", id, corpus.ErrImported)
		}
	}
	_, err = file.Seek(0, io.SeekStart)
	return corpus.Import{}, err
}

// importNamed returns the entry of that ID, or [corpus.ErrNoImport].
func (w *Workspace) importNamed(ctx context.Context, id string) (corpus.Import, error) {
	entries, err := w.Corpus.Imports(ctx)
	if err != nil {
		return corpus.Import{}, err
	}
	for _, entry := range entries {
		if entry.ID == id {
			return entry, nil
		}
	}
	return corpus.Import{}, fmt.Errorf("%s: %w", id, corpus.ErrNoImport)
}

func chooseFormat(r *bufio.Reader, req ImportRequest) (ingest.Format, error) {
	if req.Format != "" && req.Format != "auto" {
		return all.Named(req.Format, req.Mapping)
	}
	if req.Mapping != "" {
		return all.Named(all.Mapped, req.Mapping)
	}
	head, err := r.Peek(guessBytes)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("reading the input: %w", err)
	}
	if len(strings.TrimSpace(string(head))) == 0 {
		return nil, errEmpty
	}
	format, ok := all.Guess(head)
	if !ok {
		return nil, ErrUnknownFormat
	}
	return format, nil
}

// importSource keeps the name of an import within what a corpus takes.
func importSource(name string) string {
	if len(name) > corpus.MaxSourceLen {
		name = name[len(name)-corpus.MaxSourceLen:]
	}
	return strings.ToValidUTF8(name, "_")
}

// GiveBack gives back the space of imports that were taken back. given is false where
// this user of the corpus may not: nobody sees them any more all the same, and who may
// gives it back later.
func (w *Workspace) GiveBack(ctx context.Context) (given bool, err error) {
	err = w.Corpus.Flush(ctx)
	if errors.Is(err, corpus.ErrForbidden) {
		return false, nil
	}
	return err == nil, err
}
