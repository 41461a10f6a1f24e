// Package export turns cases into what other tools load: block lists, detection
// rules, hunting queries, exchange formats, graphs. It holds what all of them
// share: what may be exported ([Choose]), and what a format is ([Format]). Each
// format is a leaf below that owns its escaping.
package export

import (
	"cmp"
	"slices"
	"time"

	"clew/internal/casefile"
	"clew/internal/marking"
	"clew/internal/observable"
	"clew/internal/observation"
)

// A Set is what one export holds: the entries that passed the rules, and what
// surrounds them. Everything in it is sorted, so that the same cases give the
// same bytes.
type Set struct {
	Cases    []casefile.Case
	Producer string // who exports, as exchange formats name the author
	TLP      marking.TLP
	At       time.Time // moment of the export: remaining lifetimes count from here; UTC
	// Version is when the content last changed: the last event of the cases, or
	// the expiry that last took an entry away. Serial numbers come from it, so
	// that exporting the same content twice gives the same bytes.
	Version  time.Time
	Entries  []Entry
	Edges    []Edge
	Patterns []Pattern
	Names    []NamePattern // at most one
	Notes    []casefile.Note
	Left     []Left // what is not in it, and why

	leftOf map[string][]Left // by case
}

// An Entry is one indicator to be exported.
type Entry struct {
	Value       observable.Value
	Seed        bool // given by the analyst, not found
	Confidence  int  // 0 to 100
	Band        string
	First, Last time.Time // zero when unknown
	Action      string    // block, monitor or ""
	State       string    // of the action
	Expires     time.Time // zero means never
	Reason      string    // why, in words; outside text
	Validation  casefile.Validation
	Facts       []Fact
	Cases       []string // IDs, sorted
	TLP         marking.TLP
}

// A Fact is one shared value that speaks for an entry.
type Fact struct {
	Relation observation.Relation
	Object   observable.Value
	Bits     float64
	First    time.Time
	Last     time.Time
	Sources  []string
	holders  uint64
	of       uint64
	countOf  string
}

// An Edge is one step of a path from a seed to an entry.
type Edge struct {
	From     observable.Value
	Relation observation.Relation
	To       observable.Value
}

// A Left is an indicator that is not exported, and why.
type Left struct {
	Value  string // defanged
	Reason string
}

// Digest kinds of files, by the length of their hexadecimal text.
const (
	MD5    = 32
	SHA1   = 40
	SHA256 = 64
	SHA512 = 128
)

// Of returns the entries of these kinds, in order.
func (s Set) Of(kinds ...observable.Kind) []Entry {
	var some []Entry
	for _, e := range s.Entries {
		if slices.Contains(kinds, e.Value.Kind()) {
			some = append(some, e)
		}
	}
	return some
}

// Digests returns the files whose digest has that many hexadecimal digits.
func (s Set) Digests(length int) []Entry {
	return slices.DeleteFunc(s.Of(observable.File), func(e Entry) bool { return len(e.Value.Text()) != length })
}

// PatternsOf returns the patterns of a relation, in order.
func (s Set) PatternsOf(relations ...observation.Relation) []Pattern {
	var some []Pattern
	for _, p := range s.Patterns {
		if slices.Contains(relations, p.Relation) {
			some = append(some, p)
		}
	}
	return some
}

// Remaining returns how long the entry stays valid after the export, and false
// when it does not expire.
func (s Set) Remaining(e Entry) (time.Duration, bool) {
	return e.Expires.Sub(s.At), !e.Expires.IsZero()
}

func compareEntries(a, b Entry) int { return a.Value.Compare(b.Value) }

func compareEdges(a, b Edge) int {
	return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Relation, b.Relation), a.To.Compare(b.To))
}

func compareLeft(a, b Left) int {
	return cmp.Or(compareText(a.Reason, b.Reason), compareText(a.Value, b.Value))
}
