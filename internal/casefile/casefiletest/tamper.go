package casefiletest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"clew/internal/casefile"
)

// tampered shows a record as somebody with a hand on the database would leave it.
type tampered struct {
	casefile.Reader
	events func([]casefile.Event) []casefile.Event
	head   func(casefile.Head) casefile.Head
}

func (r tampered) Events(ctx context.Context, id string, q casefile.Query) ([]casefile.Event, error) {
	events, err := r.Reader.Events(ctx, id, casefile.Query{})
	return q.Of(r.events(events)), err
}

func (r tampered) Head(ctx context.Context, id string) (casefile.Head, error) {
	head, err := r.Reader.Head(ctx, id)
	return r.head(head), err
}

// rehash makes an event's hash right again after a change, as a careful forger would.
func rehash(e casefile.Event) casefile.Event {
	e.Hash = e.Digest()
	return e
}

func tamperingIsFound(t *testing.T, s casefile.Store) {
	digest, err := s.PutBlob(t.Context(), []byte("a reply"))
	if err != nil {
		t.Fatal(err)
	}
	asked := casefile.Entry{Time: start, Type: casefile.TypeAsked, Actor: "clew", Data: casefile.Asked{
		Source: "pdns", Evidence: []casefile.Evidence{{SHA256: digest}},
	}}
	events := mustAppend(t, s, "a-case", Opening("evil.example"), Note("two"), asked, Note("four"), Note("five"))
	if v := mustVerify(t, s, "a-case"); len(v.Problems) > 0 || v.Blobs != 1 {
		t.Fatalf("a sound record has problems %v and %d sound blobs", v.Problems, v.Blobs)
	}
	same := func(h casefile.Head) casefile.Head { return h }
	for name, row := range map[string]struct {
		events func([]casefile.Event) []casefile.Event
		head   func(casefile.Head) casefile.Head
		seq    uint64 // of the first broken event
		says   string
	}{
		"data_changed": {func(e []casefile.Event) []casefile.Event {
			e[1].Data = []byte(strings.Replace(string(e[1].Data), "two", "2", 1))
			return e
		}, same, 2, "changed"},
		"actor_changed": {func(e []casefile.Event) []casefile.Event { e[3].Actor = "somebody"; return e }, same, 4, "changed"},
		"time_changed":  {func(e []casefile.Event) []casefile.Event { e[3].Time = e[0].Time; return e }, same, 4, "changed"},
		"bytes_moved_between_fields": {func(e []casefile.Event) []casefile.Event {
			e[1].Type, e[1].Actor = "note", "danalyst"
			return e
		}, same, 2, "changed"},
		"changed_and_rehashed": {func(e []casefile.Event) []casefile.Event {
			e[1].Actor = "somebody"
			e[1] = rehash(e[1])
			return e
		}, same, 3, "does not follow"},
		"removed": {func(e []casefile.Event) []casefile.Event { return slices.Delete(e, 2, 3) }, same, 3, "removed"},
		"removed_and_renumbered": {func(e []casefile.Event) []casefile.Event {
			e = slices.Delete(e, 2, 3)
			for i := 2; i < len(e); i++ {
				e[i].Seq = uint64(i + 1)
				e[i] = rehash(e[i])
			}
			return e
		}, same, 3, "does not follow"},
		"inserted": {func(e []casefile.Event) []casefile.Event {
			forged := e[1]
			forged.Seq, forged.Prev = 3, e[1].Hash
			e = slices.Insert(e, 2, rehash(forged))
			for i := 3; i < len(e); i++ {
				e[i].Seq++
			}
			return e
		}, same, 4, "changed"},
		"reordered": {func(e []casefile.Event) []casefile.Event {
			e[1], e[3] = e[3], e[1]
			e[1].Seq, e[3].Seq = 2, 4
			return e
		}, same, 2, "places"},
		"repeated":  {func(e []casefile.Event) []casefile.Event { return slices.Insert(e, 2, e[1]) }, same, 2, "twice"},
		"truncated": {func(e []casefile.Event) []casefile.Event { return e[:3] }, same, 4, "end is missing"},
		"emptied":   {func([]casefile.Event) []casefile.Event { return nil }, same, 1, "end is missing"},
		"grown": {func(e []casefile.Event) []casefile.Event {
			forged := e[4]
			forged.Seq, forged.Prev = 6, e[4].Hash
			return append(e, rehash(forged))
		}, same, 6, "added at the end"},
		"head_of_another_record": {func(e []casefile.Event) []casefile.Event { return e }, func(h casefile.Head) casefile.Head {
			h.Hash = strings.Repeat("0", 64)
			return h
		}, 5, "head"},
	} {
		v := mustVerify(t, tampered{s, row.events, row.head}, "a-case")
		if len(v.Problems) == 0 || v.Problems[0].Seq != row.seq || !strings.Contains(v.Problems[0].What, row.says) {
			t.Errorf("%s: %v, want event %d: … %s …", name, v.Problems, row.seq, row.says)
		}
	}
	forgedWhole := func([]casefile.Event) []casefile.Event { return forge(events) }
	forgedHead := func(h casefile.Head) casefile.Head { h.Hash = forge(events)[4].Hash; return h }
	forged := tampered{s, forgedWhole, forgedHead}
	if v := mustVerify(t, forged, "a-case"); len(v.Problems) > 0 {
		t.Fatalf("the forged chain is not well made: %v", v.Problems)
	}
	for name, anchor := range map[string]string{"of_the_head": events[4].Hash, "of_an_earlier_event": events[2].Hash} {
		v, err := casefile.Verify(t.Context(), forged, "a-case", anchor)
		if err != nil || len(v.Problems) == 0 {
			t.Errorf("a whole forged chain passes against an anchor %s: %v", name, err)
		}
		if v, err = casefile.Verify(t.Context(), s, "a-case", anchor); err != nil || len(v.Problems) > 0 {
			t.Errorf("the sound record fails against an anchor %s: %v, %v", name, v.Problems, err)
		}
	}
}

// forge rewrites the second event and every hash after it.
func forge(events []casefile.Event) []casefile.Event {
	forged := slices.Clone(events)
	forged[1].Actor = "somebody"
	for i := 1; i < len(forged); i++ {
		forged[i].Prev = forged[i-1].Hash
		forged[i] = rehash(forged[i])
	}
	return forged
}
