package report

import (
	"strings"
	"unicode"
)

// cells is how many columns of a terminal text takes.
func cells(text string) int {
	n := 0
	for _, r := range text {
		n += runeCells(r)
	}
	return n
}

// wide lists the ranges whose characters take two columns (Unicode's East Asian
// width W and F, the large blocks).
var wide = [...][2]rune{
	{0x1100, 0x115f},
	{0x2e80, 0x303e},
	{0x3041, 0xa4cf},
	{0xa960, 0xa97c},
	{0xac00, 0xd7a3},
	{0xf900, 0xfaff},
	{0xfe30, 0xfe6f},
	{0xff00, 0xff60},
	{0xffe0, 0xffe6},
	{0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff},
	{0x1f900, 0x1f9ff},
	{0x20000, 0x3fffd},
}

func runeCells(r rune) int {
	if r < wide[0][0] && !unicode.Is(unicode.Mn, r) {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	for _, w := range wide {
		if r >= w[0] && r <= w[1] {
			return 2
		}
	}
	return 1
}

// pad fills text with blanks up to width columns.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-cells(text)))
}

// padLeft is pad for figures.
func padLeft(text string, width int) string {
	return strings.Repeat(" ", max(0, width-cells(text))) + text
}

// clip cuts text to width columns and marks the cut in the middle, where the
// two ends still tell indicators apart.
func clip(text string, width int) string {
	if cells(text) <= width || width < 1 {
		return text
	}
	tail := (width - 1) / 3
	return head(text, width-1-tail) + "…" + last(text, tail)
}

// head returns the beginning of text that fits in width columns.
func head(text string, width int) string {
	for i, r := range text {
		if width -= runeCells(r); width < 0 {
			return text[:i]
		}
	}
	return text
}

// last returns the end of text that fits in width columns.
func last(text string, width int) string {
	runes := []rune(text)
	i := len(runes)
	for i > 0 && width >= runeCells(runes[i-1]) {
		i--
		width -= runeCells(runes[i])
	}
	return string(runes[i:])
}

// wrap breaks text at blanks into lines of at most width columns; a word that is
// longer is cut.
func wrap(text string, width int) []string {
	width = max(width, 8)
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && cells(line)+1+cells(word) > width {
			lines, line = append(lines, line), ""
		}
		for cells(word) > width {
			start := head(word, width)
			lines, word = append(lines, start), word[len(start):]
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
