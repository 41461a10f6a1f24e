package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"clew/internal/casefile"
	"clew/internal/response/handover"
)

func (a *app) caseHandover() *cobra.Command {
	var flags exportFlags
	cmd := &cobra.Command{
		Use: "handover CASE -o FILE", Short: "The case for somebody who takes it over, in one ZIP", Args: cobra.ExactArgs(1),
		Long: `Packs the report (HTML, Markdown, JSON), a STIX bundle, the sightings, the timeline
and the raw evidence, with the SHA-256 of each file. Reading it takes no clew; to
continue the case with clew, use clew case bundle.`,
		Example: "  clew case handover 4f2a -o case.zip\n  clew case handover 4f2a --tlp AMBER -o case.zip",
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.output == "" && isTerminal(a.stdout) {
				return usagef("a hand-over is a ZIP file: name one with -o FILE")
			}
			return a.withRecord(cmd.Context(), args[0], func(r casefile.Reader, id string) error {
				return a.printTo(func(out io.Writer) error { return a.writeHandover(cmd.Context(), out, r, id, flags) })
			})
		},
	}
	cmd.Flags().StringVar(&flags.audience, "tlp", "", "who will read it: RED, AMBER+STRICT, AMBER, GREEN or CLEAR; refused when the case is marked stricter")
	cmd.Flags().StringVar(&flags.producer, "org", "", "who hands over, as the STIX bundle names the author (default: clew)")
	return cmd
}

func (a *app) writeHandover(ctx context.Context, out io.Writer, r casefile.Reader, id string, flags exportFlags) error {
	rules, err := flags.rules(a)
	if err != nil {
		return err
	}
	record, err := casefile.Load(ctx, r, id)
	if err != nil {
		return err
	}
	d, err := a.underPolicy(record.Document())
	if err != nil {
		return err
	}
	return handover.Write(ctx, out, handover.Package{Record: record, Document: d, Rules: rules, Blobs: r})
}
