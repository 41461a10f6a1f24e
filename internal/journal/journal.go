// Package journal writes what a running clew does, for whoever runs it: one line an
// event, without secrets and without anything that steers a terminal.
package journal

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// The forms of a line.
const (
	Text    = "text"    // key=value, with the time
	JSON    = "json"    // one object, with the time
	Systemd = "journal" // key=value behind <priority>, without the time: journald has it (sd-daemon(3))
)

// Formats are all forms.
func Formats() []string { return []string{Text, JSON, Systemd} }

// Options say how lines are written.
type Options struct {
	Format  string     // [Text] when empty
	Level   slog.Level // lines below it are not written
	Secrets []string   // replaced wherever they stand; those shorter than 6 bytes are not, they stand everywhere
	Clock   func() time.Time
}

// New returns a logger that writes whole lines to w.
func New(w io.Writer, o Options) (*slog.Logger, error) {
	if o.Format == "" {
		o.Format = Text
	}
	if !slices.Contains(Formats(), o.Format) {
		return nil, fmt.Errorf("no log format %q: there are %s", o.Format, strings.Join(Formats(), ", "))
	}
	wash := newWash(o.Secrets)
	lines := &lineWriter{to: w, mark: o.Format == Systemd}
	options := &slog.HandlerOptions{Level: o.Level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey && len(groups) == 0 && o.Format == Systemd {
			return slog.Attr{}
		}
		return a
	}}
	var inner slog.Handler = slog.NewTextHandler(lines, options)
	if o.Format == JSON {
		inner = slog.NewJSONHandler(lines, options)
	}
	return slog.New(&handler{inner: inner, lines: lines, wash: wash, clock: o.Clock}), nil
}

// handler washes what it hands on.
type handler struct {
	inner slog.Handler
	lines *lineWriter
	wash  wash
	clock func() time.Time
}

// Enabled implements [slog.Handler].
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.inner.Enabled(ctx, level)
}

// Handle implements [slog.Handler].
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	at := r.Time
	if h.clock != nil {
		at = h.clock()
	}
	clean := slog.NewRecord(at.UTC(), r.Level, h.wash.text(r.Message), 0)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(h.wash.attr(a))
		return true
	})
	h.lines.lock.Lock()
	defer h.lines.lock.Unlock()
	h.lines.level = r.Level
	return h.inner.Handle(ctx, clean)
}

// WithAttrs implements [slog.Handler].
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = h.wash.attr(a)
	}
	with := *h
	with.inner = h.inner.WithAttrs(clean)
	return &with
}

// WithGroup implements [slog.Handler].
func (h *handler) WithGroup(name string) slog.Handler {
	with := *h
	with.inner = h.inner.WithGroup(name)
	return &with
}

// lineWriter puts the priority before each line, where that is wanted. slog hands
// it one line at a time.
type lineWriter struct {
	to    io.Writer
	mark  bool
	lock  sync.Mutex // guards level, from before a line is made until it is written
	level slog.Level
}

func (l *lineWriter) Write(line []byte) (int, error) {
	if !l.mark {
		return l.to.Write(line)
	}
	// One write a line: what is written at once stays together on a pipe.
	if _, err := l.to.Write(append(fmt.Appendf(nil, "<%d>", priority(l.level)), line...)); err != nil {
		return 0, err
	}
	return len(line), nil
}

// priority is the level of syslog (RFC 5424, table 2).
func priority(level slog.Level) int {
	switch {
	case level >= slog.LevelError:
		return 3
	case level >= slog.LevelWarn:
		return 4
	case level >= slog.LevelInfo:
		return 6
	}
	return 7
}
