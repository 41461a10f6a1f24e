package accounttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"clew/internal/account"
	"clew/internal/account/relational"
	"clew/internal/database/versiontest"
)

// Versions is what a store of every version keeps. newer is what the engine calls a
// later one.
func Versions(newer error) versiontest.Store[*relational.Store] {
	return versiontest.Store[*relational.Store]{Fill: fill, Holds: holds, Newer: newer}
}

func entry() account.Entry {
	return account.Entry{At: start, Actor: "ada", Via: "session", Address: "192.0.2.7", Operation: "note", Case: "a-case", About: "x", Outcome: account.Done, Detail: "y"}
}

func restricted() account.Access {
	return account.Access{Case: "a-case", Owner: "1", Restricted: true, Members: []account.Member{{User: "2"}, {User: "3", Changes: true}}}
}

func fill(t *testing.T, s *relational.Store) {
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(
			tx.PutUser(ctx, User("1", "ada")), tx.PutSession(ctx, session("a1", "1", start)), tx.PutToken(ctx, token("t1", "1")),
			tx.PutLink(ctx, account.Link{Digest: "l1", User: "1", Expires: start}), tx.PutAccess(ctx, restricted()),
			tx.PutAttempts(ctx, "ada", 2, start.Add(time.Minute)), tx.Log(ctx, entry()))
	})
}

func holds(t *testing.T, s *relational.Store) {
	ctx := t.Context()
	all, err := s.Users(ctx)
	same(t, "users", all, err, []account.User{User("1", "ada")})
	signedIn, err := s.Session(ctx, "a1")
	same(t, "session", signedIn, err, session("a1", "1", start))
	program, err := s.Token(ctx, "digest of t1")
	same(t, "token", program, err, token("t1", "1"))
	once, err := s.Link(ctx, "l1")
	same(t, "link", once, err, account.Link{Digest: "l1", User: "1", Expires: start})
	who, err := s.Access(ctx, "a-case")
	same(t, "access", who, err, restricted())
	if n, until, err := s.Attempts(ctx, "ada"); n != 2 || !until.Equal(start.Add(time.Minute)) || err != nil {
		t.Errorf("attempts: %d until %s, %v", n, until, err)
	}
	want := entry()
	want.ID = 1
	log, _, err := s.Audit(ctx, account.AuditQuery{})
	same(t, "audit", log, err, []account.Entry{want})
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(tx.PutUser(ctx, User("2", "bob")), tx.PutFactor(ctx, account.Factor{User: "1", Key: "AAAA", Since: start}), tx.Log(ctx, entry()))
	})
	if u, err := s.User(ctx, "1"); err != nil || !u.Factor {
		t.Errorf("ada's second factor: %+v, %v", u, err)
	}
	if log, _, err := s.Audit(ctx, account.AuditQuery{}); err != nil || len(log) != 2 || log[0].ID != 2 {
		t.Errorf("the audit goes on with %+v, %v", log, err)
	}
}
