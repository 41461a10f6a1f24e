package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/export/all"
	"clew/internal/investigation"
	"clew/internal/marking"
	"clew/internal/naming"
	"clew/internal/observable"
	"clew/internal/server"
)

// exportFlags choose what is exported.
type exportFlags struct {
	states, bands []string
	confidence    int
	seeds         bool
	audience      string
	producer      string
	explain       bool
	notes         bool
	logs          []string // in which rules on patterns are tried
}

func (a *app) exportCommand() *cobra.Command {
	var flags exportFlags
	cmd := &cobra.Command{
		Use:   "export FORMAT CASE...",
		Short: "Write cases as block lists, detection rules, exchange formats",
		Long: `Block lists hold what was approved and has not expired; rules and exchange formats
what is of high or medium confidence. Members of reference lists are in no list
that tools act on. What stays out is counted on standard error, --explain names it.`,
		Example: `  clew export list                            every format, what reads it and how it was proved
  clew export rpz 4f2a -o rpz.clew.zone
  clew export nftables 4f2a 77ab | nft -f -
  clew export stix 4f2a --tlp GREEN -o share.json    refused when the case is marked stricter
  clew export edl-domain 4f2a --state proposed --explain`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, ok := all.Named(args[0])
			if !ok {
				return usagef("%q is no format: clew export list shows what there is", args[0])
			}
			return a.exportCases(cmd.Context(), f, args[1:], flags)
		},
	}
	flags.add(cmd)
	cmd.AddCommand(a.exportList())
	return cmd
}

func (f *exportFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.states, "state", nil, "states of the action: proposed, approved, applied, none (default: approved,applied in block lists, else any)")
	flags.StringSliceVar(&f.bands, "band", nil, "bands: high, medium, low (default: any in block lists, else high,medium)")
	flags.IntVar(&f.confidence, "min-confidence", 0, "leave out what is less sure, in percent")
	flags.BoolVar(&f.seeds, "seeds", false, "put the seeds into block lists too")
	flags.StringVar(&f.audience, "tlp", "", "who will read it: RED, AMBER+STRICT, AMBER, GREEN or CLEAR; cases marked stricter stay out (default: as the cases are marked)")
	flags.StringVar(&f.producer, "org", "", "who exports, as exchange formats name the author (default: clew)")
	flags.BoolVar(&f.notes, "notes", false, "also the remarks on the whole case, not only those on what is exported (stix)")
	flags.StringSliceVar(&f.logs, "logs", nil, "logs of yours in which to count what rules on patterns would hit (default: those of the telemetry index)")
	flags.BoolVar(&f.explain, "explain", false, "name everything that is left out, and why")
}

// rules checks the flags.
func (f exportFlags) rules(a *app) (export.Rules, error) {
	for _, s := range f.states {
		if !slices.Contains([]string{"none", "proposed", "approved", "applied", "expired", "revoked", "refused"}, s) {
			return export.Rules{}, usagef("--state %q is no state of an action", s)
		}
	}
	for _, b := range f.bands {
		if !slices.Contains([]string{"high", "medium", "low"}, b) {
			return export.Rules{}, usagef("--band %q is no band: use high, medium or low", b)
		}
	}
	if f.confidence < 0 || f.confidence > 100 {
		return export.Rules{}, usagef("--min-confidence %d is no percentage", f.confidence)
	}
	r := export.Rules{
		States: f.states, Bands: f.bands, MinConfidence: f.confidence, Seeds: f.seeds, Producer: f.producer, Notes: f.notes, At: a.clock(),
	}
	if f.audience != "" {
		var err error
		if r.Audience, err = marking.ParseTLP(f.audience); err != nil {
			return r, usageError{err}
		}
	}
	lists, err := a.references()
	if err != nil {
		return r, err
	}
	r.Benign = func(v observable.Value) (string, bool) {
		hit, benign := lists.Benign(v)
		return hit.String(), benign
	}
	return r, nil
}

func (a *app) exportCases(ctx context.Context, f export.Format, names []string, flags exportFlags) error {
	if f.Files != nil && (a.output == "" || a.output == "-") {
		return usagef("%s is a folder: name one with -o FOLDER", f.Name)
	}
	set, err := a.exportSet(ctx, f, names, flags)
	if err != nil {
		return err
	}
	if f.Files != nil {
		err = a.writeFolder(f, set)
	} else {
		err = a.printTo(func(out io.Writer) error { return f.Write(out, set) })
	}
	if err != nil {
		return err
	}
	a.recordExport(ctx, set.Exported(f.Name, "", ""))
	return a.saidOfExport(f, set, flags.explain)
}

// recordExport notes in the record of each case what was exported of it and what
// stayed out. A bundle has no record to write into, and an export that was made
// is not undone because a record cannot say so.
func (a *app) recordExport(ctx context.Context, of map[string]casefile.Exported) {
	for _, id := range slices.Sorted(maps.Keys(of)) {
		err := a.withCase(ctx, id, func(w *investigation.Workspace, id string) error { return w.RecordExported(ctx, id, of[id]) })
		if err != nil && !errors.Is(err, casefile.ErrNoCase) {
			fmt.Fprintf(a.stderr, "  %s: it was exported, and its record cannot say so: %s\n", id, terminalSafe(err.Error()))
		}
	}
}

// exportSet reads the cases and chooses what f holds of them.
func (a *app) exportSet(ctx context.Context, f export.Format, names []string, flags exportFlags) (export.Set, error) {
	rules, err := flags.rules(a)
	if err != nil {
		return export.Set{}, err
	}
	var documents []casefile.Document
	for _, name := range names {
		err := a.withRecord(ctx, name, func(r casefile.Reader, id string) error {
			record, err := casefile.Load(ctx, r, id)
			if err != nil {
				return err
			}
			doc, err := a.underPolicy(record.Document())
			documents = append(documents, doc)
			return err
		})
		if err != nil {
			return export.Set{}, err
		}
	}
	if !f.Patterns {
		return a.chooseFrom(ctx, nil, f, documents, rules, flags.logs)
	}
	w, err := a.workspace(investigation.Needs{Corpus: true, ReadOnly: true})
	if err != nil {
		fmt.Fprintf(a.stderr, "  no naming pattern is learned: %s\n", terminalSafe(err.Error()))
		return a.chooseFrom(ctx, nil, f, documents, rules, flags.logs)
	}
	defer w.Close() //nolint:errcheck // nothing was written
	return a.chooseFrom(ctx, w, f, documents, rules, flags.logs)
}

// chooseFrom chooses what f holds of documents. Without a corpus nothing is
// learned from them.
func (a *app) chooseFrom(ctx context.Context, w *investigation.Workspace, f export.Format, documents []casefile.Document, rules export.Rules, logs []string) (export.Set, error) {
	if w != nil && f.Patterns {
		rules.Learn = a.learner(ctx, w)
	}
	if f.Patterns {
		rules.Measure = a.measurer(ctx, logs)
	}
	return export.Choose(documents, f, rules)
}

// learner finds the pattern of names, and counts what it would match besides in
// the corpus, the benign lists, and by chance.
func (a *app) learner(ctx context.Context, w *investigation.Workspace) func([]observable.Value) (export.NamePattern, bool) {
	return func(values []observable.Value) (export.NamePattern, bool) {
		var names []naming.Name
		for _, v := range values {
			if name, ok := naming.NameOf(v); ok {
				names = append(names, name)
			}
		}
		const counted = 10_000 // names of the corpus at most
		family, err := w.LearnFamily(ctx, names, counted, nil)
		switch {
		case errors.Is(err, naming.ErrTooFew), errors.Is(err, naming.ErrNoPattern):
			return export.NamePattern{}, false
		case err != nil:
			fmt.Fprintf(a.stderr, "  no naming pattern is learned: %s\n", terminalSafe(err.Error()))
			return export.NamePattern{}, false
		}
		atLeast := ""
		if family.More {
			atLeast = "at least "
		}
		return export.NamePattern{
			Regexp: family.Regexp, Words: family.Words, Learned: family.Learned,
			False: fmt.Sprintf("corpus: %s%d of %d names match beside those learned from (index of %s). Benign lists: %d of %d. By chance: about %s of %d registered names",
				atLeast, len(family.Found), family.CorpusOf, family.AsOf, len(family.Benign), family.BenignOf, fewOrMany(family.Expected), family.World),
		}, true
	}
}

// writeFolder writes the files of a format into the folder of --output. Other
// files there stay as they are.
func (a *app) writeFolder(f export.Format, s export.Set) error {
	files, err := f.Files(s)
	if err != nil {
		return err
	}
	for _, file := range files {
		path := filepath.Join(a.output, filepath.FromSlash(file.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return fmt.Errorf("output: %w", err)
		}
		into := *a
		into.output = path
		if err := into.printTo(func(out io.Writer) error { _, err := out.Write(file.Content); return err }); err != nil {
			return err
		}
	}
	return nil
}

// saidOfExport tells what is in the export and what is not.
func (a *app) saidOfExport(f export.Format, s export.Set, explain bool) error {
	fmt.Fprintf(a.stderr, "%s: %s at TLP:%s\n", f.Name, export.Plural(len(s.Entries), "entry", "entries"), s.TLP)
	if f.Use == export.Block && len(s.Entries) == 0 {
		fmt.Fprintln(a.stderr, "  the list is empty: block lists take what was approved; --state proposed takes what is only proposed")
	}
	counts, order := map[string]int{}, []string(nil)
	for _, l := range s.Left {
		if counts[l.Reason]++; counts[l.Reason] == 1 {
			order = append(order, l.Reason)
		}
		if explain {
			fmt.Fprintf(a.stderr, "  left out: %s: %s\n", terminalSafe(l.Value), terminalSafe(l.Reason))
		}
	}
	if !explain {
		for _, reason := range order {
			fmt.Fprintf(a.stderr, "  left out: %d: %s\n", counts[reason], terminalSafe(reason))
		}
	}
	for _, l := range s.Left {
		if strings.Contains(l.Reason, "this export is for TLP:") {
			return partial{l.Value + ": " + l.Reason}
		}
	}
	return nil
}

func (a *app) exportList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Every format: what it is for, what reads it", Args: cobra.NoArgs,
		Example: "  clew export list\n  clew export list --json",
		RunE: func(*cobra.Command, []string) error {
			return a.printTo(func(out io.Writer) error {
				if a.json {
					return encode(out, struct {
						Formats []server.Format `json:"formats"`
					}{formatRows()})
				}
				table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
				fmt.Fprintln(table, "FORMAT\tFOR\tWHAT")
				for _, f := range formatRows() {
					fmt.Fprintf(table, "%s\t%s\t%s\n", f.Name, f.Use, f.Doc)
				}
				return table.Flush()
			})
		},
	}
}

func formatRows() []server.Format {
	var rows []server.Format
	for _, f := range all.Formats() {
		kinds := make([]string, len(f.Kinds))
		for i, k := range f.Kinds {
			kinds[i] = k.String()
		}
		rows = append(rows, server.Format{
			Name: f.Name, Title: f.Title, Use: string(f.Use), Doc: f.Doc, Kinds: kinds, File: f.File, Folder: f.Files != nil, Proof: f.Proof, Media: f.Media(),
		})
	}
	return rows
}
