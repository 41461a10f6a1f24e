package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"clew/internal/casefile"
	"clew/internal/words"
)

// TextOptions say how a terminal shows a document.
type TextOptions struct {
	Color      bool
	Width      int  // columns; 0 means DefaultWidth
	Waterfalls int  // how many of the most probable findings are explained
	Explain    bool // explain every finding, coincidences included
}

// DefaultWidth is how many columns text takes unless told.
const DefaultWidth = 100

// minWidth is the narrowest layout that still holds a table.
const minWidth = 60

// Text writes a document for a terminal: what was found, why, how it hangs
// together, and what is not known. Every value is defanged, and nothing from
// outside can steer the terminal.
func Text(w io.Writer, d casefile.Document, o TextOptions) error {
	t := newTerminal(w, o)
	p := newPage(d)
	t.heading(p)
	for _, b := range p.Bands {
		t.band(b)
	}
	for _, f := range p.explained(o) {
		t.waterfall(p, f)
	}
	t.trees(p)
	t.context(p)
	t.gaps(p)
	t.footer(p)
	return t.out.Flush()
}

// explained returns the findings whose waterfall is asked for.
func (p page) explained(o TextOptions) []finding {
	var all []finding
	for _, b := range p.Bands {
		all = append(all, b.Findings...)
	}
	if o.Explain {
		return all
	}
	return all[:max(0, min(o.Waterfalls, len(all)))]
}

// terminal lays out lines. Errors of writing are kept by out and told at the end.
type terminal struct {
	out   *bufio.Writer
	color bool
	width int
}

func newTerminal(w io.Writer, o TextOptions) terminal {
	width := o.Width
	if width == 0 {
		width = DefaultWidth
	}
	return terminal{bufio.NewWriter(w), o.Color, max(width, minWidth)}
}

// A style is an ANSI sequence, the only ones that are ever written.
type style string

const (
	bold   style = "\x1b[1m"
	faint  style = "\x1b[2m"
	red    style = "\x1b[1;31m"
	yellow style = "\x1b[33m"
	cyan   style = "\x1b[36m"
)

var bandStyles = map[string]style{"high": red, "medium": yellow, "low": cyan, "coincidence": faint}

func (t terminal) paint(s style, text string) string {
	if !t.color || s == "" || text == "" {
		return text
	}
	return string(s) + text + "\x1b[0m"
}

func (t terminal) line(parts ...string) {
	text := strings.TrimRight(strings.Join(parts, ""), " ")
	fmt.Fprintln(t.out, text)
}

// paragraph writes wrapped text behind an indent.
func (t terminal) paragraph(indent, text string, s style) {
	for _, l := range wrap(text, t.width-cells(indent)) {
		t.line(indent, t.paint(s, l))
	}
}

// titled writes a title with a remark behind it, or below it where the line is
// too short for both.
func (t terminal) titled(title string, s style, remark string) {
	title = clip(title, t.width)
	if cells(title)+2+cells(remark) <= t.width {
		t.line(t.paint(s, title), "  ", t.paint(faint, remark))
		return
	}
	t.line(t.paint(s, title))
	t.paragraph("  ", remark, faint)
}

func (t terminal) heading(p page) {
	t.titled("case "+p.ID, bold, strings.Join(p.marks(), " · "))
	for _, s := range p.Seeds {
		t.titled("seed "+s.Value, bold, s.words())
	}
	t.line()
	for _, sentence := range p.Summary {
		t.paragraph("", sentence, "")
	}
}

// words says what the analyst said about a seed.
func (s seed) words() string {
	text := s.Kind
	if s.Source != "" {
		text += " from " + s.Source
	}
	return fmt.Sprintf("%s, confidence %d", text, s.Confidence)
}

func (t terminal) band(b band) {
	if len(b.Findings) == 0 {
		return
	}
	t.line()
	title := fmt.Sprintf("%s %s", strings.ToUpper(b.Name), words.Number(len(b.Findings)))
	t.titled(title, bandStyles[b.Name], b.Meaning)
	if b.Name == "coincidence" {
		t.paragraph("  ", coincidences(b), faint)
		return
	}
	columns := t.columns(b)
	const roomForDates = 90 // columns
	dated := t.width >= roomForDates && slices.ContainsFunc(b.Findings, func(f finding) bool { return f.First != "" || f.Last != "" })
	dates := ""
	if dated {
		dates = pad("first seen", 12) + pad("last seen", 12)
	}
	t.line(t.paint(faint, clip("  "+pad("P", 6)+pad("indicator", columns)+dates+"strongest evidence, bits", t.width)))
	for _, f := range b.Findings {
		t.finding(f, columns, dated)
	}
}

// columns is how wide the indicators of a table are set: as the longest needs,
// up to a share of the line.
func (t terminal) columns(b band) int {
	widest := len("indicator")
	for _, f := range b.Findings {
		widest = max(widest, cells(f.Value))
	}
	return min(widest, t.width*2/5) + 2
}

func (t terminal) finding(f finding, columns int, dated bool) {
	left := "  " + pad(f.P, 6)
	value := t.paint(bandStyles[f.Band], clip(f.Value, columns-2)) + strings.Repeat(" ", columns-min(cells(f.Value), columns-2))
	dates := ""
	if dated {
		dates = pad(f.First, 12) + pad(f.Last, 12)
	}
	rest := t.width - cells(left) - columns - cells(dates)
	t.line(left, value, t.paint(faint, dates), f.whyWithin(rest))
	for _, remark := range []string{f.remark(), f.seenInside()} {
		t.paragraph(strings.Repeat(" ", 8), remark, faint)
	}
}

// whyWithin names as many of the strongest facts as fit, and marks that there
// are more.
func (f finding) whyWithin(width int) string {
	if cells(f.why()) <= width {
		return f.why()
	}
	for n := len(f.Strongest) - 1; n > 0; n-- {
		if text := strings.Join(f.Strongest[:n], " · ") + " · …"; cells(text) <= width {
			return text
		}
	}
	return clip(f.why(), width)
}

// coincidences says why the findings of the last band are in it.
func coincidences(b band) string {
	reasons := map[string]int{}
	for _, f := range b.Findings {
		switch {
		case f.Verdict == string(casefile.TypeRejected):
			reasons["rejected by the analyst"]++
		case f.Suppressed != "":
			reasons["suppressed: "+f.Suppressed]++
		default:
			reasons["P below 0.10"]++
		}
	}
	const shown = 6
	texts, more := commonest(reasons, shown)
	for i, text := range texts {
		texts[i] = words.Number(reasons[text]) + " " + text
	}
	if more > 0 {
		texts = append(texts, fmt.Sprintf("and %s", words.Count(more, "other reason")))
	}
	return strings.Join(texts, "; ")
}

func (t terminal) gaps(p page) {
	if len(p.Gaps) == 0 {
		return
	}
	t.line()
	t.titled("GAPS", bold, "what was not asked, and what did not answer")
	names := 16
	for _, g := range p.Gaps { // a name cut short is no name to look up or to set a key for
		names = min(max(names, cells(g.Source)), t.width/3)
	}
	for _, g := range p.Gaps {
		left := "  " + pad(clip(g.Source, names), names+2) + pad(clip(g.State, 14), 16) + padLeft(words.Number(g.Questions), 7) + "  "
		t.line(left, t.paint(faint, clip(g.words(), t.width-cells(left))))
	}
}

// words says why, and about how many values, a row of gaps stands for.
func (g gapRow) words() string {
	about := g.about()
	if reasons := g.reasons(); reasons != "" {
		return reasons + " (" + about + ")"
	}
	return about
}

// about names the value, or counts them.
func (g gapRow) about() string {
	if g.Values == 1 {
		return g.Example
	}
	return words.Number(g.Values) + " values"
}

func (g gapRow) reasons() string {
	text := strings.Join(g.Reasons, "; ")
	if g.MoreReasons > 0 {
		text += fmt.Sprintf("; and %s", words.Count(g.MoreReasons, "other reason"))
	}
	if !g.Until.IsZero() {
		text += "; may be asked again from " + g.Until.String()
	}
	return text
}

func (t terminal) footer(p page) {
	t.line()
	for _, n := range p.Notes {
		about := ""
		if n.About != "" {
			about = n.About + ": "
		}
		t.paragraph("", fmt.Sprintf("note, %s, %s: %s%s", n.At, n.Actor, about, n.Text), "")
	}
	t.paragraph("", p.origin(), faint)
	t.paragraph("", p.recordLine(), faint)
}
