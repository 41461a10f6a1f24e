package export

import (
	"bufio"
	"io"
	"strings"
)

// A Lines writes a format of one line an entry. It keeps the first error.
type Lines struct {
	out   *bufio.Writer
	mark  string
	trace string
}

// NewLines returns a writer whose comments begin with mark, and writes the
// header of the set.
func NewLines(w io.Writer, mark, format string, s Set) *Lines {
	l := NewBare(w)
	l.mark = mark
	for _, line := range s.Header(format) {
		l.Comment(line)
	}
	return l
}

// NewBare returns a writer without a header, for formats that have no comments.
func NewBare(w io.Writer) *Lines { return &Lines{out: bufio.NewWriter(w)} }

// Comment writes a comment of its own line. Its text is made harmless.
func (l *Lines) Comment(text string) { l.Line(l.mark, " ", Comment(text)) }

// Trace writes the trace of e as a comment, unless the entry before had the same.
func (l *Lines) Trace(e Entry) {
	if t := e.Trace(); t != l.trace {
		l.trace = t
		l.Comment(t)
	}
}

// Line writes the parts as one line.
func (l *Lines) Line(parts ...string) {
	for _, p := range parts {
		l.out.WriteString(p)
	}
	l.out.WriteByte('\n')
}

// Close hands over what is left, and returns the first error.
func (l *Lines) Close() error { return l.out.Flush() }

// Uncovered leaves out the names below another name of the list that is valid at
// least as long: formats that block a whole domain need only the domain, and
// some refuse both.
func Uncovered(entries []Entry) (some []Entry) {
	names := map[string]Entry{}
	for _, e := range entries {
		names[e.Value.Text()] = e
	}
	for _, e := range entries {
		if !covered(e, names) {
			some = append(some, e)
		}
	}
	return some
}

func covered(e Entry, names map[string]Entry) bool {
	name := e.Value.Text()
	for {
		_, parent, ok := strings.Cut(name, ".")
		if !ok {
			return false
		}
		if above, there := names[parent]; there && outlives(above, e) {
			return true
		}
		name = parent
	}
}

// outlives reports whether a stays valid at least as long as b.
func outlives(a, b Entry) bool {
	return a.Expires.IsZero() || !b.Expires.IsZero() && !a.Expires.Before(b.Expires)
}
