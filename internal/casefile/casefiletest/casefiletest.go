// Package casefiletest is what every engine of the case record must pass.
package casefiletest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/casefile"
)

// Run holds an engine to the contract of [casefile.Store]. open returns an empty
// store, which the test closes.
func Run(t *testing.T, open func(t *testing.T) casefile.Store) {
	for name, test := range map[string]func(*testing.T, casefile.Store){
		"append_seals_and_chains":             appendSealsAndChains,
		"a_case_opens_once_and_first":         aCaseOpensOnceAndFirst,
		"append_is_all_or_none":               appendIsAllOrNone,
		"bad_entries_are_refused":             badEntriesAreRefused,
		"queries_narrow":                      queriesNarrow,
		"bytes_come_back_as_they_went_in":     bytesComeBack,
		"a_cancelled_context_changes_nothing": aCancelledContextChangesNothing,
		"blobs_are_kept_by_content":           blobsAreKeptByContent,
		"appenders_at_once_share_one_chain":   appendersShareOneChain,
		"one_of_two_decisions_is_recorded":    oneOfTwoDecisions,
		"tampering_is_found":                  tamperingIsFound,
		"a_case_goes_whole_and_leaves_word":   aCaseGoesWholeAndLeavesWord,
		"random_operations_match_the_model":   randomOperationsMatchTheModel,
	} {
		t.Run(name, func(t *testing.T) {
			store := open(t)
			defer func() {
				if err := store.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}()
			test(t, store)
		})
	}
}

// Start is the clock reading the tests begin at.
var start = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

// Opening returns the entry that opens a case on a seed.
func Opening(seed string) casefile.Entry {
	return casefile.Entry{Time: start, Type: casefile.TypeOpened, Actor: "analyst", Data: casefile.Opened{
		Seeds: []casefile.Seed{{Kind: "domain", Value: seed, Source: "a colleague", Confidence: 80}},
		Scope: "hunt", TLP: "AMBER", PAP: "AMBER",
	}}
}

// Note returns an entry with a remark.
func Note(text string) casefile.Entry {
	return casefile.Entry{Time: start.Add(time.Minute), Type: casefile.TypeNoted, Actor: "analyst", Data: casefile.Noted{Text: text}}
}

func mustAppend(t *testing.T, s casefile.Store, id string, entries ...casefile.Entry) []casefile.Event {
	t.Helper()
	events, err := s.Append(t.Context(), id, entries...)
	if err != nil {
		t.Fatalf("append to %s: %v", id, err)
	}
	return events
}

func mustVerify(t *testing.T, r casefile.Reader, id string) casefile.Verification {
	t.Helper()
	v, err := casefile.Verify(t.Context(), r, id, "")
	if err != nil {
		t.Fatalf("verify %s: %v", id, err)
	}
	return v
}

func appendSealsAndChains(t *testing.T, s casefile.Store) {
	first := mustAppend(t, s, "a-case", Opening("evil.example"), Note("one"))
	second := mustAppend(t, s, "a-case", Note("two"))
	stored, err := s.Events(t.Context(), "a-case", casefile.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(first, second...), stored); diff != "" {
		t.Errorf("stored events differ from those returned (-returned +stored):\n%s", diff)
	}
	prev := ""
	for i, e := range stored {
		if e.Seq != uint64(i+1) || e.Prev != prev || e.Hash != e.Digest() {
			t.Errorf("event %d: seq %d, prev %q, hash %q do not chain", i+1, e.Seq, e.Prev, e.Hash)
		}
		prev = e.Hash
	}
	head, err := s.Head(t.Context(), "a-case")
	want := casefile.Head{Case: "a-case", Seq: 3, Hash: prev, Opened: start, Changed: start.Add(time.Minute)}
	if err != nil || head != want {
		t.Errorf("head = %+v, %v; want %+v", head, err, want)
	}
	heads, err := s.Cases(t.Context())
	if diff := cmp.Diff([]casefile.Head{want}, heads); err != nil || diff != "" {
		t.Errorf("cases: %v\n%s", err, diff)
	}
}

func aCaseOpensOnceAndFirst(t *testing.T, s casefile.Store) {
	ctx := t.Context()
	if _, err := s.Append(ctx, "a-case", Note("too early")); !errors.Is(err, casefile.ErrNoCase) {
		t.Errorf("a note before the opening: %v, want ErrNoCase", err)
	}
	mustAppend(t, s, "a-case", Opening("evil.example"))
	if _, err := s.Append(ctx, "a-case", Opening("other.example")); !errors.Is(err, casefile.ErrExists) {
		t.Errorf("a second opening: %v, want ErrExists", err)
	}
	if _, err := s.Head(ctx, "b-case"); !errors.Is(err, casefile.ErrNoCase) {
		t.Errorf("head of no case: %v, want ErrNoCase", err)
	}
	if _, err := s.Events(ctx, "b-case", casefile.Query{}); !errors.Is(err, casefile.ErrNoCase) {
		t.Errorf("events of no case: %v, want ErrNoCase", err)
	}
}

func appendIsAllOrNone(t *testing.T, s casefile.Store) {
	mustAppend(t, s, "a-case", Opening("evil.example"))
	bad := Note("bad")
	bad.Actor = ""
	if _, err := s.Append(t.Context(), "a-case", Note("good"), bad); !errors.Is(err, casefile.ErrInvalid) {
		t.Errorf("append with a bad entry: %v, want ErrInvalid", err)
	}
	if head, err := s.Head(t.Context(), "a-case"); err != nil || head.Seq != 1 {
		t.Errorf("after a refused append the head is %+v, %v; want seq 1", head, err)
	}
}

func badEntriesAreRefused(t *testing.T, s casefile.Store) {
	mustAppend(t, s, "a-case", Opening("evil.example"))
	with := func(change func(*casefile.Entry)) casefile.Entry {
		e := Note("x")
		change(&e)
		return e
	}
	for name, e := range map[string]casefile.Entry{
		"no_actor":              with(func(e *casefile.Entry) { e.Actor = "" }),
		"actor_with_escape":     with(func(e *casefile.Entry) { e.Actor = "a\x1b[2J" }),
		"actor_with_bidi_mark":  with(func(e *casefile.Entry) { e.Actor = "a\u202eb" }),
		"actor_too_long":        with(func(e *casefile.Entry) { e.Actor = strings.Repeat("a", casefile.MaxActor+1) }),
		"no_time":               with(func(e *casefile.Entry) { e.Time = time.Time{} }),
		"type_with_blank":       with(func(e *casefile.Entry) { e.Type = "no ted" }),
		"data_that_is_no_json":  with(func(e *casefile.Entry) { e.Data = func() {} }),
		"data_beyond_the_limit": with(func(e *casefile.Entry) { e.Data = strings.Repeat("x", casefile.MaxData) }),
	} {
		if _, err := s.Append(t.Context(), "a-case", e); !errors.Is(err, casefile.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
	for _, id := range []string{"", "../up", "A-Case", "a case", "-a", strings.Repeat("a", 65)} {
		if _, err := s.Append(t.Context(), id, Opening("evil.example")); !errors.Is(err, casefile.ErrInvalid) {
			t.Errorf("case ID %q: %v, want ErrInvalid", id, err)
		}
	}
	if _, err := s.Append(t.Context(), "a-case"); !errors.Is(err, casefile.ErrInvalid) {
		t.Errorf("an empty append: %v, want ErrInvalid", err)
	}
}

func queriesNarrow(t *testing.T, s casefile.Store) {
	acted := casefile.Entry{Time: start, Type: casefile.TypeActed, Actor: "clew", Data: casefile.Acted{}}
	all := mustAppend(t, s, "a-case", Opening("evil.example"), Note("two"), acted, Note("four"))
	for name, row := range map[string]struct {
		query casefile.Query
		want  []casefile.Event
	}{
		"everything":            {casefile.Query{}, all},
		"after":                 {casefile.Query{After: 2}, all[2:]},
		"after_the_end":         {casefile.Query{After: 9}, nil},
		"one_type":              {casefile.Query{Types: []casefile.Type{casefile.TypeActed}}, all[2:3]},
		"two_types_in_order":    {casefile.Query{Types: []casefile.Type{casefile.TypeActed, casefile.TypeOpened}}, []casefile.Event{all[0], all[2]}},
		"type_that_is_not_used": {casefile.Query{Types: []casefile.Type{casefile.TypeFound}}, nil},
		"last_of_a_type":        {casefile.Query{Types: []casefile.Type{casefile.TypeNoted}, Last: true}, all[3:]},
		"last_after":            {casefile.Query{After: 4, Last: true}, nil},
	} {
		got, err := s.Events(t.Context(), "a-case", row.query)
		if diff := cmp.Diff(row.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
}

func bytesComeBack(t *testing.T, s casefile.Store) {
	text := "quote \" backslash \\ tag <b>&amp; newline \n nul \x00 wide 例え 😀 line\u2028sep '; DROP TABLE events; --"
	want := mustAppend(t, s, "a-case", Opening("evil.example"), Note(text))
	got, err := s.Events(t.Context(), "a-case", casefile.Query{After: 1})
	if err != nil || len(got) != 1 {
		t.Fatalf("events: %v, %v", got, err)
	}
	if string(got[0].Data) != string(want[1].Data) {
		t.Errorf("data changed in the store:\n%q\n%q", want[1].Data, got[0].Data)
	}
	var note casefile.Noted
	if err := got[0].Decode(&note); err != nil || note.Text != text {
		t.Errorf("note = %q, %v; want %q", note.Text, err, text)
	}
}

func aCancelledContextChangesNothing(t *testing.T, s casefile.Store) {
	mustAppend(t, s, "a-case", Opening("evil.example"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Append(ctx, "a-case", Note("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("append: %v, want context.Canceled", err)
	}
	if _, err := s.PutBlob(ctx, []byte("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("put blob: %v, want context.Canceled", err)
	}
	if head, err := s.Head(t.Context(), "a-case"); err != nil || head.Seq != 1 {
		t.Errorf("head = %+v, %v; want seq 1", head, err)
	}
}

func blobsAreKeptByContent(t *testing.T, s casefile.Store) {
	ctx := t.Context()
	for _, content := range []string{"", "a reply", strings.Repeat("a long reply ", 100_000), "\x00\xff"} {
		digest, err := s.PutBlob(ctx, []byte(content))
		if err != nil || digest != casefile.DigestOf([]byte(content)) {
			t.Fatalf("put %d bytes: %q, %v", len(content), digest, err)
		}
		again, err := s.PutBlob(ctx, []byte(content))
		if err != nil || again != digest {
			t.Errorf("put again: %q, %v; want %q", again, err, digest)
		}
		got, err := s.GetBlob(ctx, digest)
		if err != nil || string(got) != content {
			t.Errorf("get %s: %d bytes, %v; want %d", digest, len(got), err, len(content))
		}
	}
	for _, digest := range []string{casefile.DigestOf([]byte("never put")), "", "../../etc/passwd", strings.Repeat("A", 64)} {
		if _, err := s.GetBlob(ctx, digest); !errors.Is(err, casefile.ErrNoBlob) {
			t.Errorf("get %q: %v, want ErrNoBlob", digest, err)
		}
	}
}

func appendersShareOneChain(t *testing.T, s casefile.Store) {
	const writers, each = 8, 25
	ids := []string{"a-case", "b-case"}
	for _, id := range ids {
		mustAppend(t, s, id, Opening("evil.example"))
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]map[uint64]string{"a-case": {}, "b-case": {}} // guarded by mu
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				id := ids[(w+i)%2]
				events, err := s.Append(t.Context(), id, Note(fmt.Sprint(w, i)), Note("and"))
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				mu.Lock()
				for _, e := range events {
					if other, taken := seen[id][e.Seq]; taken {
						t.Errorf("%s: event %d was given out twice, as %s and %s", id, e.Seq, other, e.Hash)
					}
					seen[id][e.Seq] = e.Hash
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if v := mustVerify(t, s, id); v.Events != writers*each+1 || len(v.Problems) > 0 {
			t.Errorf("%s: %d events, %v; want %d and no problem", id, v.Events, v.Problems, writers*each+1)
		}
	}
}

func aCaseGoesWholeAndLeavesWord(t *testing.T, s casefile.Store) {
	remover, ok := s.(casefile.Remover)
	if !ok {
		t.Skip("cases cannot be taken out of this engine")
	}
	ctx := t.Context()
	events := mustAppend(t, s, "a-case", Opening("evil.example"), Note("one"))
	mustAppend(t, s, "b-case", Opening("other.example"))
	gone := casefile.Removed{
		Case: "a-case", Events: 2, Head: events[1].Hash, At: start.Add(time.Hour), Actor: "analyst", Reason: "closed for a year", Archive: "a-case.zip", SHA256: "00",
	}
	stale := gone
	stale.Events, stale.Head = 1, events[0].Hash
	if err := remover.Remove(ctx, stale); !errors.Is(err, casefile.ErrWentOn) {
		t.Errorf("a case that went on: %v", err)
	}
	if v := mustVerify(t, s, "a-case"); len(v.Problems) > 0 {
		t.Errorf("after a refusal: %+v", v.Problems)
	}
	if err := remover.Remove(ctx, gone); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Head(ctx, "a-case"); !errors.Is(err, casefile.ErrNoCase) {
		t.Errorf("the head is still there: %v", err)
	}
	if _, err := s.Events(ctx, "a-case", casefile.Query{}); !errors.Is(err, casefile.ErrNoCase) {
		t.Errorf("events are still there: %v", err)
	}
	if v := mustVerify(t, s, "b-case"); len(v.Problems) > 0 {
		t.Errorf("the other case: %+v", v.Problems)
	}
	if err := remover.Remove(ctx, gone); !errors.Is(err, casefile.ErrNoCase) {
		t.Errorf("a second time: %v", err)
	}
	list, err := remover.Removed(ctx)
	if diff := cmp.Diff([]casefile.Removed{gone}, list); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	mustAppend(t, s, "a-case", Opening("evil.example")) // taken in again from the archive
	if err := remover.Remove(ctx, gone); !errors.Is(err, casefile.ErrWentOn) {
		t.Errorf("another case of that name: %v", err)
	}
}

// oneOfTwoDecisions lets several decide on the same state of a case: one is
// recorded, the others learn that the state is no more. What else is written
// meanwhile is no hindrance.
func oneOfTwoDecisions(t *testing.T, s casefile.Store) {
	ctx := t.Context()
	if _, err := s.Append(ctx, "a-case", Opening("evil.example"), Note("first")); err != nil {
		t.Fatal(err)
	}
	head, err := s.Head(ctx, "a-case")
	if err != nil {
		t.Fatal(err)
	}
	news := casefile.Query{After: head.Seq, Types: []casefile.Type{casefile.TypeTagged}}
	decision := casefile.Entry{Time: start, Type: casefile.TypeTagged, Actor: "analyst", Data: casefile.Tagged{Add: []string{"seen"}}}
	var (
		wait  sync.WaitGroup
		moved [8]error
	)
	for i := range moved {
		wait.Go(func() {
			if _, err := s.Append(ctx, "a-case", Note(fmt.Sprint("beside ", i))); err != nil {
				t.Error(err)
			}
			_, moved[i] = s.AppendUnless(ctx, "a-case", news, decision)
		})
	}
	wait.Wait()
	recorded := 0
	for _, err := range moved {
		switch {
		case err == nil:
			recorded++
		case !errors.Is(err, casefile.ErrMoved):
			t.Errorf("got %v, want ErrMoved", err)
		}
	}
	events, err := s.Events(ctx, "a-case", casefile.Query{})
	if err != nil || recorded != 1 || len(events) != 2+len(moved)+1 {
		t.Errorf("%d decisions were recorded, %d events, %v; want one decision and %d events", recorded, len(events), err, 2+len(moved)+1)
	}
	if _, err := s.AppendUnless(ctx, "no-case", casefile.Query{}, decision); !errors.Is(err, casefile.ErrNoCase) {
		t.Errorf("of a case that is not there: %v, want ErrNoCase", err)
	}
}
