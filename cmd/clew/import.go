package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/ingest"
	"clew/internal/ingest/all"
	"clew/internal/investigation"
	"clew/internal/words"
)

func (a *app) importCommand() *cobra.Command {
	var mapping, name, asOf string
	cmd := &cobra.Command{
		Use:   "import FORMAT FILE...",
		Short: "Bring bulk observations into the corpus",
		Long: `Reads files, folders and archives of observations (gzip, zstd, tar and zip are
unpacked, - is standard input) and merges them with what is known. FORMAT auto
guesses by content, and says so. A file is taken as a whole or not at all, except
that one that ends early is kept as far as it goes; a folder or an archive is one
import of all its files. What is not understood is counted, and the first of it
shown. The same content a second time changes nothing, so an interrupted import
of many files is resumed by the same command.

Formats:
` + formatTable(),
		Example: `  clew import cof passive-dns.ndjson.gz
  clew import auto dump/*.json.zst
  clew import zeek /var/log/zeek/2026-08-22
  clew import zone --as-of 2026-08-22 gov.zone.gz
  clew import mapped --mapping columns.yaml whois.csv
  zcat big.gz | clew import cof -
  clew import list
  clew import remove 3f2a9c01d4e5`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == warninglistFormat {
				return a.importWarninglists(args[1:])
			}
			if args[0] != "auto" {
				if _, err := all.Named(args[0], mapping); err != nil {
					return usageError{err}
				}
			}
			at, err := parseDay("--as-of", asOf, false)
			if err != nil {
				return err
			}
			return a.importFiles(cmd.Context(), args[1:], investigation.ImportRequest{Format: args[0], Mapping: mapping, Name: name, AsOf: at})
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
	cmd.Flags().StringVar(&asOf, "as-of", "", "when the files were true, for formats that do not say it themselves: 2026-08-22 or 2026-08-22T07:39:20Z")
	cmd.Flags().StringVar(&name, "name", "", "name of the import, stamped on what it brings (default: the file's name)")
	return cmd
}

func formatNames() []string {
	names := []string{"auto", warninglistFormat}
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
	fmt.Fprintf(&b, "  %-16s %s\n", warninglistFormat, "MISP warninglists: values that mean nothing, read by every command")
	return b.String()
}

// importLine is the summary of one file, one JSON object a line.
type importLine struct {
	File          string       `json:"file"`
	ID            string       `json:"id"`
	Name          string       `json:"name"`
	Format        string       `json:"format"`
	Files         int          `json:"files"` // of a folder or an archive
	Read          uint64       `json:"read"`
	Kept          uint64       `json:"kept"`
	Merged        uint64       `json:"merged"`
	Skipped       uint64       `json:"skipped"`
	Rejected      uint64       `json:"rejected"`
	FirstRejected []rejectLine `json:"first_rejected"`
	LeftOut       []string     `json:"left_out"` // the first files of it that were not read, and why
	leftMore      int
	Incomplete    string `json:"incomplete"`
	// Unchanged says that the same content is in the corpus already, since when.
	Unchanged *casefile.Time `json:"unchanged"`
	Error     string         `json:"error"`
}

type rejectLine struct {
	File   string `json:"file"`
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
	if ctx.Err() == nil {
		a.keepNames(ctx, w)
	}
	if err := errors.Join(failed...); err != nil && cut && ctx.Err() == nil {
		return partial{err.Error()}
	} else if err != nil {
		return err
	}
	return nil
}

// keepNames counts the names of the corpus anew where much of it is new. That an
// index could not be written takes nothing from the import.
func (a *app) keepNames(ctx context.Context, w *investigation.Workspace) {
	progress := a.namesProgress()
	err := w.KeepNames(ctx, progress.show)
	progress.done()
	if err != nil {
		fmt.Fprintf(a.stderr, "note: the names of the corpus were not counted: %v\n", err)
	}
}

func (a *app) importFile(ctx context.Context, w *investigation.Workspace, file string, req investigation.ImportRequest) (importLine, error) {
	if req.Name == "" {
		req.Name = filepath.Base(file)
	}
	progress := newImportProgress(a.stderr, isTerminal(a.stderr), file, a.clock)
	req.Progress = progress.show
	var done investigation.Imported
	var err error
	if file == "-" {
		if req.Name == "-" {
			req.Name = "stdin"
		}
		done, err = w.Import(ctx, a.stdin, req)
	} else {
		done, err = w.ImportPath(ctx, file, req)
	}
	progress.done()
	line := importLine{
		File: file, ID: done.Entry.ID, Name: req.Name, Format: done.Entry.Format, Files: done.Files, Read: done.Read, Kept: done.Kept,
		Merged: done.Merged, Skipped: done.Skipped, Rejected: done.Rejected, FirstRejected: []rejectLine{}, Incomplete: done.Incomplete,
		LeftOut: append([]string{}, done.LeftOut...), leftMore: done.LeftMore,
	}
	if errors.Is(err, corpus.ErrImported) {
		at := instant(done.Entry.At)
		line.Unchanged, line.Name = &at, done.Entry.Name
	}
	for _, r := range done.FirstRejected {
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
	many := ""
	if line.Files > 1 {
		many = fmt.Sprintf("%s files, ", words.Number(line.Files))
	}
	fmt.Fprintf(a.stdout, "%s: %s%s: %s%s lines read, %s observations kept (%s of them merged), %s left out, %s rejected\n",
		terminalSafe(line.File), line.Format, guessed, many, words.Number(line.Read), words.Number(line.Kept), words.Number(line.Merged), words.Number(line.Skipped), words.Number(line.Rejected))
	for _, left := range line.LeftOut {
		fmt.Fprintf(a.stdout, "  left out: %s\n", terminalSafe(left))
	}
	if line.leftMore > 0 {
		fmt.Fprintf(a.stdout, "  left out: %s more\n", words.Number(line.leftMore))
	}
	for _, r := range line.FirstRejected {
		if r.File != "" {
			fmt.Fprintf(a.stdout, "  %s, ", terminalSafe(r.File))
		} else {
			fmt.Fprint(a.stdout, "  ")
		}
		fmt.Fprintf(a.stdout, "line %d: %s: %s\n", r.Line, terminalSafe(r.Reason), terminalSafe(r.Text))
	}
	if line.Incomplete != "" {
		fmt.Fprintf(a.stdout, "  incomplete: %s\n", terminalSafe(line.Incomplete))
	}
	return nil
}
