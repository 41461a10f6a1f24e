package report

import (
	"cmp"
	"slices"
	"strings"

	"clew/internal/casefile"
)

// gapRow sums up the questions to one source that ended in one way. The
// document lists each of them.
type gapRow struct {
	Source, State string
	Questions     int
	Values        int      // how many values they were about
	Example       string   // one of them
	Reasons       []string // the commonest few
	MoreReasons   int
	Until         casefile.Time // when the first of them may be asked again, zero when no reply said so
}

// gapReasons is how many reasons a row of gaps names.
const gapReasons = 2

func gapsOf(d casefile.Document) []gapRow {
	type key struct{ source, state string }
	groups := map[key][]casefile.Gap{}
	for _, g := range d.Gaps {
		k := key{g.Source, g.State}
		groups[k] = append(groups[k], g)
	}
	rows := make([]gapRow, 0, len(groups))
	for k, gaps := range groups {
		row := gapRow{Source: name(k.source), State: name(k.state), Questions: len(gaps)}
		values, reasons := map[string]int{}, map[string]int{}
		for _, g := range gaps {
			values[value(g.Kind, g.Value)]++
			reasons[withoutValue(g)]++
			if !g.Until.IsZero() && (row.Until.IsZero() || g.Until.Before(row.Until.Time)) {
				row.Until = g.Until
			}
		}
		row.Values, row.Example = len(values), value(gaps[0].Kind, gaps[0].Value)
		row.Reasons, row.MoreReasons = commonest(reasons, gapReasons)
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b gapRow) int {
		return cmp.Or(cmp.Compare(b.Questions, a.Questions), cmp.Compare(a.Source, b.Source), cmp.Compare(a.State, b.State))
	})
	return rows
}

// withoutValue shows the reason with the value it is about taken out, so that
// the same reason for many values reads as one.
func withoutValue(g casefile.Gap) string {
	reason := g.Reason
	if g.Value != "" {
		reason = strings.ReplaceAll(reason, g.Value, "…")
	}
	return prose(reason)
}

// commonest returns up to limit texts, the most frequent first, and how many
// more there are.
func commonest(texts map[string]int, limit int) (shown []string, more int) {
	var counted []tally
	for text, n := range texts {
		if text != "" {
			counted = append(counted, tally{Name: text, N: n})
		}
	}
	sortTallies(counted)
	for _, c := range counted[:min(limit, len(counted))] {
		shown = append(shown, c.Name)
	}
	return shown, len(counted) - len(shown)
}

func askedOf(d casefile.Document) []tally {
	asked := make([]tally, 0, len(d.Asked))
	for _, a := range d.Asked {
		asked = append(asked, tally{Name: name(a.Source), Detail: name(a.State), N: a.Questions})
	}
	slices.SortFunc(asked, func(a, b tally) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Detail, b.Detail)) })
	return asked
}
