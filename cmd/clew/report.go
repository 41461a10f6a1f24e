package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/report"
	"clew/internal/report/pdf"
)

func (a *app) reportCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "report CASE", Short: "The case as a report for people", Args: cobra.ExactArgs(1),
		Long: `The first page is for somebody who reads nothing else. HTML is one file without
script; PDF is printed from it by a Chromium on this machine (named by $CLEW_CHROMIUM,
else the usual names).`,
		Example: "  clew report 4f2a --format html -o report.html\n  clew report 4f2a --format pdf -o report.pdf\n  clew report 4f2a --format md",
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains([]string{"md", "html", "json", "pdf"}, format) {
				return usagef("--format %q: use md, html, json or pdf", format)
			}
			if format == "pdf" && a.output == "" && isTerminal(a.stdout) {
				return usagef("a PDF is no text: name a file with -o FILE")
			}
			return a.withRecord(cmd.Context(), args[0], func(r casefile.Reader, id string) error {
				record, err := casefile.Load(cmd.Context(), r, id)
				if err != nil {
					return err
				}
				doc, err := a.underPolicy(record.Document())
				if err != nil {
					return err
				}
				return a.printTo(func(w io.Writer) error { return a.writeReport(cmd.Context(), w, format, doc) })
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", "md", "md, html, json or pdf")
	return cmd
}

// writeReport writes a document in one of the formats of a report.
func (a *app) writeReport(ctx context.Context, w io.Writer, format string, doc casefile.Document) error {
	switch format {
	case "html":
		return report.HTML(w, doc)
	case "json":
		return doc.Encode(w)
	case "pdf":
		return a.printPDF(ctx, w, doc)
	}
	return report.Markdown(w, doc)
}

func (a *app) printPDF(ctx context.Context, w io.Writer, doc casefile.Document) error {
	browser, err := pdf.Browser(a.getenv("CLEW_CHROMIUM"))
	if err != nil {
		return fmt.Errorf("%w: install chromium, or name one in CLEW_CHROMIUM; --format html prints from any browser", err)
	}
	var page bytes.Buffer
	if err := report.HTML(&page, doc); err != nil {
		return err
	}
	return pdf.Print(ctx, w, browser, page.Bytes())
}
