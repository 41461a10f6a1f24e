package investigation

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"clew/internal/corpus"
	"clew/internal/ingest"
	"clew/internal/ingest/all"
)

// An ImportRequest is one file to bring into the corpus.
type ImportRequest struct {
	Name    string // stamped on every observation as its source
	Format  string // "" or "auto" guesses by content
	Mapping string // of the format "mapped"
	// Progress is told now and then how far the import is; nil for no one.
	Progress func(ingest.Summary)
}

// ErrUnknownFormat means the content did not say what it is.
var ErrUnknownFormat = errors.New("format not recognised by its content: name it")

// guessBytes is how much of a file is looked at to guess its format.
const guessBytes = 64 << 10

// Import loads one file into the corpus, all at once. A file that ends early is
// kept as far as it goes, and the error says where it ended. One that is there
// already changes nothing: the error is [corpus.ErrImported], and the entry is
// that of the first time.
func (w *Workspace) Import(ctx context.Context, r io.Reader, req ImportRequest) (entry corpus.Import, summary ingest.Summary, err error) {
	in := newInput(r)
	opened, err := ingest.Open(in)
	if err != nil {
		return entry, summary, err
	}
	defer opened.Close() //nolint:errcheck // read only
	buffered := bufio.NewReaderSize(opened, guessBytes)
	chosen, err := chooseFormat(buffered, req)
	if err != nil {
		return entry, summary, err
	}
	entry = corpus.Import{Name: importSource(req.Name), Format: chosen.Name(), At: w.Clock()}
	loader, err := w.Corpus.Load(ctx)
	if err != nil {
		return entry, summary, err
	}
	defer loader.Close() //nolint:errcheck // after Commit there is nothing left to drop
	run := ingest.Import{Format: chosen, Source: entry.Name, Progress: req.Progress}
	summary, err = run.Run(ctx, buffered, loader.Add)
	if err != nil && !errors.Is(err, ingest.ErrCut) {
		summary.Kept = 0 // nothing was acknowledged
		return entry, summary, err
	}
	describe(&entry, summary, err)
	entry, commitErr := w.commit(ctx, loader, in, chosen, entry)
	if commitErr != nil {
		summary.Kept = 0
		return entry, summary, errors.Join(err, commitErr)
	}
	summary.Merged = entry.Merged
	return entry, summary, err
}

// describe writes into an entry what reading came to.
func describe(entry *corpus.Import, summary ingest.Summary, cut error) {
	entry.Read, entry.Skipped, entry.Rejected = summary.Read, summary.Skipped, summary.Rejected
	entry.Incomplete = summary.Incomplete
	if cut != nil {
		entry.Incomplete = cut.Error()
	}
}

// commit makes a load the import of what was read. When that is there already
// the entry returned is that of the first time.
func (w *Workspace) commit(ctx context.Context, loader corpus.Loader, in *input, format ingest.Format, entry corpus.Import) (corpus.Import, error) {
	digest, err := in.digest()
	if err != nil && entry.Incomplete == "" {
		return entry, err
	}
	entry.Digest, entry.Size, entry.ID = digest, in.read, importID(format, digest)
	committed, err := loader.Commit(entry)
	if !errors.Is(err, corpus.ErrImported) {
		return committed, err
	}
	if first, findErr := w.importNamed(ctx, entry.ID); findErr == nil {
		entry = first
	}
	return entry, err
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
		return nil, errors.New("the file is empty")
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
