package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"clew/internal/export"
	"clew/internal/observable"
	"clew/internal/observation"
	"clew/internal/telemetry"
	"clew/internal/telemetry/logfile"
)

// asWritten are the attributes that logs write as they are.
var asWritten = map[observation.Relation]bool{
	observation.JA3: true, observation.JA3S: true, observation.JA4: true, observation.Imphash: true, observation.UserAgent: true, observation.Filename: true,
	observation.Registry: true, observation.Mutex: true, observation.PDB: true, observation.SignedBy: true,
}

// fieldOf is where logs have what may stand in several fields of a kind.
var fieldOf = map[observation.Relation]string{observation.SubjectDN: "subject", observation.IssuedBy: "issuer"}

// measurer counts what rules on patterns would hit in logs of the team: those
// named, else those of the telemetry index; nil where there are none.
func (a *app) measurer(ctx context.Context, named []string) func([]export.Pattern, []export.NamePattern, []observable.Value) {
	from := "given logs"
	if len(named) == 0 {
		store, err := a.openIndex(false)
		if err != nil {
			return nil
		}
		defer store.Close() //nolint:errcheck // nothing was written
		for _, f := range store.Files() {
			named = append(named, f.Path)
		}
		named = slices.Compact(named) // parts of one file follow each other
		from = "logs of the telemetry index"
	}
	inputs, skipped := logfile.Find(named)
	for _, err := range skipped {
		fmt.Fprintf(a.stderr, "  not measured in: %s\n", oneLine(err.Error()))
	}
	if len(inputs) == 0 {
		return nil
	}
	return func(patterns []export.Pattern, names []export.NamePattern, findings []observable.Value) {
		var probes []telemetry.Probe
		var tell []func(telemetry.Measured, int64)
		for i := range patterns {
			p := &patterns[i]
			probe := telemetry.Probe{Text: p.Value.Text()}
			if telemetry.ByValue(p.Value.Kind()) {
				probe = telemetry.Probe{Value: p.Value, Field: fieldOf[p.Relation]}
			} else if !asWritten[p.Relation] {
				p.Telemetry = "not measured: logs write it in more than one form"
				continue
			}
			probes = append(probes, probe)
			tell = append(tell, func(m telemetry.Measured, n int64) { p.Telemetry = hitsOf(m, n, m.Lines, "lines", from) })
		}
		for i := range names {
			p := &names[i]
			probes = append(probes, telemetry.Probe{Names: regexp.MustCompile(p.Regexp)}) // it was compiled before
			tell = append(tell, func(m telemetry.Measured, n int64) {
				p.Telemetry = hitsOf(m, n, m.Names, "registered names"+beyond(m), from)
			})
		}
		m, err := telemetry.Measure(ctx, inputs, probes, findings)
		if err != nil {
			fmt.Fprintf(a.stderr, "  not measured in %s: %s\n", from, oneLine(err.Error()))
			return
		}
		for _, missing := range m.Missing {
			fmt.Fprintf(a.stderr, "  measured in part only: %s\n", oneLine(missing))
		}
		for i, say := range tell {
			say(m, m.Hits[i])
		}
	}
}

// beyond says where a measurement stopped to take in names.
func beyond(m telemetry.Measured) string {
	if !m.Full {
		return ""
	}
	return fmt.Sprintf(" among the first %d distinct words", telemetry.MaxMeasuredWords)
}

// hitsOf writes a count as the comment of a rule has it.
func hitsOf(m telemetry.Measured, n, of int64, what, from string) string {
	period := "of an unknown time"
	if !m.First.IsZero() {
		period = export.Day(m.First) + " to " + export.Day(m.Last)
	}
	part := ""
	if len(m.Missing) > 0 {
		part = fmt.Sprintf(", %d not read to their end", len(m.Missing))
	}
	return fmt.Sprintf("%d of %d %s match beside the findings (%d %s%s, %s)", n, of, what, m.Logs, from, part, period)
}
