package ingest

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"clew/internal/observation"
)

// A Summary says what became of one import.
type Summary struct {
	Read     uint64 // lines that are not blank, or records of a document
	Kept     uint64 // observations handed on
	Merged   uint64 // of these, duplicates of one another: the store's answer, filled in by whoever loads
	Skipped  uint64 // records that are understood and outside the vocabulary, or that a mapping leaves out
	Rejected uint64 // lines, records or values that are not understood
	// FirstRejected describes the first few of them.
	FirstRejected []Reject
	// Incomplete says that the source itself held back part of the answer, in its
	// own words, or that a format left out what it cannot join; "" otherwise.
	Incomplete string
}

// A Reject is one line or record, or one value of it, that was not understood.
type Reject struct {
	File   string // among several, "" where there is one
	Line   uint64 // counted from 1, blank lines included; the record of a document
	Reason string
	Text   string // beginning of the line, without control characters
}

const (
	maxRejects    = 10  // described, the rest only counted
	maxRejectText = 200 // bytes of a described line
)

// Out takes what a format makes of its input.
type Out struct {
	Summary
	// AsOf is when the file was true, for a format whose records do not say;
	// zero when nobody knows.
	AsOf   time.Time
	source string
	sink   func(observation.Observation) error
	err    error // of sink: ends the import

	file      string
	before    Summary // as it was when the file was opened
	line      uint64
	text      []byte
	refused   bool   // something of the current line was rejected
	reason    string // of the first rejection of the current line
	firstLine uint64
}

// open begins another file.
func (o *Out) open(name string) {
	o.file, o.before = name, o.Summary
	o.line, o.text, o.refused, o.reason, o.firstLine = 0, nil, false, "", 0
}

func (o *Out) kept() uint64     { return o.Kept - o.before.Kept }
func (o *Out) read() uint64     { return o.Read - o.before.Read }
func (o *Out) rejected() uint64 { return o.Rejected - o.before.Rejected }

// File returns the name of the file among several, "" when it is the only one.
func (o *Out) File() string { return o.file }

// Named returns what the reader calls the input: the name of the file among
// several, or of the import when it is the only one.
func (o *Out) Named() string {
	if o.file != "" {
		return o.file
	}
	return o.source
}

func (o *Out) begin(line uint64, text []byte) {
	o.line, o.text, o.refused = line, text, false
	o.Read++
}

// Record begins the next record of a document. text is only valid until the next.
func (o *Out) Record(text []byte) { o.begin(o.line+1, text) }

// Stopped says that nobody takes observations any more, and why.
func (o *Out) Stopped() error { return o.err }

// nothing reports whether nothing of the file made sense so far.
func (o *Out) nothing() bool { return o.kept() == 0 && o.Skipped == o.before.Skipped }

// Keep hands an observation on, or rejects it when the vocabulary does not
// allow it. The format leaves Source and Evidence empty.
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

// KeepAll keeps what a record states, or counts it as skipped when that is nothing.
func (o *Out) KeepAll(facts []observation.Observation) {
	if len(facts) == 0 {
		o.Skip()
	}
	for _, fact := range facts {
		o.Keep(fact)
	}
}

// Skip counts a record that is understood and not kept.
func (o *Out) Skip() { o.Skipped++ }

// Reject counts a line or value that is not understood; the arguments are those
// of [fmt.Errorf].
func (o *Out) Reject(format string, args ...any) {
	o.Rejected++
	reason := printable(fmt.Errorf(format, args...).Error())
	if !o.refused {
		o.refused, o.reason = true, reason
	}
	if o.rejected() == 1 {
		o.firstLine = o.line
	}
	if len(o.FirstRejected) < maxRejects {
		o.FirstRejected = append(o.FirstRejected, Reject{
			File: o.file, Line: o.line, Reason: reason, Text: printable(string(o.text[:min(len(o.text), maxRejectText)])),
		})
	}
}

// Partial records that more exists than what is kept, and why.
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
