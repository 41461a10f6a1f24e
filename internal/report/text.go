package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"clew/internal/casefile"
)

// TextOptions say how a terminal shows a document.
type TextOptions struct {
	Color   bool
	Width   int  // columns; 0 means DefaultWidth
	Explain bool // the waterfall of every finding, coincidences included
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
		t.band(p, b)
	}
	if o.Explain {
		for _, b := range p.Bands {
			for _, f := range b.Findings {
				t.waterfall(p, f)
			}
		}
	}
	t.trees(p)
	t.gaps(p)
	t.footer(p)
	return t.out.Flush()
}

// Waterfall writes why one finding of a document has its probability: the one
// with that value, ErrNoFinding when there is none.
func Waterfall(w io.Writer, d casefile.Document, kind, text string, o TextOptions) error {
	for _, f := range d.Findings {
		if f.Kind == kind && f.Value == text {
			t := newTerminal(w, o)
			t.waterfall(newPage(casefile.Document{Case: d.Case, Seeds: d.Seeds}), findingOf(f))
			return t.out.Flush()
		}
	}
	return fmt.Errorf("%w: %s", ErrNoFinding, value(kind, text))
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

func (t terminal) heading(p page) {
	marks := []string{p.State, p.Scope}
	for _, m := range [][2]string{{"TLP:", p.TLP}, {"PAP:", p.PAP}, {"incident ", p.Window}} {
		if m[1] != "" {
			marks = append(marks, m[0]+m[1])
		}
	}
	t.line(t.paint(bold, "case "+p.ID), t.paint(faint, "  "+strings.Join(marks, " · ")))
	for _, s := range p.Seeds {
		t.line("seed ", t.paint(bold, s.Value), t.paint(faint, "  "+s.words()))
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

func (t terminal) band(p page, b band) {
	if len(b.Findings) == 0 {
		return
	}
	t.line()
	title := fmt.Sprintf("%s %s", strings.ToUpper(b.Name), count(len(b.Findings)))
	t.line(t.paint(bandStyles[b.Name], title), t.paint(faint, "  "+b.Meaning))
	if b.Name == "coincidence" {
		t.paragraph("  ", coincidences(b), faint)
		return
	}
	columns := t.columns(b)
	dated := slices.ContainsFunc(b.Findings, func(f finding) bool { return f.First != "" || f.Last != "" })
	dates := ""
	if dated {
		dates = pad("first seen", 12) + pad("last seen", 12)
	}
	t.line(t.paint(faint, "  "+pad("P", 6)+pad("indicator", columns)+dates+"strongest evidence, bits"))
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
	t.line(left, value, t.paint(faint, dates), clip(f.Why, rest))
	for _, remark := range f.remarks() {
		t.paragraph(strings.Repeat(" ", 8), remark, faint)
	}
}

// remarks are what a table has no column for and a reader must not miss.
func (f finding) remarks() []string {
	var said []string
	if f.Verdict != "" {
		said = append(said, strings.TrimSuffix(fmt.Sprintf("%s by the analyst: %s", f.Verdict, f.Reason), ": "))
	}
	if f.Validation != "not checked" {
		said = append(said, f.Validation)
	}
	return said
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
		texts[i] = count(reasons[text]) + " " + text
	}
	if more > 0 {
		texts = append(texts, fmt.Sprintf("and %s", plural(more, "other reason")))
	}
	return strings.Join(texts, "; ")
}

// waterfall writes the lines that add up to a finding's bits.
func (t terminal) waterfall(p page, f finding) {
	const family, bits = 14, 8
	fact := min(36, t.width*2/5)
	var seeds []string
	for _, s := range p.Seeds {
		seeds = append(seeds, s.Value)
	}
	t.line()
	t.line(t.paint(bold, f.Value), "  P ", f.P, "  ", t.paint(bandStyles[f.Band], f.Band), t.paint(faint, "  seed: "+clip(strings.Join(seeds, ", "), 40)))
	for _, l := range f.Waterfall.Lines {
		details := strings.Join(l.Details, "; ")
		if l.When != "" {
			details = l.When + "; " + details
		}
		notes := wrap(details, t.width-family-fact-bits-4)
		facts := wrap(l.Fact, fact-1)
		for i := range max(1, len(notes), len(facts)) {
			left, figure := "", ""
			if i == 0 {
				left, figure = l.Family, signed(l.Bits)
			}
			t.line("  ", pad(clip(left, family-1), family), pad(at(facts, i), fact), padLeft(figure, bits), "  ", t.paint(faint, at(notes, i)))
		}
	}
	t.line("  ", t.paint(bold, pad("total", family+fact)+padLeft(signed(f.Waterfall.Total), bits)), "  ", f.Waterfall.closing())
	for _, remark := range f.remarks() {
		t.paragraph("  ", remark, "")
	}
	if f.Suppressed != "" {
		t.paragraph("  ", "suppressed: "+f.Suppressed, "")
	}
}

// at returns the i-th text, "" beyond the end.
func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

func (t terminal) trees(p page) {
	if len(p.Trees) == 0 {
		return
	}
	t.line()
	t.line(t.paint(bold, "PIVOTS"), t.paint(faint, "  how it hangs together: shared value, then who shares it"))
	for _, root := range p.Trees {
		t.branch("  ", "  ", root)
	}
	if idle := idleSentence(p); idle != "" {
		t.paragraph("  ", idle, faint)
	}
}

func (t terminal) branch(first, rest string, b *branch) {
	mark, s := "", style("")
	switch b.Sort {
	case seedBranch:
		s = bold
	case findingBranch:
		s = bandStyles[b.Band]
	case refusedBranch:
		mark, s = "✗ ", faint
	case pivotBranch:
		s = bandStyles[b.Band] // of those that are a finding themselves
	case moreBranch:
		s = faint
	}
	room := t.width - cells(first) - cells(mark)
	text := clip(b.Text, max(room, 16))
	detail := clip(b.Detail, max(0, room-cells(text)-2))
	if detail != "" {
		detail = "  " + detail
	}
	t.line(t.paint(faint, first), t.paint(s, mark+text), t.paint(faint, detail))
	for i, c := range b.Children {
		if i == len(b.Children)-1 {
			t.branch(rest+"└─ ", rest+"   ", c)
		} else {
			t.branch(rest+"├─ ", rest+"│  ", c)
		}
	}
}

// idleSentence counts the pivots that were taken and brought nobody.
func idleSentence(p page) string {
	if len(p.Idle) == 0 {
		return ""
	}
	total := 0
	methods := make([]string, len(p.Idle))
	for i, m := range p.Idle {
		total += m.N
		methods[i] = fmt.Sprintf("%s %s", count(m.N), m.Name)
	}
	return fmt.Sprintf("%s brought nobody new: %s.", plural(total, "pivot"), strings.Join(methods, ", "))
}

func (t terminal) gaps(p page) {
	if len(p.Gaps) == 0 {
		return
	}
	t.line()
	t.line(t.paint(bold, "GAPS"), t.paint(faint, "  what was not asked, and what did not answer"))
	for _, g := range p.Gaps {
		left := "  " + pad(clip(g.Source, 16), 18) + pad(clip(g.State, 14), 16) + padLeft(count(g.Questions), 7) + "  "
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
	return count(g.Values) + " values"
}

func (g gapRow) reasons() string {
	text := strings.Join(g.Reasons, "; ")
	if g.MoreReasons > 0 {
		text += fmt.Sprintf("; and %s", plural(g.MoreReasons, "other reason"))
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
	t.line(t.paint(faint, p.origin()))
	t.line(t.paint(faint, p.recordLine()))
}
