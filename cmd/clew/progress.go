package main

import (
	"fmt"
	"io"

	"clew/internal/pivot"
)

// progress shows how far a run is: one changing line on a terminal, a line now
// and then when piped.
type progress struct {
	w        io.Writer
	terminal bool
	shown    int
	calls    int
}

// everyLine is how many steps pass between two lines of piped progress.
const everyLine = 25

func newProgress(w io.Writer, terminal bool) *progress {
	return &progress{w: w, terminal: terminal}
}

func (p *progress) show(now pivot.Progress) {
	line := fmt.Sprintf("hop %d: %d of %d expanded, %d candidates, %s", now.Hop, now.Expanded, now.Expanded+now.Waiting, now.Candidates, terminalSafe(now.Now))
	p.calls++
	if !p.terminal {
		if p.calls%everyLine == 1 {
			fmt.Fprintln(p.w, line)
		}
		return
	}
	const width = 100
	if len(line) > width {
		line = line[:width]
	}
	fmt.Fprintf(p.w, "\r%-*s", p.shown, line)
	p.shown = len(line)
}

func (p *progress) done() {
	if p.terminal && p.shown > 0 {
		fmt.Fprintf(p.w, "\r%*s\r", p.shown, "")
	}
}
