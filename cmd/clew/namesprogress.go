package main

import (
	"fmt"
	"io"

	"clew/internal/words"
)

// namesProgress says that names are being indexed: a large corpus takes a while
// the first time.
type namesProgress struct {
	w        io.Writer
	terminal bool
	last     uint64
}

func (a *app) namesProgress() *namesProgress {
	return &namesProgress{w: a.stderr, terminal: isTerminal(a.stderr)}
}

// namesLine is after how many names a piped progress writes a line.
const namesLine = 5_000_000

func (p *namesProgress) show(names uint64) {
	if p.terminal {
		fmt.Fprintf(p.w, "\rindexing the names of the corpus: %s", words.Number(names))
		p.last = names
	} else if names-p.last >= namesLine {
		fmt.Fprintf(p.w, "indexing the names of the corpus: %s\n", words.Number(names))
		p.last = names
	}
}

func (p *namesProgress) done() {
	if p.terminal && p.last > 0 {
		fmt.Fprintf(p.w, "\r%*s\r", 60, "")
	}
}
