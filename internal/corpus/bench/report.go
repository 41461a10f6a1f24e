package main

import (
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
)

// A goal is the ratio clew to peer that the performance notes ask for.
type goal struct {
	ratio   float64
	atLeast bool // at most otherwise
}

// A line of the report.
type line struct {
	name  string
	value func(f figures, rows int) float64
	goals map[string]goal
}

var lines = []line{
	{
		"ingest, thousand rows/s",
		func(f figures, rows int) float64 { return float64(rows) / f.ingest / 1e3 },
		map[string]goal{"mtbl": {1.4, true}, "sqlite": {6, true}},
	},
	{ // which other work on the machine disturbs less, and which counts threads
		"ingest, processor µs/row",
		func(f figures, rows int) float64 { return f.cpu / float64(rows) * 1e6 },
		nil,
	},
	{
		"ingest, peak memory, MiB",
		func(f figures, _ int) float64 { return float64(f.peak) / (1 << 20) },
		nil,
	},
	{
		"size, bytes/row",
		func(f figures, rows int) float64 { return float64(f.size) / float64(rows) },
		map[string]goal{"mtbl": {1.15, false}, "sqlite": {0.55, false}},
	},
	{
		"warm lookup, µs (median)",
		func(f figures, _ int) float64 { return f.lookup },
		map[string]goal{"mtbl": {0.25, false}, "sqlite": {0.45, false}},
	},
	{
		"20 heaviest objects, million links/s",
		func(f figures, _ int) float64 { return f.heavy / 1e6 },
		map[string]goal{"mtbl": {0.9, true}},
	},
}

// report is the outcome of a run whose answers agreed.
type report struct {
	rows  int
	all   []figures // ours first
	built float64   // links a second that we read and build from heavy objects
}

func (r report) print(w io.Writer) error {
	fmt.Fprintf(w, "corpus, %d rows, %s, %d CPUs, cgo %v; answers of all engines agree\n\n", r.rows, runtime.Version(), runtime.NumCPU(), cgo)
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	own, peers := r.all[0], r.all[1:]
	fmt.Fprintf(table, "\t%s", own.name)
	for _, p := range peers {
		fmt.Fprintf(table, "\t%s\tratio\tgoal", p.name)
	}
	fmt.Fprintln(table)
	for _, m := range lines {
		ours := m.value(own, r.rows)
		fmt.Fprintf(table, "%s\t%.2f", m.name, ours)
		for _, p := range peers {
			theirs := m.value(p, r.rows)
			fmt.Fprintf(table, "\t%.2f\t%.2f\t%s", theirs, ours/theirs, verdict(m.goals[p.name], ours/theirs))
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nheavy objects with all links built, which no peer does: %.2f million links/s\n", r.built/1e6)
	return err
}

// verdict says whether a ratio meets its goal.
func verdict(g goal, ratio float64) string {
	if g.ratio == 0 {
		return "-"
	}
	sign, met := "<=", ratio <= g.ratio
	if g.atLeast {
		sign, met = ">=", ratio >= g.ratio
	}
	if met {
		return fmt.Sprintf("%s %.2f met", sign, g.ratio)
	}
	return fmt.Sprintf("%s %.2f MISSED", sign, g.ratio)
}
