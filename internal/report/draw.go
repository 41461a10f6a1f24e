package report

import "fmt"

// bar is one line of a waterfall as a figure: a rectangle from the sum before
// the line to the sum after it.
type bar struct {
	X, Width, Zero string // in units of barWidth
	Class          string // up or down
}

// barWidth is the width of a waterfall's figure, in its own units.
const barWidth = 200

// barOf draws the part of the sum between before and after.
func barOf(w waterfall, before, after float64) bar {
	low, high := w.bounds()
	scale := func(x float64) float64 {
		if high == low {
			return 0
		}
		return (x - low) / (high - low) * barWidth
	}
	class := "up"
	if after < before {
		class = "down"
		before, after = after, before
	}
	const thinnest = 1 // a line of 0 bits is still a line
	width := max(scale(after)-scale(before), thinnest)
	return bar{
		X: fmt.Sprintf("%.1f", min(scale(before), barWidth-width)), Width: fmt.Sprintf("%.1f", width),
		Zero: fmt.Sprintf("%.1f", scale(0)), Class: class,
	}
}

// drawing is a pivot tree laid out as an indented figure: one row a branch.
type drawing struct {
	Width, Height int
	Rows          []drawnRow
	Edges         []string // SVG paths
}

type drawnRow struct {
	Branch     *branch
	X, Y       int // centre of the mark
	TextX      int
	Class      string // the band, of findings
	Sort       string
	MarkLeft   int // corners of a mark that is no circle
	MarkRight  int
	MarkTop    int
	MarkBottom int
}

// Measures of the tree, in pixels.
const (
	rowHeight = 24
	indent    = 26
	markSize  = 5
	textGap   = 12
	charWidth = 9 // of the widest common character at the figure's size; a little too wide is only white space
	margin    = 14
)

func draw(root *branch) drawing {
	d := drawing{}
	d.add(root, 0)
	d.Height = len(d.Rows)*rowHeight + margin
	return d
}

// add lays out b and everything below it, and returns where its mark is.
func (d *drawing) add(b *branch, depth int) (x, y int) {
	x = margin + depth*indent
	y = margin + len(d.Rows)*rowHeight
	d.Rows = append(d.Rows, drawnRow{
		Branch: b, X: x, Y: y, TextX: x + textGap, Class: className(b.Band), Sort: string(b.Sort),
		MarkLeft: x - markSize, MarkRight: x + markSize, MarkTop: y - markSize, MarkBottom: y + markSize,
	})
	d.Width = max(d.Width, x+textGap+charWidth*(cells(b.Text)+cells(b.Detail)+2)+margin)
	for _, c := range b.Children {
		childX, childY := d.add(c, depth+1)
		const bend = 8
		d.Edges = append(d.Edges, fmt.Sprintf("M%d %dV%dQ%d %d %d %dH%d",
			x, y+markSize+2, childY-bend, x, childY, x+bend, childY, childX-markSize-2))
	}
	return x, y
}

// className returns the band where the style knows it, since a class is no place
// for text from outside.
func className(band string) string {
	for _, b := range bandMeanings {
		if b[0] == band {
			return band
		}
	}
	return "other"
}
