package accounttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"clew/internal/account"
)

func factors(t *testing.T, s account.Store) {
	ctx := t.Context()
	_, err := s.Factor(ctx, "1")
	fails(t, "none", err, account.ErrNoFactor)
	begun := account.Factor{User: "1", Pending: "AAAA"}
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(tx.PutUser(ctx, User("1", "ada")), tx.PutUser(ctx, User("2", "bob")), tx.PutFactor(ctx, begun))
	})
	got, err := s.Factor(ctx, "1")
	same(t, "begun", got, err, begun)
	has := func(want bool) {
		t.Helper()
		u, err := s.User(ctx, "1")
		if err != nil || u.Factor != want {
			t.Errorf("user has a factor: %v, %v; want %v", u.Factor, err, want)
		}
		list, err := s.Users(ctx)
		if err != nil || len(list) != 2 || list[0].Factor != want || list[1].Factor {
			t.Errorf("users: %+v, %v; want ada's to be %v", list, err, want)
		}
	}
	has(false)
	whole := account.Factor{User: "1", Key: "BBBB", Step: 59 << 33, Since: start}
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(tx.PutFactor(ctx, whole), tx.PutCodes(ctx, "1", []string{"c1"}))
	})
	got, err = s.Factor(ctx, "1")
	same(t, "confirmed", got, err, whole)
	has(true)
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		u, err := tx.User(ctx, "1")
		u.Disabled = true
		return errors.Join(err, tx.PutUser(ctx, u))
	})
	has(true) // a change of the user leaves it
	change(t, s, func(ctx context.Context, tx account.Tx) error { return tx.DropFactor(ctx, "1") })
	has(false)
	if n, err := s.Codes(ctx, "1"); n != 0 || err != nil {
		t.Errorf("%d codes stay when the factor is gone, %v", n, err)
	}
}

func codes(t *testing.T, s account.Store) {
	ctx := t.Context()
	take := func(user, digest string) (there bool) {
		t.Helper()
		change(t, s, func(ctx context.Context, tx account.Tx) (err error) {
			there, err = tx.TakeCode(ctx, user, digest)
			return err
		})
		return there
	}
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(tx.PutCodes(ctx, "1", []string{"old"}), tx.PutCodes(ctx, "1", []string{"a", "b"}), tx.PutCodes(ctx, "2", []string{"a"}))
	})
	for _, c := range []struct {
		user, digest string
		want         bool
	}{{"1", "old", false}, {"1", "a", true}, {"1", "a", false}, {"2", "b", false}, {"2", "a", true}} {
		if got := take(c.user, c.digest); got != c.want {
			t.Errorf("code %s of %s: %v, want %v", c.digest, c.user, got, c.want)
		}
	}
	if n, err := s.Codes(ctx, "1"); n != 1 || err != nil {
		t.Errorf("%d left, %v", n, err)
	}
}

func halfways(t *testing.T, s account.Store) {
	ctx := t.Context()
	one := account.Halfway{Digest: "h1", User: "1", Via: "password", Expires: start}
	two := account.Halfway{Digest: "h2", User: "1", Via: "link", Enrol: true, Expires: start.Add(time.Minute)}
	other := account.Halfway{Digest: "h3", User: "2", Via: "password", Expires: start.Add(time.Hour)}
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(tx.PutHalfway(ctx, one), tx.PutHalfway(ctx, two), tx.PutHalfway(ctx, other))
	})
	got, err := s.Halfway(ctx, "h2")
	same(t, "first step", got, err, two)
	change(t, s, func(ctx context.Context, tx account.Tx) error { return tx.Sweep(ctx, start, time.Time{}, time.Time{}) })
	_, err = s.Halfway(ctx, "h1")
	fails(t, "one that ran out", err, account.ErrStep)
	change(t, s, func(ctx context.Context, tx account.Tx) error { return tx.DropHalfways(ctx, "1") })
	_, err = s.Halfway(ctx, "h2")
	fails(t, "a user's", err, account.ErrStep)
	got, err = s.Halfway(ctx, "h3")
	same(t, "another user's", got, err, other)
	change(t, s, func(ctx context.Context, tx account.Tx) error { return tx.DropHalfway(ctx, "h3") })
	_, err = s.Halfway(ctx, "h3")
	fails(t, "a used one", err, account.ErrStep)
}

func factorRoles(t *testing.T, s account.Store) {
	ctx := t.Context()
	none, err := s.FactorRoles(ctx)
	if len(none) != 0 || err != nil {
		t.Errorf("at first: %v, %v", none, err)
	}
	for _, want := range [][]account.Role{{account.Approver, account.Admin}, {account.Viewer}} {
		change(t, s, func(ctx context.Context, tx account.Tx) error { return tx.PutFactorRoles(ctx, want) })
		got, err := s.FactorRoles(ctx)
		same(t, "roles", got, err, want)
	}
}
