// Package casefile keeps the record of an investigation: an append-only,
// hash-chained list of events a case, and the raw answers beside it. Everything
// else (the document, the log, the verdicts, what was already asked) is a view
// computed from the events, so that the record alone replays to the same
// findings on another machine.
//
// Engines live in folders of their own and are held to one behaviour by
// casefiletest.
package casefile

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Errors callers branch on. The message wrapped around them says which file or
// case, and what to do.
var (
	ErrNoCase   = errors.New("no such case")
	ErrExists   = errors.New("case exists already")
	ErrNoBlob   = errors.New("raw answer is not in the record")
	ErrDamaged  = errors.New("case record is damaged")
	ErrForeign  = errors.New("file is not a clew case record")
	ErrNewer    = errors.New("case record was written by a newer clew")
	ErrEarlier  = errors.New("case record is of an earlier clew") // on a server, where this user may not bring it forward
	ErrLocked   = errors.New("case record is in use by another process")
	ErrFull     = errors.New("no space left for the case record")
	ErrReadOnly = errors.New("case record cannot be written")
	ErrMoved    = errors.New("somebody else decided about the case meanwhile")
	ErrInvalid  = errors.New("event is not valid")
	// ErrUnreachable is of a record on a server.
	ErrUnreachable = errors.New("case record's server cannot be reached")
)

// MaxBlob bounds one raw answer, in bytes, uncompressed.
const MaxBlob = 256 << 20

// A Head is the last word of a case: how many events it has and the hash of
// the last one. Kept apart from the events, it shows when the end was cut off.
type Head struct {
	Case    string
	Seq     uint64 // number of events; 0 means the case does not exist
	Hash    string // of event Seq
	Opened  time.Time
	Changed time.Time // time of event Seq
}

// A Query narrows the events of a case. The zero Query means all of them.
type Query struct {
	After uint64 // only events with a higher Seq
	Types []Type // only these types
	Last  bool   // only the last one that fits
}

// Of returns those of events, in the order of Seq, that the query asks for.
func (q Query) Of(events []Event) []Event {
	var fit []Event
	for _, e := range events {
		if e.Seq > q.After && (len(q.Types) == 0 || slices.Contains(q.Types, e.Type)) {
			fit = append(fit, e)
		}
	}
	if q.Last && len(fit) > 1 {
		return fit[len(fit)-1:]
	}
	return fit
}

// A Reader answers from the record. A [Store] is one, and so is a [Bundle].
type Reader interface {
	// Cases returns the head of every case, ordered by ID.
	Cases(ctx context.Context) ([]Head, error)
	// Head returns the head of one case, or ErrNoCase.
	Head(ctx context.Context, id string) (Head, error)
	// Events returns the events of a case in the order of Seq, or ErrNoCase. It
	// returns what is stored, whether or not the chain holds: see [Verify].
	Events(ctx context.Context, id string, q Query) ([]Event, error)
	// GetBlob returns the raw answer with that digest, ErrNoBlob when it is not
	// there, ErrDamaged when its content no longer has that digest.
	GetBlob(ctx context.Context, digest string) ([]byte, error)
}

// A Store keeps the record. What it acknowledged survives a crash and a power
// cut. It is safe for use by several goroutines and several processes.
type Store interface {
	Reader
	// Append adds entries to a case, all or none, and returns them as sealed
	// events. The first event of a case is of type Opened and no other is:
	// ErrNoCase and ErrExists otherwise.
	Append(ctx context.Context, id string, entries ...Entry) ([]Event, error)
	// AppendUnless is Append for what was decided on the record as it stood: it
	// returns ErrMoved, and appends nothing, when the case has events that fit news.
	AppendUnless(ctx context.Context, id string, news Query, entries ...Entry) ([]Event, error)
	// PutBlob keeps a raw answer and returns its digest. The same content is
	// kept once.
	PutBlob(ctx context.Context, content []byte) (digest string, err error)
	Close() error
}
