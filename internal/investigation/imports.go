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
// kept as far as it goes, and the error says where it ended.
func (w *Workspace) Import(ctx context.Context, r io.Reader, req ImportRequest) (format string, summary ingest.Summary, err error) {
	opened, err := ingest.Open(r)
	if err != nil {
		return "", summary, err
	}
	defer opened.Close() //nolint:errcheck // read only
	buffered := bufio.NewReaderSize(opened, guessBytes)
	chosen, err := chooseFormat(buffered, req)
	if err != nil {
		return "", summary, err
	}
	loader, err := w.Corpus.Load(ctx)
	if err != nil {
		return chosen.Name(), summary, err
	}
	defer loader.Close() //nolint:errcheck // after Commit there is nothing left to drop
	run := ingest.Import{Format: chosen, Source: importSource(req.Name), Progress: req.Progress}
	summary, err = run.Run(ctx, buffered, loader.Add)
	if err != nil && !errors.Is(err, ingest.ErrCut) {
		summary.Kept = 0 // nothing was acknowledged
		return chosen.Name(), summary, err
	}
	loaded, commitErr := loader.Commit()
	if commitErr != nil {
		summary.Kept = 0
		return chosen.Name(), summary, errors.Join(err, commitErr)
	}
	summary.Merged = loaded.Merged
	return chosen.Name(), summary, err
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
