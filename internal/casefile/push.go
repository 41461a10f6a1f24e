package casefile

import (
	"context"
	"errors"
	"fmt"
)

// ErrDiverged means that two records of one case went on each in its own way.
var ErrDiverged = errors.New("the case went on in both records")

// A Pushed says what went over to another record.
type Pushed struct {
	Case   string `json:"case"`
	Events int    `json:"events"` // that were added there
	There  int    `json:"there"`  // that were there already
	Blobs  int    `json:"blobs"`  // raw answers and the like that the events name
}

// Push copies a case to another record: its raw answers first, so that no event
// there ever names one that is missing, then the events behind those it has,
// sealed anew with the same hashes. A case that does not verify is not pushed. One
// that was pushed before goes on from there; where the other record has events of
// its own, nothing changes and the error is ErrDiverged.
func Push(ctx context.Context, from Reader, to Store, id string) (Pushed, error) {
	v, events, err := verified(ctx, from, id, "")
	if err != nil {
		return Pushed{}, err
	}
	if len(v.Problems) > 0 {
		return Pushed{}, fmt.Errorf("%w: case %s: %s: clew case verify says more", ErrDamaged, id, v.Problems[0].What)
	}
	there, err := to.Head(ctx, id)
	if err != nil && !errors.Is(err, ErrNoCase) {
		return Pushed{}, err
	}
	n := int(min(there.Seq, uint64(len(events))))
	if there.Seq > uint64(len(events)) || n > 0 && events[n-1].Hash != there.Hash {
		return Pushed{}, fmt.Errorf("%w: %s has %d events here and %d there: bundle one of them and go on with the other", ErrDiverged, id, len(events), there.Seq)
	}
	sum := Pushed{Case: id, Events: len(events) - n, There: n}
	for _, ref := range blobRefs(events[n:]) {
		content, err := from.GetBlob(ctx, ref.digest)
		if err == nil {
			_, err = to.PutBlob(ctx, content)
		}
		if err != nil {
			return Pushed{}, err
		}
		sum.Blobs++
	}
	if sum.Events == 0 {
		return sum, nil
	}
	entries := make([]Entry, 0, sum.Events)
	for _, e := range events[n:] {
		entries = append(entries, Entry{Time: e.At(), Type: e.Type, Actor: e.Actor, Data: e.Data})
	}
	added, err := to.AppendUnless(ctx, id, Query{After: uint64(sum.There)}, entries...)
	if errors.Is(err, ErrMoved) || errors.Is(err, ErrExists) { // another push of the same case was faster
		return Push(ctx, from, to, id)
	}
	if err != nil {
		return Pushed{}, err
	}
	if last := added[len(added)-1]; last.Hash != v.Head {
		return Pushed{}, fmt.Errorf("%w: %s: somebody else added to the case there while it was pushed", ErrDiverged, id)
	}
	return sum, nil
}
