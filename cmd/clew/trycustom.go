package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"clew/internal/casefile"
	"clew/internal/observable"
	"clew/internal/source"
	"clew/internal/source/custom"
	"clew/internal/words"
)

// mappedLine is one observation that a custom source made of a reply.
type mappedLine struct {
	Subject  casefile.Value  `json:"subject"`
	Relation string          `json:"relation"`
	Object   casefile.Value  `json:"object"`
	Window   casefile.Window `json:"window"`
	Count    uint64          `json:"count"`
}

// tryCustom reads a saved reply as a custom source would.
func (a *app) tryCustom(ctx context.Context, file, endpoint, about, input string) error {
	if !isSourceFile(file) {
		return usagef("%s is no file of a custom source: name a .yaml file", file)
	}
	connector, err := custom.ReadFile(file)
	if err != nil {
		return usageError{err}
	}
	var value observable.Value
	if about != "" {
		if value, err = indicator(about); err != nil {
			return err
		}
	}
	body, err := readBounded(input)
	if err != nil {
		return usageError{err}
	}
	mapping, err := connector.Map(ctx, endpoint, value, source.Reply{Status: 200, Body: body, At: a.clock().UTC()})
	if err != nil {
		return usageError{err}
	}
	if err := a.printTo(func(w io.Writer) error { return a.printMapping(w, mapping) }); err != nil {
		return err
	}
	for _, n := range mapping.Notes {
		fmt.Fprintf(a.stderr, "clew: row %d: %s\n", n.Row, terminalSafe(n.Text))
	}
	for _, p := range mapping.Answer.Parts {
		fmt.Fprintf(a.stderr, "clew: %s: %s %s\n", terminalSafe(p.Endpoint), p.State, terminalSafe(p.Reason))
	}
	if slices.ContainsFunc(mapping.Answer.Parts, func(p source.Part) bool { return p.State == source.Failed }) {
		return partial{"the reply was not understood"}
	}
	if dropped := mapping.Answer.Dropped; dropped > 0 {
		return partial{words.Count(dropped, "result") + " dropped"}
	}
	return nil
}

func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // read only
	body, err := io.ReadAll(io.LimitReader(file, source.MaxReply+1))
	if err == nil && len(body) > source.MaxReply {
		err = fmt.Errorf("%s is larger than a reply may be (%d bytes)", path, source.MaxReply)
	}
	return body, err
}

func (a *app) printMapping(w io.Writer, mapping custom.Mapping) error {
	lines := make([]mappedLine, len(mapping.Answer.Observations))
	for i, o := range mapping.Answer.Observations {
		lines[i] = mappedLine{casefile.ValueOf(o.Subject), o.Relation.String(), casefile.ValueOf(o.Object), casefile.WindowOf(o.Window), o.Count}
	}
	if a.json {
		return encodeLines(w, lines)
	}
	for i, o := range mapping.Answer.Observations {
		fmt.Fprintf(w, "%s %s %s  %s\n", forPeople(o.Subject), o.Relation, forPeople(o.Object), days(lines[i].Window))
	}
	for _, t := range mapping.Answer.Totals {
		fmt.Fprintf(w, "%s %s: %s in all\n", t.Relation, forPeople(t.Object), words.Count(t.N, "holder"))
	}
	if mapping.Next != "" {
		fmt.Fprintf(w, "next page: %s\n", terminalSafe(mapping.Next))
	}
	return nil
}
