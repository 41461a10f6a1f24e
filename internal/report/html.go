package report

import (
	_ "embed" // the page's template
	"fmt"
	"html/template"
	"io"

	"clew/internal/casefile"
	"clew/internal/words"
)

// page.html holds the markup and the style. It has no script and names no other
// file, and forbids both by its own policy.
//
//go:embed page.html
var pageTemplate string

// HTML writes a document as one self-contained page. It follows the reader's
// light or dark scheme, and prints in black and white.
func HTML(w io.Writer, d casefile.Document) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"count": words.Number[int], "signed": signed, "unknown": orUnknown, "capital": capital, "bar": barOf,
	}).Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("template of the report: %w", err)
	}
	p := newPage(d)
	p.HangsOn = hangsOn(d)
	explained, left := p.worthExplaining()
	view := struct {
		page
		Marks, Method        []string
		Explained            []finding
		Left, HowToRead      string
		Drawings             []drawing
		Paths                []pathLine
		Unfruitful           string
		Origin, Record, Show string
	}{
		page: p, Marks: append(p.marks(), p.times()...), Method: p.method(), Explained: explained, HowToRead: howToRead,
		Paths: pathsOf(p.Trees), Unfruitful: idleSentence(p), Origin: p.origin(), Record: p.recordLine(), Show: p.verifyCommand(),
	}
	if left > 0 {
		view.Left = leftOut(left)
	}
	for _, root := range p.Trees {
		view.Drawings = append(view.Drawings, draw(root))
	}
	return t.Execute(w, view)
}

// About names the value of a gap, or counts the values.
func (g gapRow) About() string { return g.about() }

// Why names the strongest facts in one line.
func (f finding) Why() string { return f.why() }

// Why gives the reasons of a gap.
func (g gapRow) Why() string { return g.reasons() }

// Remark joins what a table has no column for.
func (f finding) Remark() string { return f.remark() }

// Closing says in words what the total rests on.
func (w waterfall) Closing() string { return w.closing() }

// Class names the style of a band.
func (b band) Class() string { return className(b.Name) }

// Class names the style of a finding's band.
func (f finding) Class() string { return className(f.Band) }
