package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/corpus"
	"clew/internal/investigation"
	"clew/internal/marking"
	"clew/internal/report"
	"clew/internal/words"
	"clew/internal/world"
)

func (a *app) worldCommand() *cobra.Command {
	options := world.Options{Observations: world.DemoObservations}
	var size string
	cmd := &cobra.Command{
		Use:   "world DIR",
		Short: "Write a synthetic internet with known truth, as import files",
		Long: `Writes hosting, registrations, certificates, pages and files of an internet that
does not exist, with planted operators (truth.jsonl) and deliberate traps
(traps.jsonl), in the formats that clew import reads. The same seed and size give
the same bytes.`,
		Example: `  clew world /tmp/world
  clew world /tmp/world --size 10M --seed 7 --compress zst`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if size != "" {
				n, err := parseSize(size)
				if err != nil {
					return err
				}
				options.Observations = n
			}
			w, err := world.New(options)
			if err != nil {
				return usageError{err}
			}
			manifest, err := w.Write(cmd.Context(), args[0], a.worldProgress())
			if err != nil {
				return err
			}
			if a.json {
				return encode(a.stdout, manifest)
			}
			fmt.Fprintf(a.stdout, "%s observations, %d operators in %s; start from %s\n", words.Number(manifest.Observations), manifest.Operators, args[0], w.DemoSeed().Defang())
			return nil
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&options.Seed, "seed", 1, "which world")
	f.StringVar(&size, "size", "", "how many observations, 10k to 50M (default 250k)")
	f.StringVar(&options.Compression, "compress", "", "gz or zst")
	return cmd
}

// parseSize reads a number that may end in k or M.
func parseSize(text string) (int, error) {
	factor, digits := 1, text
	switch {
	case strings.HasSuffix(text, "k"):
		factor, digits = 1000, strings.TrimSuffix(text, "k")
	case strings.HasSuffix(text, "M"):
		factor, digits = 1_000_000, strings.TrimSuffix(text, "M")
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > world.MaxObservations {
		return 0, usagef("--size %q: write a number of observations such as 250k or 10M", text)
	}
	return n * factor, nil
}

func (a *app) worldProgress() func(world.Progress) {
	terminal, last := isTerminal(a.stderr), 0
	return func(p world.Progress) {
		const step = 1_000_000
		switch {
		case terminal:
			fmt.Fprintf(a.stderr, "\r%s of %s observations ", words.Number(p.Observations), words.Number(p.Of))
			if p.Observations >= p.Of {
				fmt.Fprint(a.stderr, "\r\033[K")
			}
		case p.Observations-last >= step:
			last = p.Observations
			fmt.Fprintf(a.stderr, "%s of %s observations\n", words.Number(p.Observations), words.Number(p.Of))
		}
	}
}

func (a *app) demoCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "A whole investigation in a synthetic world, without a network",
		Long: `Makes a small synthetic internet, imports it, investigates one seed in it, prints
the findings, and writes an HTML and a Markdown report. Nothing is asked of
anybody.`,
		Example: "  clew demo\n  clew demo --dir /tmp/clew-demo",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), dir) },
	}
	cmd.Flags().StringVar(&dir, "dir", "clew-demo", "folder for the world, the data directory and the reports")
	return cmd
}

func (a *app) demo(ctx context.Context, dir string) error {
	began := a.clock()
	w, err := world.New(world.Options{Seed: 1, Observations: world.DemoObservations})
	if err != nil {
		return err
	}
	worldDir := filepath.Join(dir, "world")
	fmt.Fprintf(a.stdout, "1. A synthetic internet of %s observations, in %s\n", words.Number(world.DemoObservations), worldDir)
	manifest, err := w.Write(ctx, worldDir, a.worldProgress())
	if err != nil {
		return err
	}
	a.data = filepath.Join(dir, "data")
	if err := a.demoData(filepath.Join(worldDir, "lists")); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	a.local = true // a synthetic world is no business of the team's server
	ws, err := a.workspace(investigation.Needs{Corpus: true, Cases: true})
	if err != nil {
		return err
	}
	defer ws.Close() //nolint:errcheck // what matters was acknowledged before
	fmt.Fprintln(a.stdout, "2. Imported into the corpus:")
	if err := a.importWorld(ctx, ws, worldDir, manifest); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "3. One indicator, %s, and what hangs together with it:\n\n", w.DemoSeed().Defang())
	doc, err := ws.Investigate(ctx, investigation.Request{
		Seeds: []investigation.Seed{{Value: w.DemoSeed(), Source: "demo", Confidence: 100}},
		Scope: "hunt", TLP: marking.TLPClear, PAP: marking.Red, Depth: 2, MaxHolders: 500,
	})
	if err != nil {
		return err
	}
	if doc, err = a.underPolicy(doc); err != nil {
		return err
	}
	if err := report.Text(a.stdout, doc, report.TextOptions{Color: a.color(), Waterfalls: 1}); err != nil {
		return err
	}
	html, markdown := filepath.Join(dir, "report.html"), filepath.Join(dir, "report.md")
	if err := writeReports(doc, html, markdown); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, `
4. The report: %s and %s (%.1f seconds in all)

Try next:
  %[8]s --data %[4]s case show %[5]s --explain     every waterfall
  %[8]s --data %[4]s case audit %[5]s              what the findings hang on
  %[8]s --data %[4]s case log %[5]s                how clew got there
  %[8]s --data %[4]s act %[5]s propose             what to block, and whom that would hit
  %[8]s --data %[4]s export rpz %[5]s --state proposed
  %[8]s --data %[4]s pivots %[6]s
  %[8]s --data %[4]s serve --offline               the same in a browser
  less %[7]s   what is true in this world
`, html, markdown, a.clock().Sub(began).Seconds(), a.data, doc.Case.ID, w.DemoSeed().Text(), filepath.Join(worldDir, "truth.jsonl"), os.Args[0])
	return nil
}

// demoData makes the data directory, without the corpus of an earlier demo. The lists
// go where every later command looks: what is tried on the case means the same then.
func (a *app) demoData(lists string) error {
	to := filepath.Join(a.data, listsFolder)
	return errors.Join(
		os.MkdirAll(a.data, 0o700),
		os.RemoveAll(filepath.Join(a.data, "corpus")),
		os.RemoveAll(to),
		os.CopyFS(to, os.DirFS(lists)),
	)
}

// importWorld loads every file of a world that is to be imported.
func (a *app) importWorld(ctx context.Context, ws *investigation.Workspace, dir string, manifest world.Manifest) error {
	for _, file := range manifest.Files {
		if file.Format == "" {
			continue
		}
		req := investigation.ImportRequest{Name: "world/" + file.Name, Format: file.Format}
		if file.Mapping != "" {
			req.Mapping = filepath.Join(dir, file.Mapping)
		}
		opened, err := os.Open(filepath.Join(dir, file.Name))
		if err != nil {
			return err
		}
		began := a.clock()
		summary, err := ws.Import(ctx, opened, req)
		if errors.Is(err, corpus.ErrImported) {
			fmt.Fprintf(a.stdout, "   %-14s is there already\n", file.Name)
			if err := opened.Close(); err != nil {
				return err
			}
			continue
		}
		if err = errors.Join(err, opened.Close()); err != nil {
			return fmt.Errorf("%s: %w", file.Name, err)
		}
		fmt.Fprintf(a.stdout, "   %-18s %7s observations, %d rejected, %s\n", file.Name, words.Number(summary.Kept), summary.Rejected, a.clock().Sub(began).Round(time.Millisecond))
	}
	return nil
}

func writeReports(doc casefile.Document, html, markdown string) error {
	for path, write := range map[string]func(io.Writer, casefile.Document) error{html: report.HTML, markdown: report.Markdown} {
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		if err := errors.Join(write(file, doc), file.Close()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}
