package corpus

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
)

// Every load is an import: an entry that says what it was, how far it reaches,
// and by which it can be taken back. An engine keeps apart, per link, what each
// import said (its window, count, sources and evidence) and merges when it
// answers, because a minimum or a capped list cannot be taken back from a merged
// row. What Put stores belongs to no import.
//
// A sorted store holds the parts of a row side by side and rewrites the rows of
// an import when it goes (package embedded). A column store keeps a row per link
// and import, with the number of the import in the sort key, merges with GROUP
// BY, and deletes by that number.

var (
	// ErrImported means that an import of that ID is in the store.
	ErrImported = errors.New("imported before")
	// ErrNoImport means that the store has no import of that ID.
	ErrNoImport = errors.New("no such import")
)

const (
	maxImportID   = 64   // bytes
	maxImportText = 1024 // bytes of the texts of an entry
)

// An Import describes one load. Whoever commits it gives all but what the store
// fills in: Kept, Merged and Coverage.
type Import struct {
	ID     string    // chosen by whoever loads: letters, digits, - and _
	Name   string    // stamped on what it brought, as its source
	Format string    // how the input was read
	Digest string    // of the input: "sha256:" and hexadecimal, "" when not known
	Size   uint64    // of the input in bytes, as it was stored
	At     time.Time // of the import, UTC, to the second

	Read     uint64 // records of the input
	Skipped  uint64 // understood, and outside the vocabulary
	Rejected uint64 // not understood
	// Incomplete says why the input was not read to its end, or held back part
	// of the answer itself; "" for a whole one.
	Incomplete string

	Kept     uint64 // observations accepted
	Merged   uint64 // of these, duplicates of another one in the same load
	Coverage []Coverage
}

// Coverage says how many subjects of one kind an import holds under a relation:
// what "six holders" are six of, and as of when. Window is from the earliest
// First to the latest Last that are known.
type Coverage struct {
	Relation observation.Relation
	Kind     observable.Kind // of the subjects
	Subjects uint64
	Links    uint64
	observation.Window
}

// NormalImport is [Normal] for an entry.
func NormalImport(i Import) (Import, error) {
	if i.ID == "" || len(i.ID) > maxImportID || strings.ContainsFunc(i.ID, notIDRune) {
		return i, fmt.Errorf("import ID %.80q is not 1 to %d letters, digits, - and _", i.ID, maxImportID)
	}
	if err := checkSource(i.Name); err != nil {
		return i, err
	}
	for _, text := range []*string{&i.Format, &i.Digest, &i.Incomplete} {
		if len(*text) > maxImportText {
			*text = (*text)[:maxImportText]
		}
		*text = strings.ToValidUTF8(*text, "\ufffd")
	}
	var err error
	i.At, err = second(i.At)
	return i, err
}

func notIDRune(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// CompareImports is the order of [Register.Imports]: oldest first, then by ID.
func CompareImports(a, b Import) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
}

// A Tally counts the coverage of a load whose distinct links come grouped by
// subject and relation.
type Tally struct {
	all map[tallyKey]*Coverage
}

type tallyKey struct {
	relation observation.Relation
	kind     observable.Kind
}

// Add counts one distinct link. fresh says that no link of its subject under its
// relation was counted before.
func (t *Tally) Add(relation observation.Relation, kind observable.Kind, w observation.Window, fresh bool) {
	if t.all == nil {
		t.all = map[tallyKey]*Coverage{}
	}
	key := tallyKey{relation, kind}
	c := t.all[key]
	if c == nil {
		c = &Coverage{Relation: relation, Kind: kind}
		t.all[key] = c
	}
	c.Links++
	if fresh {
		c.Subjects++
	}
	c.Window = c.Union(w)
}

// Coverage returns what was counted, by relation and kind.
func (t *Tally) Coverage() []Coverage {
	all := make([]Coverage, 0, len(t.all))
	for _, c := range t.all {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b Coverage) int {
		return cmp.Or(cmp.Compare(a.Relation, b.Relation), cmp.Compare(a.Kind, b.Kind))
	})
	return all
}
