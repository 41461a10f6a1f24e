package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/ingest"
	"clew/internal/ingest/all"
	"clew/internal/investigation"
)

func (a *app) importCommand() *cobra.Command {
	var mapping, name string
	cmd := &cobra.Command{
		Use:   "import FORMAT FILE...",
		Short: "Bring bulk observations into the corpus",
		Long: `Reads files of observations (gzip and zstd are unpacked, - is standard input) and
merges them with what is known. FORMAT auto guesses by content, and says so. A
file is taken as a whole or not at all, except that one that ends early is kept
as far as it goes. Lines that are not understood are counted, and the first of
them shown.

Formats:
` + formatTable(),
		Example: `  clew import cof passive-dns.ndjson.gz
  clew import auto dump/*.json.zst
  clew import mapped --mapping columns.yaml whois.csv
  zcat big.gz | clew import cof -
  clew import list
  clew import remove 3f2a9c01d4e5`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] != "auto" {
				if _, err := all.Named(args[0], mapping); err != nil {
					return usageError{err}
				}
			}
			return a.importFiles(cmd.Context(), args[1:], investigation.ImportRequest{Format: args[0], Mapping: mapping, Name: name})
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return formatNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVar(&mapping, "mapping", "", "name or file of the column mapping for the format mapped")
	cmd.AddCommand(a.importListCommand(), a.importRemoveCommand())
	cmd.Flags().StringVar(&name, "name", "", "name of the import, stamped on what it brings (default: the file's name)")
	return cmd
}

func formatNames() []string {
	names := []string{"auto"}
	choices, err := all.Choices()
	if err != nil {
		return names
	}
	for _, c := range choices {
		names = append(names, c.Name)
	}
	return names
}

func formatTable() string {
	choices, err := all.Choices()
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, c := range choices {
		fmt.Fprintf(&b, "  %-16s %s\n", c.Name, c.Title)
	}
	return b.String()
}

// importLine is the summary of one file, one JSON object a line.
type importLine struct {
	File          string       `json:"file"`
	ID            string       `json:"id"`
	Name          string       `json:"name"`
	Format        string       `json:"format"`
	Read          uint64       `json:"read"`
	Kept          uint64       `json:"kept"`
	Merged        uint64       `json:"merged"`
	Skipped       uint64       `json:"skipped"`
	Rejected      uint64       `json:"rejected"`
	FirstRejected []rejectLine `json:"first_rejected"`
	Incomplete    string       `json:"incomplete"`
	// Unchanged says that the same content is in the corpus already, since when.
	Unchanged *casefile.Time `json:"unchanged"`
	Error     string         `json:"error"`
}

type rejectLine struct {
	Line   uint64 `json:"line"`
	Reason string `json:"reason"`
	Text   string `json:"text"`
}

func (a *app) importFiles(ctx context.Context, files []string, req investigation.ImportRequest) error {
	w, err := a.workspace(investigation.Needs{Corpus: true})
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // what matters was acknowledged before
	var failed []error
	cut := false
	for _, file := range files {
		line, err := a.importFile(ctx, w, file, req)
		if line.Unchanged != nil {
			err = nil
		}
		if err != nil {
			line.Error = err.Error()
			cut = cut || errors.Is(err, ingest.ErrCut)
			failed = append(failed, fmt.Errorf("%s: %w", file, err))
		}
		if err := a.printImport(line, req.Format); err != nil {
			return err
		}
		if ctx.Err() != nil {
			break
		}
	}
	if err := errors.Join(failed...); err != nil && cut && ctx.Err() == nil {
		return partial{err.Error()}
	} else if err != nil {
		return err
	}
	return nil
}

func (a *app) importFile(ctx context.Context, w *investigation.Workspace, file string, req investigation.ImportRequest) (importLine, error) {
	if req.Name == "" {
		req.Name = filepath.Base(file)
	}
	line := importLine{File: file, Name: req.Name, FirstRejected: []rejectLine{}}
	input := a.stdin
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return line, err
		}
		defer opened.Close() //nolint:errcheck // read only
		if info, err := opened.Stat(); err == nil && info.IsDir() {
			return line, errors.New("is a folder: name the files in it")
		}
		input = opened
	} else if req.Name == "-" {
		req.Name, line.Name = "stdin", "stdin"
	}
	var next uint64
	terminal := isTerminal(a.stderr)
	req.Progress = func(s ingest.Summary) {
		const step = 1_000_000
		if s.Read < next {
			return
		}
		next = s.Read + step
		if terminal {
			fmt.Fprintf(a.stderr, "\r%s: %s lines read, %s kept ", terminalSafe(file), grouped(s.Read), grouped(s.Kept))
		} else if s.Read >= step {
			fmt.Fprintf(a.stderr, "%s: %s lines read, %s kept\n", terminalSafe(file), grouped(s.Read), grouped(s.Kept))
		}
	}
	entry, summary, err := w.Import(ctx, input, req)
	if terminal && next > 0 {
		fmt.Fprint(a.stderr, "\r\033[K")
	}
	if errors.Is(err, corpus.ErrImported) {
		at := instant(entry.At)
		line.Unchanged, line.Name = &at, entry.Name
	}
	line.ID, line.Format, line.Read, line.Kept, line.Merged = entry.ID, entry.Format, summary.Read, summary.Kept, summary.Merged
	line.Skipped, line.Rejected, line.Incomplete = summary.Skipped, summary.Rejected, summary.Incomplete
	for _, r := range summary.FirstRejected {
		line.FirstRejected = append(line.FirstRejected, rejectLine(r))
	}
	return line, err
}

func (a *app) printImport(line importLine, asked string) error {
	if a.json {
		e := json.NewEncoder(a.stdout)
		e.SetEscapeHTML(false)
		return e.Encode(line)
	}
	if line.Format == "" {
		return nil // the error says it all
	}
	if line.Unchanged != nil {
		fmt.Fprintf(a.stdout, "%s: nothing changed: the same content was imported as %s on %s, as %s\n",
			terminalSafe(line.File), terminalSafe(line.Name), line.Unchanged, line.ID)
		return nil
	}
	guessed := ""
	if asked == "auto" {
		guessed = " (guessed by content)"
	}
	fmt.Fprintf(a.stdout, "%s: %s%s: %s lines read, %s observations kept (%s of them merged), %s left out, %s rejected\n",
		terminalSafe(line.File), line.Format, guessed, grouped(line.Read), grouped(line.Kept), grouped(line.Merged), grouped(line.Skipped), grouped(line.Rejected))
	for _, r := range line.FirstRejected {
		fmt.Fprintf(a.stdout, "  line %d: %s: %s\n", r.Line, terminalSafe(r.Reason), terminalSafe(r.Text))
	}
	if line.Incomplete != "" {
		fmt.Fprintf(a.stdout, "  the source held back part of it: %s\n", terminalSafe(line.Incomplete))
	}
	return nil
}
