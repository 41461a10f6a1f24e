// Package accounttest is what every engine of the accounts must pass.
package accounttest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clew/internal/account"
	"clew/internal/marking"
)

// Run holds an engine to the contract of [account.Store]. open returns an empty
// store, which the test closes.
func Run(t *testing.T, open func(t *testing.T) account.Store) {
	for name, test := range map[string]func(*testing.T, account.Store){
		"users_come_back_as_they_went_in":     users,
		"sessions_end":                        sessions,
		"tokens_end":                          tokens,
		"links_end":                           links,
		"second_factors_come_back":            factors,
		"codes_for_recovery_go_once":          codes,
		"first_steps_end":                     halfways,
		"roles_that_need_a_factor_are_kept":   factorRoles,
		"access_is_kept_by_case":              access,
		"attempts_are_counted":                attempts,
		"what_ran_out_is_swept":               sweep,
		"the_audit_is_paged_and_filtered":     audit,
		"the_audit_goes_by_age":               theAuditGoesByAge,
		"a_change_is_all_or_none":             allOrNone,
		"changes_come_one_after_the_other":    oneAfterTheOther,
		"a_cancelled_context_changes_nothing": cancelled,
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

var start = time.Date(2026, 11, 27, 9, 30, 0, int(7*time.Millisecond), time.UTC)

// User returns a user to be kept.
func User(id, name string) account.User {
	return account.User{ID: id, Name: name, Role: account.Analyst, Ceiling: marking.TLPAmber, Made: start, Changed: start, Password: "$argon2id$…"} //nolint:gosec // of nobody
}

func change(t *testing.T, s account.Store, do func(ctx context.Context, tx account.Tx) error) {
	t.Helper()
	if err := s.Change(t.Context(), func(tx account.Tx) error { return do(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func same[T any](t *testing.T, what string, got T, err error, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%s: %v (-want +got)\n%s", what, err, diff)
	}
}

func fails(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func users(t *testing.T, s account.Store) {
	ctx := t.Context()
	ada, bob := User("1", "ada"), User("2", "bob")
	bob.Issuer, bob.Subject, bob.Password, bob.Disabled, bob.Role, bob.Ceiling = "https://op.example", "b0b", "", true, account.Admin, marking.TLPAmberStrict
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(tx.PutUser(ctx, bob), tx.PutUser(ctx, ada))
	})
	got, err := s.Users(ctx)
	same(t, "users", got, err, []account.User{ada, bob})
	one, err := s.User(ctx, "2")
	same(t, "user", one, err, bob)
	one, err = s.UserNamed(ctx, "ada")
	same(t, "user by name", one, err, ada)
	one, err = s.UserOf(ctx, "https://op.example", "b0b")
	same(t, "user by subject", one, err, bob)
	ada.Role, ada.Disabled, ada.Changed = account.Viewer, true, start.Add(time.Hour)
	change(t, s, func(ctx context.Context, tx account.Tx) error { return tx.PutUser(ctx, ada) })
	one, err = s.User(ctx, "1")
	same(t, "changed user", one, err, ada)
	for what, find := range map[string]func() (account.User, error){
		"no ID": func() (account.User, error) { return s.User(ctx, "3") }, "no name": func() (account.User, error) { return s.UserNamed(ctx, "Ada") },
		"no subject":             func() (account.User, error) { return s.UserOf(ctx, "https://op.example", "ada") },
		"local users have none":  func() (account.User, error) { return s.UserOf(ctx, "", "") },
		"of another provider":    func() (account.User, error) { return s.UserOf(ctx, "https://evil.example", "b0b") },
		"a name with a quote":    func() (account.User, error) { return s.UserNamed(ctx, "' OR ''='") },
		"a name with a wildcard": func() (account.User, error) { return s.UserNamed(ctx, "a%") },
	} {
		_, err := find()
		fails(t, what, err, account.ErrNoUser)
	}
	err = s.Change(ctx, func(tx account.Tx) error { return tx.PutUser(ctx, User("4", "ada")) })
	fails(t, "a second ada", err, account.ErrNameTaken)
	twin := User("5", "twin")
	twin.Issuer, twin.Subject = bob.Issuer, bob.Subject
	err = s.Change(ctx, func(tx account.Tx) error { return tx.PutUser(ctx, twin) })
	fails(t, "a second person of one subject", err, account.ErrNameTaken)
}

func session(digest, user string, began time.Time) account.Session {
	return account.Session{Digest: digest, User: user, Began: began, Used: began, Address: "192.0.2.7", Agent: "a browser"}
}

func sessions(t *testing.T, s account.Store) {
	ctx := t.Context()
	one, two, other := session("a1", "1", start), session("a2", "1", start.Add(time.Second)), session("b1", "2", start)
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(tx.PutSession(ctx, one), tx.PutSession(ctx, two), tx.PutSession(ctx, other))
	})
	got, err := s.Session(ctx, "a1")
	same(t, "session", got, err, one)
	one.Used = start.Add(time.Minute)
	if err := s.Touch(ctx, "a1", one.Used); err != nil {
		t.Fatal(err)
	}
	if err := s.Touch(ctx, "a1", start); err != nil { // one that was under way for longer
		t.Fatal(err)
	}
	list, err := s.Sessions(ctx, "1")
	same(t, "sessions", list, err, []account.Session{two, one})
	change(t, s, func(ctx context.Context, tx account.Tx) error { return tx.DropSessions(ctx, "1", "a2") })
	list, err = s.Sessions(ctx, "1")
	same(t, "but the one", list, err, []account.Session{two})
	change(t, s, func(ctx context.Context, tx account.Tx) error { return tx.DropSession(ctx, "a2") })
	_, err = s.Session(ctx, "a2")
	fails(t, "an ended session", err, account.ErrSignedOut)
	got, err = s.Session(ctx, "b1")
	same(t, "somebody else's", got, err, other)
}

func token(id, user string) account.Token {
	return account.Token{
		ID: id, Digest: "digest of " + id, Begins: "clew_pat_ab", User: user, Name: "a firewall",
		Scopes: []account.Permission{account.Feed, account.Read}, Made: start, Expires: start.Add(time.Hour),
	}
}

func tokens(t *testing.T, s account.Store) {
	ctx := t.Context()
	one, two := token("t1", "1"), token("t2", "2")
	two.Made = start.Add(time.Second)
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(tx.PutToken(ctx, one), tx.PutToken(ctx, two))
	})
	if err := s.Touch(ctx, two.Digest, start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	two.Used = start.Add(time.Minute)
	got, err := s.Token(ctx, one.Digest)
	same(t, "token", got, err, one)
	list, err := s.Tokens(ctx, "")
	same(t, "all tokens", list, err, []account.Token{two, one})
	list, err = s.Tokens(ctx, "1")
	same(t, "tokens of one", list, err, []account.Token{one})
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(tx.DropToken(ctx, "t1"), tx.DropTokens(ctx, "2"))
	})
	for _, gone := range []account.Token{one, two} {
		_, err = s.Token(ctx, gone.Digest)
		fails(t, "a revoked token", err, account.ErrNoToken)
	}
}

func links(t *testing.T, s account.Store) {
	ctx := t.Context()
	first, invite := account.Link{Digest: "l1", Expires: start}, account.Link{Digest: "l2", User: "1", Expires: start}
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(tx.PutLink(ctx, first), tx.PutLink(ctx, invite))
	})
	got, err := s.Link(ctx, "l1")
	same(t, "link", got, err, first)
	change(t, s, func(ctx context.Context, tx account.Tx) error { return tx.DropLinks(ctx, "") })
	_, err = s.Link(ctx, "l1")
	fails(t, "a used link", err, account.ErrLink)
	got, err = s.Link(ctx, "l2")
	same(t, "somebody else's", got, err, invite)
}

func access(t *testing.T, s account.Store) {
	ctx := t.Context()
	got, err := s.Access(ctx, "a-case")
	same(t, "never set", got, err, account.Access{Case: "a-case"})
	before, err := s.Revision(ctx)
	if err != nil {
		t.Fatal(err)
	}
	restricted := account.Access{Case: "a-case", Owner: "1", Restricted: true, Members: []account.Member{{User: "2"}, {User: "3", Changes: true}}}
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(tx.PutAccess(ctx, account.Access{Case: "a-case", Restricted: true, Members: []account.Member{{User: "9"}}}), tx.PutAccess(ctx, restricted),
			tx.PutAccess(ctx, account.Access{Case: "b-case", Owner: "2"}))
	})
	if after, err := s.Revision(ctx); err != nil || after == before {
		t.Errorf("revision %d, then %d: %v", before, after, err)
	}
	got, err = s.Access(ctx, "a-case")
	same(t, "restricted", got, err, restricted)
	all, err := s.Accesses(ctx)
	same(t, "all", all, err, map[string]account.Access{"a-case": restricted, "b-case": {Case: "b-case", Owner: "2"}})
}

func attempts(t *testing.T, s account.Store) {
	ctx := t.Context()
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(tx.PutAttempts(ctx, "ada", 1, start), tx.PutAttempts(ctx, "ada", 2, start.Add(time.Minute)), tx.PutAttempts(ctx, "bob", 1, start))
	})
	n, until, err := s.Attempts(ctx, "ada")
	if n != 2 || !until.Equal(start.Add(time.Minute)) || err != nil {
		t.Errorf("%d until %s, %v", n, until, err)
	}
	change(t, s, func(ctx context.Context, tx account.Tx) error { return tx.DropAttempts(ctx, "ada") })
	if n, until, err := s.Attempts(ctx, "ada"); n != 0 || !until.IsZero() || err != nil {
		t.Errorf("dropped: %d until %s, %v", n, until, err)
	}
	if n, _, err := s.Attempts(ctx, "bob"); n != 1 || err != nil {
		t.Errorf("another's: %d, %v", n, err)
	}
}

func sweep(t *testing.T, s account.Store) {
	ctx := t.Context()
	old, fresh := start.Add(-time.Hour), start.Add(time.Hour)
	idle, long := session("idle", "1", start), session("long", "1", old)
	idle.Used, long.Used = old, fresh
	gone, stays := token("gone", "1"), token("stays", "1")
	gone.Expires, stays.Expires = start, fresh
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		return errors.Join(
			tx.PutSession(ctx, idle), tx.PutSession(ctx, long), tx.PutSession(ctx, session("live", "1", start)), tx.PutToken(ctx, gone), tx.PutToken(ctx, stays),
			tx.PutLink(ctx, account.Link{Digest: "gone", Expires: start}), tx.PutLink(ctx, account.Link{Digest: "stays", Expires: fresh}),
			tx.PutAttempts(ctx, "gone", 3, start), tx.PutAttempts(ctx, "stays", 3, fresh), tx.Sweep(ctx, start, old, old))
	})
	list, err := s.Sessions(ctx, "1")
	same(t, "sessions", list, err, []account.Session{session("live", "1", start)})
	kept, err := s.Tokens(ctx, "")
	same(t, "tokens", kept, err, []account.Token{stays})
	_, err = s.Link(ctx, "gone")
	fails(t, "an expired link", err, account.ErrLink)
	_, err = s.Link(ctx, "stays")
	fails(t, "a link", err, nil)
	for key, want := range map[string]int{"gone": 0, "stays": 3} {
		if n, _, err := s.Attempts(ctx, key); n != want || err != nil {
			t.Errorf("attempts %s: %d, %v", key, n, err)
		}
	}
}

func audit(t *testing.T, s account.Store) {
	ctx := t.Context()
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		for n := range 10 {
			e := account.Entry{
				At: start.Add(time.Duration(n) * time.Minute), Actor: "ada", Via: "session", Address: "192.0.2.7", Operation: "note", Case: fmt.Sprint("case-", n%2),
				About: "x", Outcome: account.Done, Detail: fmt.Sprint(n),
			}
			if n == 3 {
				e.Actor, e.Outcome, e.Operation = "bob", account.Refused, "sign-in"
			}
			if err := tx.Log(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	details := func(q account.AuditQuery) (list []string, total int) {
		t.Helper()
		entries, total, err := s.Audit(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			list = append(list, e.Detail)
		}
		return list, total
	}
	for what, c := range map[string]struct {
		q     account.AuditQuery
		want  []string
		total int
	}{
		"newest_first": {account.AuditQuery{Limit: 3}, []string{"9", "8", "7"}, 10},
		"by_case":      {account.AuditQuery{Case: "case-1"}, []string{"9", "7", "5", "3", "1"}, 5},
		"by_actor":     {account.AuditQuery{Actor: "bob"}, []string{"3"}, 1},
		"by_outcome":   {account.AuditQuery{Outcome: account.Refused, Operation: "sign-in"}, []string{"3"}, 1},
		"by_time":      {account.AuditQuery{Since: start.Add(4 * time.Minute), Until: start.Add(6 * time.Minute)}, []string{"6", "5", "4"}, 3},
		"of_nobody":    {account.AuditQuery{Actor: "' OR ''='"}, nil, 0},
	} {
		got, total := details(c.q)
		if diff := cmp.Diff(c.want, got); diff != "" || total != c.total {
			t.Errorf("%s: %d in all, want %d\n%s", what, total, c.total, diff)
		}
	}
	page, _, err := s.Audit(ctx, account.AuditQuery{Case: "case-1", Limit: 2})
	if err != nil || len(page) != 2 || !page[0].At.Equal(start.Add(9*time.Minute)) {
		t.Fatalf("page: %+v, %v", page, err)
	}
	if got, total := details(account.AuditQuery{Case: "case-1", Limit: 2, Before: page[1].ID}); total != 5 || !cmp.Equal(got, []string{"5", "3"}) {
		t.Errorf("second page: %v of %d", got, total)
	}
}

var errHalf = errors.New("half way")

func allOrNone(t *testing.T, s account.Store) {
	ctx := t.Context()
	err := s.Change(ctx, func(tx account.Tx) error {
		if err := errors.Join(tx.PutUser(ctx, User("1", "ada")), tx.Log(ctx, account.Entry{At: start, Actor: "ada"})); err != nil {
			return err
		}
		if _, err := tx.UserNamed(ctx, "ada"); err != nil {
			t.Errorf("a change does not see itself: %v", err)
		}
		return errHalf
	})
	fails(t, "a change that fails", err, errHalf)
	_, err = s.UserNamed(ctx, "ada")
	fails(t, "what it changed", err, account.ErrNoUser)
	if _, total, err := s.Audit(ctx, account.AuditQuery{}); total != 0 || err != nil {
		t.Errorf("what it logged: %d, %v", total, err)
	}
}

func oneAfterTheOther(t *testing.T, s account.Store) {
	const each, at = 10, 8
	var wait sync.WaitGroup
	for range at {
		wait.Go(func() {
			for range each {
				err := s.Change(t.Context(), func(tx account.Tx) error {
					n, _, err := tx.Attempts(t.Context(), "key")
					return errors.Join(err, tx.PutAttempts(t.Context(), "key", n+1, start))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if n, _, err := s.Attempts(t.Context(), "key"); n != each*at || err != nil {
		t.Errorf("%d of %d changes counted, %v", n, each*at, err)
	}
}

func cancelled(t *testing.T, s account.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Change(ctx, func(tx account.Tx) error { return tx.PutUser(ctx, User("1", "ada")) }); err == nil {
		t.Error("a cancelled change went through")
	}
	_, err := s.UserNamed(t.Context(), "ada")
	fails(t, "what it changed", err, account.ErrNoUser)
}
