package main

import (
	"context"
	"io"

	"clew/internal/casefile"
	"clew/internal/export"
	"clew/internal/export/all"
	"clew/internal/investigation"
	"clew/internal/server"
)

// flagsOf turns what a request chose into the flags of clew export.
func flagsOf(c server.Choice) exportFlags {
	return exportFlags{
		states: c.States, bands: c.Bands, confidence: c.Confidence, seeds: c.Seeds, audience: c.TLP, producer: c.Org, notes: c.Notes,
	}
}

// Formats implements [server.Sharing].
func (core) Formats() []server.Format { return formatRows() }

// Choose implements [server.Sharing].
func (c core) Choose(ctx context.Context, w *investigation.Workspace, id, name string, choice server.Choice) (export.Format, export.Set, error) {
	f, known := all.Named(name)
	if !known {
		return f, export.Set{}, server.ErrNoFormat
	}
	rules, err := flagsOf(choice).rules(c.app)
	if err != nil {
		return f, export.Set{}, refused(err)
	}
	record, err := casefile.Load(ctx, w.Cases, id)
	if err != nil {
		return f, export.Set{}, err
	}
	doc, err := c.underPolicy(record.Document())
	if err != nil {
		return f, export.Set{}, err
	}
	set, err := c.chooseFrom(ctx, w, f, []casefile.Document{doc}, rules, nil)
	return f, set, err
}

// Report implements [server.Sharing].
func (c core) Report(ctx context.Context, out io.Writer, format string, doc casefile.Document) error {
	return c.writeReport(ctx, out, format, doc)
}

// Handover implements [server.Sharing].
func (c core) Handover(ctx context.Context, out io.Writer, r casefile.Reader, id string, choice server.Choice) error {
	return refused(c.writeHandover(ctx, out, r, id, flagsOf(choice)))
}

// Policy implements [server.Sharing].
func (c core) Policy() (server.Policy, error) {
	file, err := c.policyFile("")
	if err != nil {
		return server.Policy{}, refused(err)
	}
	p, err := c.policy(file)
	if err != nil {
		return server.Policy{}, refused(err)
	}
	return c.shownPolicy(p, file), nil
}
