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

// A measure is one line of the report.
type measure struct {
	name  string
	value func(f figures, rows int) float64
	goals map[string]goal
}

var measures = []measure{
	{
		"ingest, thousand rows/s",
		func(f figures, rows int) float64 { return float64(rows) / f.ingest / 1e3 },
		map[string]goal{"mtbl": {1.4, true}, "sqlite": {6, true}},
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

// report is the outcome of a run. Figures are only in it when the answers agree.
type report struct {
	rows  int
	own   figures
	names []string
	peers []figures
}

func (r *report) add(name string, f figures) {
	r.names = append(r.names, name)
	r.peers = append(r.peers, f)
}

func (r *report) print(w io.Writer) error {
	fmt.Fprintf(w, "corpus, %d rows, %s, %d CPUs, cgo %v; answers of all engines agree\n\n", r.rows, runtime.Version(), runtime.NumCPU(), cgo)
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprint(table, "\tclew")
	for _, name := range r.names {
		fmt.Fprintf(table, "\t%s\tratio\tgoal\t", name)
	}
	fmt.Fprintln(table)
	for _, m := range measures {
		own := m.value(r.own, r.rows)
		fmt.Fprintf(table, "%s\t%.2f", m.name, own)
		for i, name := range r.names {
			theirs := m.value(r.peers[i], r.rows)
			fmt.Fprintf(table, "\t%.2f\t%.2f\t%s", theirs, own/theirs, verdict(m.goals[name], own/theirs))
		}
		fmt.Fprintln(table)
	}
	fmt.Fprintf(table, "\nheavy objects with all links built, which no peer does: %.2f million links/s\n", r.own.built/1e6)
	return table.Flush()
}

// verdict says whether a ratio meets its goal.
func verdict(g goal, ratio float64) string {
	if g.ratio == 0 {
		return "-\t"
	}
	sign, met := "<=", ratio <= g.ratio
	if g.atLeast {
		sign, met = ">=", ratio >= g.ratio
	}
	if met {
		return fmt.Sprintf("%s %.2f met\t", sign, g.ratio)
	}
	return fmt.Sprintf("%s %.2f MISSED\t", sign, g.ratio)
}
