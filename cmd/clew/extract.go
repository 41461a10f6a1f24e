package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clew/internal/observable/extract"
	"clew/internal/server"
)

func (a *app) extractCommand() *cobra.Command {
	var options extract.Options
	var kind string
	cmd := &cobra.Command{
		Use:   "extract FILE|-",
		Short: "Indicators out of a report, an e-mail, a web page",
		Long: `Finds the indicators in a report (text, HTML, Markdown, e-mail, CSV, JSON, PDF) with
their position, defanged or not, and does not invent any: version numbers, file
names, dates and abbreviations are none.`,
		Example: `  clew extract report.pdf
  clew extract mail.eml --distinct --json
  pbpaste | clew extract -`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			options.Type = extract.Type(kind)
			input := a.stdin
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return usageError{err}
				}
				defer file.Close() //nolint:errcheck // read only
				input = file
			}
			result, err := extract.Extract(input, options)
			if err != nil {
				return err
			}
			if err := a.printTo(func(w io.Writer) error { return a.printFound(w, result) }); err != nil {
				return err
			}
			return a.unread(result)
		},
	}
	cmd.Flags().StringVar(&kind, "type", "", "read it as this, whatever it looks like: text, csv, json, markdown, html, email, pdf")
	cmd.Flags().BoolVar(&options.Distinct, "distinct", false, "each value once, where it is seen first")
	cmd.Flags().IntVar(&options.MaxBytes, "max-bytes", 0, "read at most this much (default 64 MiB)")
	return cmd
}

func (a *app) printFound(w io.Writer, result extract.Result) error {
	if a.json {
		return encodeLines(w, server.FoundIn(result))
	}
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, f := range result.Found {
		where := fmt.Sprintf("%d:%d", f.Line, f.Column)
		if f.Page > 0 {
			where = fmt.Sprintf("page %d", f.Page)
		}
		note := ""
		if f.Hidden {
			note = "not in the visible text"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", where, f.Value.Kind(), forPeople(f.Value), note)
	}
	return table.Flush()
}

// unread says what of the report was not read.
func (a *app) unread(result extract.Result) error {
	for _, what := range result.Unread {
		fmt.Fprintf(a.stderr, "clew: %s\n", terminalSafe(what))
	}
	if result.Cut {
		return partial{fmt.Sprintf("only the first %d bytes were read: raise it with --max-bytes", result.Bytes)}
	}
	if len(result.Unread) > 0 {
		return partial{"parts of the report were not read"}
	}
	return nil
}
