package statetest

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/database/versiontest"
	"clew/internal/fetch"
)

// A Closing is a state that lets go of where it keeps.
type Closing interface {
	fetch.State
	io.Closer
}

// Versions is what a state of every version keeps. newer is what the engine calls a
// later one.
func Versions[S Closing](newer error) versiontest.Store[S] {
	return versiontest.Store[S]{
		Fill:  func(t *testing.T, s S) { fill(t, s) },
		Holds: func(t *testing.T, s S) { holds(t, s) },
		Newer: newer,
	}
}

func kept() fetch.Kept {
	return fetch.Kept{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: "ab12", At: Noon, Until: Noon.Add(time.Hour)}
}

func fill(t *testing.T, s fetch.State) {
	t.Helper()
	for _, err := range []error{Put(t.Context(), s, "a", Full()), s.KeepReply(t.Context(), "key", kept())} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func holds(t *testing.T, s fetch.State) {
	t.Helper()
	ctx := t.Context()
	all, err := s.Accounts(ctx)
	if diff := cmp.Diff(map[string]fetch.Account{"a": Full()}, all); err != nil || diff != "" {
		t.Errorf("what was spent: %v (-want +got)\n%s", err, diff)
	}
	reply, there, err := s.Reply(ctx, "key")
	if diff := cmp.Diff(kept(), reply); err != nil || !there || diff != "" {
		t.Errorf("a kept reply: %v (-want +got)\n%s", err, diff)
	}
	if err := s.Update(ctx, "a", func(a *fetch.Account, _ time.Duration) error { a.Seq++; return nil }); err != nil {
		t.Errorf("it does not go on: %v", err)
	}
	if all, err := s.Accounts(ctx); err != nil || all["a"].Seq != Full().Seq+1 {
		t.Errorf("one more was spent: %+v, %v", all, err)
	}
}
