// Package corpus declares what a store of observations answers: the links of a
// value in both directions, how many others share an attribute, and the ranges
// that sorted keys give for free. Engines live in folders of their own and are
// held to one behaviour by corpustest.
package corpus

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"clew/internal/observable"
	"clew/internal/observation"
)

// DefaultHolderLimit is how far an engine counts holders one by one.
const DefaultHolderLimit = 4096

// ErrDamaged means a store cannot be opened as it is; the message says what to do.
var ErrDamaged = errors.New("corpus is damaged or not a corpus")

// ErrUnreachable means that the server which holds the corpus does not answer.
var ErrUnreachable = errors.New("corpus is out of reach")

// ErrForbidden means that the server does not let this user do that; others may.
var ErrForbidden = errors.New("corpus does not let this user do that")

// ErrLocked means another process has the store open for writing.
var ErrLocked = errors.New("corpus is in use by another process")

// A Link is every observation of one fact, merged: the earliest First, the
// latest Last, the sum of counts.
type Link struct {
	Subject  observable.Value
	Relation observation.Relation
	Object   observable.Value
	observation.Window
	Count   uint64
	Sources []string // who saw it, sorted
	// Evidence holds digests of raw answers that said so, sorted, at most
	// MaxEvidence. Bulk imports leave it empty: their source names the import.
	Evidence []string
}

// MaxEvidence bounds the digests kept for one link.
const MaxEvidence = 8

// A Count says how many distinct subjects hold a value under a relation.
//
// N is exact up to the limit of the question. Above it an engine that does not
// know may estimate: Estimate is true then, and N never below the limit. A count
// of a provider's carries its name and date; the store's own has Source "" and
// zero AsOf.
type Count struct {
	N        uint64
	Estimate bool
	Source   string
	AsOf     time.Time
}

// A Total is what a provider says of how many subjects share an object, kept
// even when its result page was cut short.
type Total struct {
	Relation observation.Relation
	Object   observable.Value
	N        uint64
	Source   string
	AsOf     time.Time // when the provider said so, UTC
}

// A Population says how many subjects have a relation at all, and how many
// objects they hold on average (Links / Subjects). Large stores estimate
// Subjects: Estimate says so.
type Population struct {
	Subjects uint64
	Links    uint64
	Estimate bool
}

// Mean returns links per subject, 0 for an empty population.
func (p Population) Mean() float64 {
	if p.Subjects == 0 {
		return 0
	}
	return float64(p.Links) / float64(p.Subjects)
}

// A Reader answers questions. Results come in canonical key order, so the same
// store gives the same bytes. A limit of 0 means DefaultHolderLimit; more says
// that further results exist beyond the limit.
type Reader interface {
	// Objects returns the links that start at subject, all relations when none is named.
	Objects(ctx context.Context, subject observable.Value, limit int, relations ...observation.Relation) (links []Link, more bool, err error)
	// Subjects returns the links that lead to object under one relation.
	Subjects(ctx context.Context, relation observation.Relation, object observable.Value, limit int) (links []Link, more bool, err error)
	// Holders counts the distinct subjects of object under relation.
	Holders(ctx context.Context, relation observation.Relation, object observable.Value, limit int) (Count, error)
	// Totals returns what providers said about the holders of object, newest first.
	Totals(ctx context.Context, relation observation.Relation, object observable.Value) ([]Total, error)
	// Subdomains returns the names below domain that are a subject or an object of anything, without domain itself.
	Subdomains(ctx context.Context, domain observable.Value, limit int) (names []observable.Value, more bool, err error)
	// InRange returns the addresses within prefix that are a subject or an object of anything.
	InRange(ctx context.Context, prefix netip.Prefix, limit int) (addresses []observable.Value, more bool, err error)
	// Population counts the subjects and links of a relation.
	Population(ctx context.Context, relation observation.Relation) (Population, error)
}

// A Remote is a corpus across a network: whoever reads much of it asks several
// questions at once.
type Remote interface {
	// AtOnce is how many questions of one reader it is to be asked at once.
	AtOnce() int
}

// An ObjectLister lists every value of a kind that is the object of anything,
// from which an index of what is similar is built. An engine that cannot go
// through all it holds does without.
type ObjectLister interface {
	// EachObject visits them in canonical order, each once, until visit returns
	// an error, which it then returns.
	EachObject(ctx context.Context, kind observable.Kind, visit func(observable.Value) error) error
}

// A NameLister lists every domain a store knows, from which an index of similar
// names is built. An engine that cannot go through all it holds does without.
type NameLister interface {
	// EachDomain visits the domains that are a subject or an object of anything,
	// each once, in canonical order, until visit returns an error.
	EachDomain(ctx context.Context, visit func(observable.Value) error) error
}

// A Whole goes through all it holds, which is how a corpus moves to another
// engine. Each visits until visit returns an error, which it then returns.
type Whole interface {
	// EachPart visits what each import said of each link, by subject, relation and
	// object; of is the ID of the import, "" for what belongs to none.
	EachPart(ctx context.Context, visit func(of string, part Link) error) error
	EachTotal(ctx context.Context, visit func(Total) error) error
	EachAnswer(ctx context.Context, visit func(Answer) error) error
}

// A Writer stores observations. What it acknowledged survives a crash.
type Writer interface {
	// Put stores a few observations at once, merged with what is there. Where
	// one fails Normal all are refused, naming the first. Counts add up: the
	// same answer put twice counts twice, so callers must not put it twice.
	//
	// An engine on this machine stores all of them or none, also when it is killed.
	// One across a network may have kept part of them when Put fails otherwise, and
	// of a link one direction; put again, what had arrived counts twice. Whoever
	// cannot have that uses Load.
	Put(ctx context.Context, observations []observation.Observation) error
	// PutTotals stores providers' totals; a newer one of the same source replaces the older.
	PutTotals(ctx context.Context, totals []Total) error
	// Load opens a bulk load, the only fast way to store millions.
	Load(ctx context.Context) (Loader, error)
}

// A Register knows the loads of a store.
type Register interface {
	// Imports returns the loads that were committed and not removed, in the
	// order of [CompareImports].
	Imports(ctx context.Context) ([]Import, error)
	// RemoveImport takes back everything that the import of that ID brought, and
	// its entry: every question is then answered as by a store that never had
	// it. It is done as a whole or not at all. ErrNoImport where there is none.
	RemoveImport(ctx context.Context, id string) error
}

// A Loader takes a stream of observations. Nothing is visible, and nothing
// acknowledged, before Commit returns; Close without Commit drops everything.
// An observation that Add refuses because it fails Normal is left out; the load
// goes on. Counts add up as in Put.
type Loader interface {
	Add(observation.Observation) error
	// Commit makes the load visible as the import that entry names, and returns
	// the entry with what the store fills in. An ID that is there already is
	// ErrImported and changes nothing, so that a file is not counted twice.
	Commit(entry Import) (Import, error)
	Close() error
}

// A Store is a whole engine.
type Store interface {
	Reader
	Writer
	Register
	Answers
	// Flush makes everything acknowledged durable and compact enough to measure.
	Flush(ctx context.Context) error
	Close() error
}
