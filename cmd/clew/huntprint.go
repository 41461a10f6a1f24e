package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"clew/internal/telemetry"
	"clew/internal/telemetry/match"
	"clew/internal/words"
)

// printHit writes one hit for people, and the record below it.
func printHit(w io.Writer, ind match.Indicator, s telemetry.Sighting) error {
	when := "no time"
	if !s.Time.IsZero() {
		when = s.Time.Format("2006-01-02 15:04:05")
	}
	where := s.Meaning.String()
	if s.Field == "" {
		where = "text"
	}
	extra := ""
	for _, part := range []string{s.Action.String(), s.Why} {
		if part != "" {
			extra += "; " + part
		}
	}
	_, err := fmt.Fprintf(w, "%s  %s  %s  %s %s  %s%s\n  %s\n  %s\n", when, s.Verdict, forPeople(ind.Value), s.Contact, where, oneLine(s.Asset.String()), oneLine(extra),
		oneLine(at(s)), oneLine(s.Record))
	return err
}

// oneLine is terminalSafe for text that shares its line with other words: what a
// log calls a machine must not look like a hit of its own.
func oneLine(text string) string {
	return terminalSafe(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, text))
}

// printFindings writes one line an indicator, and below it who and when.
func printFindings(w io.Writer, found *telemetry.Findings) {
	all := found.All()
	if len(all) == 0 {
		return
	}
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "VERDICT\tINDICATOR\tHITS\tCONTACT\tFIRST\tLAST\tASSETS\tLET THROUGH")
	for _, f := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Verdict(), forPeople(f.Indicator.Value), words.Number(f.Count), f.Contact(),
			minute(f.First), minute(f.Last), oneLine(firstAssets(f)), letThrough(f))
	}
	_ = table.Flush() // the writer below keeps its error
	for _, f := range all {
		fmt.Fprintf(w, "\n%s  %s\n", forPeople(f.Indicator.Value), f.Verdict())
		if f.Indicator.Label != "" {
			fmt.Fprintf(w, "  listed as   %s\n", oneLine(f.Indicator.Label))
		}
		if f.Why != "" {
			fmt.Fprintf(w, "  why         %s\n", oneLine(f.Why))
		}
		e := f.Example
		where := e.Meaning.String()
		if e.Field == "" {
			where = "somewhere in the text"
		}
		fmt.Fprintf(w, "  seen as     %s in %s, log of kind %s (%s)\n", where, oneLine(at(e)), e.Kind, oneLine(e.Format))
		if e.Asset.User != "" || e.Asset.Process != "" {
			fmt.Fprintf(w, "  there       %s\n", oneLine(strings.TrimSpace(e.Asset.User+"  "+e.Asset.Process)))
		}
		if days := f.Timeline(); len(days) > 1 {
			fmt.Fprintf(w, "  timeline    %s\n", timeline(days))
		}
	}
}

func at(s telemetry.Sighting) string {
	if s.Line == 0 {
		return fmt.Sprintf("%s at byte %d", s.File, s.Offset)
	}
	return fmt.Sprintf("%s:%d", s.File, s.Line)
}

func minute(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format("2006-01-02 15:04")
}

// firstAssets names the first few machines.
func firstAssets(f *telemetry.Finding) string {
	const most = 3
	all := f.Assets()
	var names []string
	for _, a := range all[:min(len(all), most)] {
		names = append(names, a.Name)
	}
	text := strings.Join(names, ", ")
	if len(all) > most {
		text += fmt.Sprintf(" and %d more", len(all)-most)
	}
	if text == "" {
		return "-"
	}
	return text
}

// letThrough counts what the logs say about it: not all do.
func letThrough(f *telemetry.Finding) string {
	switch allowed, blocked := f.Actions["allowed"], f.Actions["blocked"]; {
	case allowed > 0 && blocked > 0:
		return fmt.Sprintf("%d allowed, %d blocked", allowed, blocked)
	case blocked > 0:
		return fmt.Sprintf("%d blocked", blocked)
	case allowed > 0:
		return fmt.Sprintf("%d allowed", allowed)
	}
	return "not said"
}

// timeline lists the days with hits, the busiest few where there are many.
func timeline(days []telemetry.Tally) string {
	const most = 8
	var parts []string
	for i, d := range days {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more days, the last %s", len(days)-most, days[len(days)-1].Name))
			break
		}
		parts = append(parts, fmt.Sprintf("%s %d", d.Name, d.Count))
	}
	return strings.Join(parts, " · ")
}

// printCoverage says what was searched: without it "nothing" means nothing.
func printCoverage(w io.Writer, c telemetry.Coverage) {
	t := c.Totals()
	period := "no record with a time"
	if !t.First.IsZero() {
		period = fmt.Sprintf("%s to %s UTC", minute(t.First), minute(t.Last))
	}
	fmt.Fprintf(w, "searched %s, %s, %s; %s\n", words.Count(len(c.Files), "log"), words.Count(t.Lines, "line"), megabytes(t.Bytes), period)
	if t.Unknown > 0 {
		fmt.Fprintf(w, "  of %s taken apart, %s known to no reader and searched as plain text\n", words.Count(t.Parsed, "record"), isAre(t.Unknown))
	}
	if t.Cut > 0 {
		fmt.Fprintf(w, "  %s longer than 64 MiB, searched in pieces\n", words.Count(t.Cut, "record"))
	}
}

func isAre(n int64) string {
	if n == 1 {
		return "1 is"
	}
	return words.Number(n) + " are"
}

func megabytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KB", (n+1023)/1024)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}
