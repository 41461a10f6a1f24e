// Package statetest holds every engine of [fetch.State] to the same promises.
package statetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/fetch"
)

// Noon is a moment of tests.
var Noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Full is an account with something in every field.
func Full() fetch.Account {
	return fetch.Account{
		Seq: 7, Last: Noon, Next: Noon.Add(time.Second),
		Sent:     []fetch.Sent{{ID: 7, Endpoint: "search", At: Noon, Done: true}, {ID: 8, At: Noon, Question: "ab"}},
		Counters: map[string]fetch.Counter{"day": {Start: Noon, Resets: Noon.Add(time.Hour), Spent: 3, Limit: 9, Used: 2, Learnt: true}},
		Blocked:  map[string]fetch.Closed{"": {Until: Noon, Why: "rate limited"}},
		Denied:   map[string]fetch.Closed{"search": {Until: Noon, Why: "HTTP 403"}},
		Breaker:  fetch.Breaker{Failures: 5, Opened: 1, Until: Noon, Probe: Noon, Last: "timeout"},
		Outcome:  "HTTP 200", At: Noon,
	}
}

// Put makes an account what a is.
func Put(ctx context.Context, s fetch.State, name string, a fetch.Account) error {
	return s.Update(ctx, name, func(kept *fetch.Account, _ time.Duration) error { *kept = a; return nil })
}

// Run holds an engine to what [fetch.State] promises. open returns an empty state.
func Run(t *testing.T, open func(t *testing.T) fetch.State) {
	for name, test := range map[string]func(*testing.T, fetch.State){
		"accounts_are_kept":          accountsAreKept,
		"updates_do_not_get_lost":    updatesDoNotGetLost,
		"replies_are_kept":           repliesAreKept,
		"a_thousand_at_once":         aThousandAtOnce,
		"a_cancelled_update_is_none": aCancelledUpdateIsNone,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func accountsAreKept(t *testing.T, s fetch.State) {
	ctx := t.Context()
	if err := Put(ctx, s, "a", Full()); err != nil {
		t.Fatal(err)
	}
	no := errors.New("no")
	if err := s.Update(ctx, "a", func(a *fetch.Account, _ time.Duration) error { a.Seq, a.Sent[0].ID = 99, 99; return no }); !errors.Is(err, no) {
		t.Errorf("error %v, want that of change", err)
	}
	err := s.Update(ctx, "empty", func(a *fetch.Account, _ time.Duration) error {
		if diff := cmp.Diff(fetch.Account{}, *a); diff != "" {
			t.Errorf("a new account (-want +got):\n%s", diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Accounts(ctx)
	if diff := cmp.Diff(map[string]fetch.Account{"a": Full(), "empty": {}}, got); err != nil || diff != "" {
		t.Errorf("accounts (%v) (-want +got):\n%s", err, diff)
	}
}

func updatesDoNotGetLost(t *testing.T, s fetch.State) {
	const writers, each = 8, 20
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				if err := s.Update(t.Context(), "a", func(a *fetch.Account, _ time.Duration) error { a.Seq++; return nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	all, err := s.Accounts(t.Context())
	if err != nil || all["a"].Seq != writers*each {
		t.Errorf("%d updates counted (%v), want %d", all["a"].Seq, err, writers*each)
	}
}

func aCancelledUpdateIsNone(t *testing.T, s fetch.State) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Put(ctx, s, "a", Full()); err == nil {
		t.Error("an update was made for a run that is cancelled")
	}
	if all, err := s.Accounts(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("accounts %v (%v), want none", all, err)
	}
	if err := Put(t.Context(), s, "a", Full()); err != nil {
		t.Errorf("the next update: %v", err)
	}
}

func repliesAreKept(t *testing.T, s fetch.State) {
	ctx := t.Context()
	kept := map[string]fetch.Kept{
		"old": {Status: 200, Body: "aa", At: Noon, Until: Noon.Add(time.Minute)},
		"new": {Status: 404, Header: map[string][]string{"Content-Type": {"text/plain"}}, Body: "bb", At: Noon, Until: Noon.Add(time.Hour)},
	}
	for key, k := range kept {
		for _, k := range []fetch.Kept{{Status: 1, At: Noon, Until: Noon}, k} { // the later one stays
			if err := s.KeepReply(ctx, key, k); err != nil {
				t.Fatal(err)
			}
		}
	}
	for key, want := range kept {
		if got, ok, err := s.Reply(ctx, key); err != nil || !ok || cmp.Diff(want, got) != "" {
			t.Errorf("%s: %+v %t (%v), want %+v", key, got, ok, err, want)
		}
	}
	if err := s.ForgetReplies(ctx, Noon.Add(30*time.Minute)); err != nil {
		t.Fatal(err)
	}
	needed, err := s.BodiesNeeded(ctx)
	if diff := cmp.Diff(map[string]bool{"bb": true}, needed); err != nil || diff != "" {
		t.Errorf("needed (%v) (-want +got):\n%s", err, diff)
	}
	if err := s.ForgetReply(ctx, "new"); err != nil {
		t.Fatal(err)
	}
	for key := range kept {
		if _, ok, err := s.Reply(ctx, key); ok || err != nil {
			t.Errorf("%s is still there (%v)", key, err)
		}
	}
}

func aThousandAtOnce(t *testing.T, s fetch.State) {
	var group sync.WaitGroup
	for range 1000 {
		group.Go(func() {
			if _, _, err := s.Reply(t.Context(), "none"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
