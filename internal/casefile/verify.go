package casefile

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// A Verification is what checking a case found. It is sound when Problems is
// empty.
type Verification struct {
	Case     string    `json:"case"`
	Events   int       `json:"events"`
	Blobs    int       `json:"blobs"` // raw answers, findings and reads that were checked
	Head     string    `json:"head"`
	Problems []Problem `json:"problems"` // the first broken event first
}

// A Problem is one thing that is not as it was recorded.
type Problem struct {
	Seq  uint64 `json:"seq"` // of the event, 0 for the record as a whole
	What string `json:"what"`
}

// Verify recomputes the chain of a case and the digest of every blob it names.
// anchor, when not empty, is a head hash noted elsewhere (a report, a bundle, a
// colleague's mail): whoever can write the database could forge a whole chain,
// but not one that holds a hash written down before.
//
// The chain is reported up to its first break, since everything after it is
// only as good as the break; blobs are checked all the same.
func Verify(ctx context.Context, r Reader, id, anchor string) (Verification, error) {
	v, _, err := verified(ctx, r, id, anchor)
	return v, err
}

// verified is Verify that returns the events it verified as well.
func verified(ctx context.Context, r Reader, id, anchor string) (Verification, []Event, error) {
	head, events, err := whole(ctx, r, id)
	if err != nil {
		return Verification{}, nil, err
	}
	v := Verification{Case: id, Events: len(events), Head: head.Hash, Problems: []Problem{}}
	if p := broken(events, head, anchor); p != nil {
		v.Problems = append(v.Problems, *p)
	}
	for _, ref := range blobRefs(events) {
		_, err := r.GetBlob(ctx, ref.digest)
		switch {
		case err == nil:
			v.Blobs++
		case errors.Is(err, ErrNoBlob), errors.Is(err, ErrDamaged):
			v.Problems = append(v.Problems, Problem{ref.seq, err.Error()})
		default:
			return v, nil, err
		}
	}
	return v, events, nil
}

// whole reads a case as it stood at one moment. Head and events are two reads:
// where another process appended in between, the events beyond the head that
// was read are left for the next time.
func whole(ctx context.Context, r Reader, id string) (Head, []Event, error) {
	head, err := r.Head(ctx, id)
	if err != nil {
		return Head{}, nil, err
	}
	events, err := r.Events(ctx, id, Query{})
	if err != nil {
		return Head{}, nil, err
	}
	after, err := r.Head(ctx, id)
	if err != nil {
		return Head{}, nil, err
	}
	if after != head { // a writer is at work: what it added since is no forgery
		for len(events) > 0 && events[len(events)-1].Seq > head.Seq {
			events = events[:len(events)-1]
		}
	}
	return head, events, nil
}

// broken returns the first break of the chain, or nil.
func broken(events []Event, head Head, anchor string) *Problem {
	anchored := anchor == "" || head.Hash == anchor
	var prev Event
	for i, e := range events {
		if p := follows(prev, e, events[i:]); p != nil {
			return p
		}
		anchored = anchored || e.Hash == anchor
		prev = e
	}
	switch {
	case prev.Seq < head.Seq:
		return &Problem{prev.Seq + 1, fmt.Sprintf("the end is missing: the record holds %d events, its head says %d", prev.Seq, head.Seq)}
	case prev.Seq > head.Seq:
		return &Problem{head.Seq + 1, fmt.Sprintf("events were added at the end: the record holds %d, its head says %d", prev.Seq, head.Seq)}
	case prev.Hash != head.Hash:
		return &Problem{prev.Seq, "the last event is not the one the head of the record names"}
	case !anchored:
		return &Problem{0, fmt.Sprintf("no event has the hash %s: this is not the record it was taken from, or the record was rewritten", anchor)}
	}
	return nil
}

// follows checks one event against the one before it; rest starts with e.
func follows(prev, e Event, rest []Event) *Problem {
	want := prev.Seq + 1
	switch {
	case e.Seq > want:
		return &Problem{want, fmt.Sprintf("event %d was removed: %d is followed by %d", want, prev.Seq, e.Seq)}
	case e.Seq < want:
		return &Problem{e.Seq, fmt.Sprintf("event %d is there twice, or out of order", e.Seq)}
	case e.Digest() != e.Hash && moved(e, rest[1:]):
		return &Problem{e.Seq, fmt.Sprintf("event %d changed places with another", e.Seq)}
	case e.Digest() != e.Hash:
		return &Problem{e.Seq, fmt.Sprintf("event %d (%s) was changed after it was written: its content does not have its hash", e.Seq, Printable(string(e.Type)))}
	case e.Prev != prev.Hash:
		return &Problem{e.Seq, fmt.Sprintf("event %d does not follow event %d: one of them was inserted, replaced or moved", e.Seq, prev.Seq)}
	}
	return nil
}

// moved reports whether e is sound but for its place: with the number of a later
// event its hash is right.
func moved(e Event, later []Event) bool {
	for _, other := range later {
		e.Seq = other.Seq
		if e.Digest() == e.Hash {
			return true
		}
	}
	return false
}

type blobRef struct {
	seq    uint64
	digest string
	role   role
}

// role is what a blob is for, and the folder of a bundle it goes to.
type role string

const (
	roleAnswer   role = "answers"
	roleRead     role = "reads"
	roleLists    role = "lists"
	roleFindings role = "findings"
)

// blobRefs lists the blobs that events name, each digest and role once, at the
// event that first names it. What cannot be decoded was reported as a break.
func blobRefs(events []Event) []blobRef {
	var refs []blobRef
	type key struct {
		digest string
		role   role
	}
	seen := map[key]bool{}
	add := func(seq uint64, digest string, as role) {
		if k := (key{digest, as}); !seen[k] {
			seen[k] = true
			refs = append(refs, blobRef{seq, digest, as})
		}
	}
	for _, e := range events {
		switch e.Type { // every other type names no blob
		case TypeAsked:
			if asked, err := decoded[Asked](e); err == nil {
				for _, evidence := range asked.Evidence {
					add(e.Seq, evidence.SHA256, roleAnswer)
				}
			}
		case TypeRead:
			if read, err := decoded[Read](e); err == nil {
				add(e.Seq, read.SHA256, roleRead)
				if read.Lists != "" {
					add(e.Seq, read.Lists, roleLists)
				}
			}
		case TypeFound:
			if found, err := decoded[Found](e); err == nil {
				add(e.Seq, found.SHA256, roleFindings)
			}
		}
	}
	return slices.Clip(refs)
}
