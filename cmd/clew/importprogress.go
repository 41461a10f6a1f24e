package main

import (
	"fmt"
	"io"
	"time"

	"clew/internal/investigation"
	"clew/internal/words"
)

// importProgress shows how far an import is: how much was read, how fast, and
// how long the rest will take where the size is known. On a terminal it is one
// changing line, piped a line now and then.
type importProgress struct {
	w        io.Writer
	terminal bool
	file     string
	clock    func() time.Time
	began    time.Time
	next     time.Time // when to say something again
	shown    bool
}

// Between two lines: a terminal is looked at, a log is read later.
const (
	terminalEvery = 200 * time.Millisecond
	pipedEvery    = 30 * time.Second
)

func newImportProgress(w io.Writer, terminal bool, file string, clock func() time.Time) *importProgress {
	p := &importProgress{w: w, terminal: terminal, file: terminalSafe(file), clock: clock, began: clock()}
	p.next = p.began.Add(p.every())
	return p
}

func (p *importProgress) every() time.Duration {
	if p.terminal {
		return terminalEvery
	}
	return pipedEvery
}

func (p *importProgress) show(now investigation.ImportProgress) {
	p.say(func(spent time.Duration) string { return p.line(now, spent) })
}

// say prints a line where it is time for one.
func (p *importProgress) say(line func(spent time.Duration) string) {
	at := p.clock()
	if at.Before(p.next) {
		return
	}
	p.next = at.Add(p.every())
	if p.terminal {
		p.shown = true
		fmt.Fprintf(p.w, "\r\033[K%s", line(at.Sub(p.began)))
		return
	}
	fmt.Fprintln(p.w, line(at.Sub(p.began)))
}

func (p *importProgress) line(now investigation.ImportProgress, spent time.Duration) string {
	seconds := spent.Seconds()
	line := fmt.Sprintf("%s: %s lines read, %s kept, %s a second", p.file, words.Number(now.Read), words.Number(now.Kept), words.Number(uint64(float64(now.Read)/seconds)))
	if now.Total == 0 || now.Bytes == 0 {
		return line
	}
	part := min(float64(now.Bytes)/float64(now.Total), 1)
	left := time.Duration(seconds * (1 - part) / part * float64(time.Second))
	return fmt.Sprintf("%s, %.0f %%, %s left", line, part*100, left.Round(time.Second))
}

func (p *importProgress) done() {
	if p.shown {
		fmt.Fprint(p.w, "\r\033[K")
	}
}
