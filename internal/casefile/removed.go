package casefile

import (
	"context"
	"errors"
	"slices"
	"time"
)

// ErrWentOn means that a case was added to since it was archived.
var ErrWentOn = errors.New("the case went on meanwhile")

// A Removed is what stays of a case that was taken out of the record: which it was,
// how it ended, where it went, and who said so. Its events were not edited; they are
// in the archive, and hash to the same head.
type Removed struct {
	Case    string    `json:"case"`
	Events  uint64    `json:"events"`
	Head    string    `json:"head"` // hash of the last event
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Reason  string    `json:"reason"`
	Archive string    `json:"archive"` // name of the bundle
	SHA256  string    `json:"sha256"`  // of the bundle
}

// A Remover is a store that closed cases can be taken out of.
type Remover interface {
	Store
	// Remove takes a case out, all or nothing, and keeps what is said of it. It is
	// ErrWentOn when the case has another head than gone has.
	Remove(ctx context.Context, gone Removed) error
	// Removed lists what was taken out, by time.
	Removed(ctx context.Context) ([]Removed, error)
	// DropBlob takes out a raw answer that no case names. It says how many bytes that
	// freed: 0 when the engine keeps it, or somebody just put it there again.
	DropBlob(ctx context.Context, digest string) (freed int64, err error)
}

// OwnBlobs are the raw answers that this case names and no other does.
func OwnBlobs(ctx context.Context, r Reader, id string) ([]string, error) {
	events, err := r.Events(ctx, id, Query{})
	if err != nil {
		return nil, err
	}
	own := map[string]bool{}
	for _, ref := range blobRefs(events) {
		own[ref.digest] = true
	}
	heads, err := r.Cases(ctx)
	if err != nil {
		return nil, err
	}
	for _, head := range heads {
		if head.Case == id {
			continue
		}
		events, err := r.Events(ctx, head.Case, Query{})
		if err != nil {
			return nil, err
		}
		for _, ref := range blobRefs(events) {
			delete(own, ref.digest)
		}
	}
	list := make([]string, 0, len(own))
	for digest := range own {
		list = append(list, digest)
	}
	slices.Sort(list)
	return list, nil
}
