package ingest

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"clew/internal/observation"
)

// A Summary says what became of one file.
type Summary struct {
	Read     uint64 // lines that are not blank
	Kept     uint64 // observations handed on
	Merged   uint64 // of these, duplicates of one another: the store's answer, filled in by whoever loads
	Skipped  uint64 // records that are understood and outside the vocabulary, or that a mapping leaves out
	Rejected uint64 // lines or values that are not understood
	// FirstRejected describes the first few of them.
	FirstRejected []Reject
	// Incomplete says that the source itself held back part of the answer, and
	// why, in its own words; "" otherwise.
	Incomplete string
}

// A Reject is one line, or one value of a line, that was not understood.
type Reject struct {
	Line   uint64 // counted from 1, blank lines included
	Reason string
	Text   string // beginning of the line, without control characters
}

const (
	maxRejects    = 10  // described, the rest only counted
	maxRejectText = 200 // bytes of a described line
)

// Out takes what a decoder makes of a line.
type Out struct {
	Summary
	source string
	sink   func(observation.Observation) error
	err    error // of sink: ends the import

	line    uint64
	text    []byte
	refused bool // something of the current line was rejected
	reason  string
}

func (o *Out) begin(line uint64, text []byte) {
	o.line, o.text, o.refused = line, text, false
	o.Read++
}

// nothing reports whether no line made sense so far.
func (o *Out) nothing() bool { return o.Kept == 0 && o.Skipped == 0 }

// Keep hands an observation on, or rejects it when the vocabulary does not
// allow it. The decoder leaves Source and Evidence empty.
func (o *Out) Keep(fact observation.Observation) {
	if o.err != nil {
		return
	}
	if err := fact.Check(); err != nil {
		o.Reject("%w", err)
		return
	}
	fact.Source, fact.Count = o.source, max(fact.Count, 1)
	if o.err = o.sink(fact); o.err == nil {
		o.Kept++
	}
}

// Skip counts a record that is understood and not kept.
func (o *Out) Skip() { o.Skipped++ }

// Reject counts a line or value that is not understood; the arguments are those
// of [fmt.Errorf].
func (o *Out) Reject(format string, args ...any) {
	o.Rejected++
	reason := fmt.Errorf(format, args...).Error()
	if !o.refused {
		o.refused, o.reason = true, printable(reason)
	}
	if len(o.FirstRejected) < maxRejects {
		o.FirstRejected = append(o.FirstRejected, Reject{Line: o.line, Reason: printable(reason), Text: printable(string(o.text[:min(len(o.text), maxRejectText)]))})
	}
}

// Partial records that the source says itself that more exists.
func (o *Out) Partial(why string) { o.Incomplete = printable(why) }

// printable cuts text to maxRejectText bytes and replaces what a terminal might
// obey: the text comes from outside.
func printable(text string) string {
	if len(text) > maxRejectText {
		text = text[:maxRejectText]
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '·'
		}
		return r
	}, text)
}
