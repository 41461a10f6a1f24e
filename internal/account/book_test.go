package account_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"clew/internal/account"
	"clew/internal/account/sqlite"
	"clew/internal/marking"
)

var cheap = account.Cost{Memory: 64, Passes: 1, Threads: 1}

const good = "blue tree river cat"

// A desk is a book whose clock the test turns.
type desk struct {
	*account.Book
	t     *testing.T
	store account.Store
	now   time.Time
	at    account.From
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	store, err := sqlite.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() }) // of a test
	d := &desk{t: t, store: store, now: time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC), at: account.From{Address: "192.0.2.7:1234"}}
	d.Book = d.with(account.DefaultRules, cheap)
	return d
}

func (d *desk) with(rules account.Rules, cost account.Cost) *account.Book {
	return account.NewBook(d.store, rules, cost, func() time.Time { return d.now }, rand.Reader)
}

func (d *desk) add(name string, role account.Role) account.User {
	d.t.Helper()
	u, _, err := d.AddUser(d.t.Context(), account.Console("root"), account.NewUser{Name: name, Role: role, Password: good})
	if err != nil {
		d.t.Fatal(err)
	}
	return u
}

func (d *desk) signIn(name string) (string, account.Caller) {
	d.t.Helper()
	secret, _, err := d.SignIn(d.t.Context(), name, good, d.at)
	if err != nil {
		d.t.Fatal(err)
	}
	caller, err := d.BySession(d.t.Context(), secret, d.at)
	if err != nil {
		d.t.Fatal(err)
	}
	return secret, caller
}

func (d *desk) in(secret string) bool {
	_, err := d.BySession(d.t.Context(), secret, d.at)
	return err == nil
}

func is(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func TestTheFirstAdminComesByALink(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	first, err := d.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	second, err := d.Begin(ctx) // the server was started again
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = d.Redeem(ctx, first, "ada", "short", d.at)
	is(t, "a short password", err, account.ErrInvalid)
	_, _, err = d.Redeem(ctx, first[:len(first)-1]+"x", "ada", good, d.at)
	is(t, "another link", err, account.ErrLink)
	secret, u, err := d.Redeem(ctx, first, "Ada", good, d.at)
	if err != nil || u.Name != "ada" || u.Role != account.Admin || u.Ceiling != marking.TLPRed || !d.in(secret) {
		t.Fatalf("%+v, %v", u, err)
	}
	for _, used := range []string{first, second} {
		_, _, err = d.Redeem(ctx, used, "eve", good, d.at)
		is(t, "a used link", err, account.ErrLink)
	}
	if again, err := d.Begin(ctx); again != "" || err != nil {
		t.Errorf("a link though somebody is there: %q, %v", again, err)
	}
	bob, link, err := d.AddUser(ctx, account.Console("root"), account.NewUser{Name: "bob", Role: account.Viewer})
	if err != nil || link == "" {
		t.Fatal(err)
	}
	d.now = d.now.Add(account.DefaultRules.LinkLife)
	_, _, err = d.Redeem(ctx, link, "", good, d.at)
	is(t, "an expired link", err, account.ErrLink)
	if link, _, err = d.NewLink(ctx, account.Console("root"), bob.ID); err != nil {
		t.Fatal(err)
	}
	if _, u, err := d.Redeem(ctx, link, "somebody-else", good, d.at); err != nil || u.Name != "bob" {
		t.Errorf("%+v, %v", u, err)
	}
}

// Who begins one session more than may be at once ends the oldest, and only that.
func TestSessionsAreBounded(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("ada", account.Admin)
	d.add("bob", account.Viewer)
	others, _ := d.signIn("bob")
	var secrets []string
	for range account.DefaultRules.Sessions + 2 {
		d.now = d.now.Add(time.Second)
		secret, _ := d.signIn("ada")
		secrets = append(secrets, secret)
	}
	for i, secret := range secrets {
		if d.in(secret) != (i >= 2) {
			t.Errorf("session %d of %d: %v", i+1, len(secrets), d.in(secret))
		}
	}
	if !d.in(others) {
		t.Error("somebody else was signed out")
	}
	told, total, err := d.Audit(ctx, account.AuditQuery{Operation: "session-end", Actor: "ada"})
	if err != nil || total != 2 || !strings.Contains(told[0].Detail, "more than 10 sessions at once") {
		t.Errorf("%+v, %v", told, err)
	}
}

func TestSessionsExpire(t *testing.T) {
	d := newDesk(t)
	d.add("ada", account.Admin)
	secret, _ := d.signIn("ada")
	start := d.now
	for d.now.Sub(start) < account.DefaultRules.Longest-time.Hour { // used all the time
		d.now = d.now.Add(50 * time.Minute)
		if !d.in(secret) {
			t.Fatalf("a session in use ended after %s", d.now.Sub(start))
		}
	}
	d.now = start.Add(account.DefaultRules.Longest)
	if d.in(secret) {
		t.Error("a session in use never ends")
	}
	secret, caller := d.signIn("ada")
	d.now = d.now.Add(account.DefaultRules.Idle)
	if d.in(secret) {
		t.Error("a session that nobody uses never ends")
	}
	_, err := d.Still(t.Context(), caller)
	is(t, "a stream of it", err, account.ErrSignedOut)
}

func TestPasswordChangeSignsOutEverywhere(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	u := d.add("ada", account.Admin)
	one, caller := d.signIn("ada")
	two, _ := d.signIn("ada")
	_, _, err := d.ChangePassword(ctx, caller, "not the one", "some other words here", d.at)
	is(t, "a wrong password before", err, account.ErrForbidden)
	three, _, err := d.ChangePassword(ctx, caller, good, "some other words here", d.at)
	if err != nil {
		t.Fatal(err)
	}
	if d.in(one) || d.in(two) || !d.in(three) {
		t.Errorf("in: %v %v %v, want only the new one", d.in(one), d.in(two), d.in(three))
	}
	if err := d.SetPassword(ctx, account.Console("root"), u.ID, good); err != nil || d.in(three) {
		t.Errorf("in after the console set it: %v, %v", d.in(three), err)
	}
	d.add("bob", account.Admin)
	four, caller := d.signIn("ada")
	token, secret, err := d.MakeToken(ctx, caller, u.ID, account.NewToken{Name: "ci", Scopes: []account.Permission{account.Read}})
	if err != nil {
		t.Fatal(err)
	}
	disabled := true
	if _, err := d.ChangeUser(ctx, account.Console("root"), u.ID, account.UserChange{Disabled: &disabled}); err != nil || d.in(four) {
		t.Errorf("in though disabled: %v, %v", d.in(four), err)
	}
	_, err = d.ByToken(ctx, secret, d.at)
	is(t, "token "+token.ID+" of a disabled user", err, account.ErrSignedOut)
	_, _, err = d.SignIn(ctx, "ada", good, d.at)
	is(t, "sign-in of a disabled user", err, account.ErrSignIn)
}

func TestTheLastAdminStays(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	ada := d.add("ada", account.Admin)
	viewer, disabled := account.Viewer, true
	for what, c := range map[string]account.UserChange{"demoted": {Role: &viewer}, "disabled": {Disabled: &disabled}} {
		_, err := d.ChangeUser(ctx, account.Console("root"), ada.ID, c)
		is(t, what, err, account.ErrLastAdmin)
	}
	d.add("bob", account.Admin)
	if _, err := d.ChangeUser(ctx, account.Console("root"), ada.ID, account.UserChange{Role: &viewer}); err != nil {
		t.Errorf("with another admin: %v", err)
	}
}

func TestFailedSignInsAreLimited(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("ada", account.Admin)
	other := d.with(account.DefaultRules, cheap) // another server on the same store
	try := func(b *account.Book, name string, from account.From) error {
		_, _, err := b.SignIn(ctx, name, "wrong wrong wrong", from)
		return err
	}
	var limited *account.LimitError
	for n := range 10 {
		if err := try([]*account.Book{d.Book, other}[n%2], "ada", d.at); !errors.Is(err, account.ErrSignIn) {
			t.Fatalf("try %d: %v", n, err)
		}
	}
	if _, _, err := other.SignIn(ctx, "ada", good, d.at); !errors.As(err, &limited) || limited.RetryAfter > 15*time.Minute {
		t.Errorf("the right password after ten wrong ones: %v", err)
	}
	elsewhere := account.From{Address: "198.51.100.9:1"}
	if _, _, err := d.SignIn(ctx, "ada", good, elsewhere); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	d.now = d.now.Add(15 * time.Minute)
	if _, _, err := d.SignIn(ctx, "ada", good, d.at); err != nil {
		t.Errorf("after a quarter of an hour: %v", err)
	}
	// One place that tries many names, of an IPv6 network.
	limited = nil
	for n := 0; n < 100 && !errors.As(try(d.Book, fmt.Sprint("user", n), account.From{Address: fmt.Sprintf("[2001:db8::%x]:1", n)}), &limited); n++ {
	}
	if limited == nil {
		t.Error("a place may try any number of names")
	}
	_, total, err := d.Audit(ctx, account.AuditQuery{Operation: "sign-in", Outcome: account.Refused})
	if err != nil || total > 10+60+2 {
		t.Errorf("%d lines in the audit, %v: a guesser fills the disk", total, err)
	}
}

// A name that is not there costs as much work, and says the same.
func TestUnknownNamesLookTheSame(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("ada", account.Admin)
	costly := d.with(account.DefaultRules, account.Cost{Memory: 16 << 10, Passes: 3, Threads: 1})
	said := map[string]string{}
	took := map[string]time.Duration{}
	for _, name := range []string{"ada", "nobody-here", "not a name at all \x00"} {
		_, _, err := costly.SignIn(ctx, name, "wrong wrong wrong", d.at)
		said[fmt.Sprint(err)] = name
		began := time.Now()
		_, _, _ = costly.SignIn(ctx, name, "wrong wrong wrong", d.at)
		took[name] = time.Since(began)
	}
	if len(said) != 1 {
		t.Errorf("it says %v", said)
	}
	t.Log(took) // a figure and no bound: other work shares the machine
}

func TestPasswordsAreHashedAgain(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	u := d.add("ada", account.Admin)
	dear := d.with(account.DefaultRules, account.Cost{Memory: 128, Passes: 2, Threads: 1})
	if _, _, err := dear.SignIn(ctx, "ada", good, d.at); err != nil {
		t.Fatal(err)
	}
	kept, err := d.User(ctx, u.ID)
	if err != nil || !strings.Contains(kept.Password, "m=128,t=2,p=1") {
		t.Errorf("kept %q, %v", kept.Password, err)
	}
	if _, _, err := d.SignIn(ctx, "ada", good, d.at); err != nil {
		t.Errorf("with the old cost: %v", err)
	}
}

func TestTokensMayNoMoreThanTheirUser(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("root1", account.Admin)
	u := d.add("ada", account.Approver)
	_, caller := d.signIn("ada")
	for what, n := range map[string]account.NewToken{
		"more_than_the_user": {Name: "x", Scopes: []account.Permission{account.Administer}}, "no_scope": {Name: "x"}, "no_name": {Scopes: []account.Permission{account.Read}},
		"no_such_scope": {Name: "x", Scopes: []account.Permission{"everything"}}, "public": {Name: "x", Scopes: []account.Permission{account.Public}},
		"too_long": {Name: "x", Scopes: []account.Permission{account.Read}, Expires: d.now.AddDate(2, 0, 0)}, "past": {Name: "x", Scopes: []account.Permission{account.Read}, Expires: d.now},
	} {
		if _, _, err := d.MakeToken(ctx, caller, u.ID, n); !errors.Is(err, account.ErrInvalid) && !errors.Is(err, account.ErrForbidden) {
			t.Errorf("%s: %v", what, err)
		}
	}
	token, secret, err := d.MakeToken(ctx, caller, u.ID, account.NewToken{Name: "ci", Scopes: []account.Permission{account.Approve, account.Read}})
	if err != nil {
		t.Fatal(err)
	}
	by, err := d.ByToken(ctx, secret, d.at)
	if err != nil || !by.May(account.Approve) || !by.May(account.Feed) || by.May(account.Work) || !strings.HasPrefix(secret, "clew_pat_") {
		t.Errorf("%+v, %v", by, err)
	}
	_, _, err = d.MakeToken(ctx, by, u.ID, account.NewToken{Name: "x", Scopes: []account.Permission{account.Read}})
	is(t, "a token that makes tokens", err, account.ErrForbidden)
	viewer := account.Viewer
	if _, err := d.ChangeUser(ctx, account.Console("root"), u.ID, account.UserChange{Role: &viewer}); err != nil {
		t.Fatal(err)
	}
	if by, err = d.ByToken(ctx, secret, d.at); err != nil || by.May(account.Approve) {
		t.Errorf("after the user's role went: %v, %v", by.May(account.Approve), err)
	}
	_, err = d.RevokeToken(ctx, account.Caller{User: account.User{ID: "another", Role: account.Viewer}}, token.ID)
	is(t, "revoked by another", err, account.ErrNoToken)
	d.now = token.Expires
	_, err = d.ByToken(ctx, secret, d.at)
	is(t, "an expired token", err, account.ErrSignedOut)
}

func TestPasswordRules(t *testing.T) {
	for _, bad := range []string{
		"", "elevenchars", "aaaaaaaaaaaaaaaaaaaa", "123456789012345", "password1234", "P@ssw0rd1234!!", "qwertyuiop[]12", "ada.lovelace1", "adaadaadaada", "clewclewclew1", "abcdefghijklmnop",
		"Summer2026!Summer2026!", strings.Repeat("x", 2000), "\xff\xfe\xfd\xfc\xfb\xfa\xff\xfe\xfd\xfc\xfb\xfa",
	} {
		if err := account.CheckPassword(bad, "ada.lovelace"); !errors.Is(err, account.ErrInvalid) {
			t.Errorf("%q is accepted: %v", bad, err)
		}
	}
	for _, fine := range []string{good, "correct staple in the night", "xK9#qLm2$vPw7", "Übergrößenträger am See", "только для меня одного", "six words make a long phrase"} {
		if err := account.CheckPassword(fine, "ada.lovelace"); err != nil {
			t.Errorf("%q is refused: %v", fine, err)
		}
	}
}

func TestWhoSeesACase(t *testing.T) {
	ada, bob := account.User{ID: "1", Ceiling: marking.TLPAmber}, account.User{ID: "2", Ceiling: marking.TLPRed}
	shared := account.Access{Owner: "1", Restricted: true, Members: []account.Member{{User: "2"}}}
	for what, c := range map[string]struct {
		a            account.Access
		u            account.User
		tlp          marking.TLP
		sees, writes bool
	}{
		"open":             {account.Access{}, ada, marking.TLPAmber, true, true},
		"open_and_above":   {account.Access{}, ada, marking.TLPAmberStrict, false, true},
		"unmarked":         {account.Access{}, ada, "", false, true},
		"own":              {shared, ada, marking.TLPGreen, true, true},
		"own_and_above":    {shared, ada, marking.TLPRed, false, true},
		"shared_to_look":   {shared, bob, marking.TLPRed, true, false},
		"others":           {account.Access{Owner: "1", Restricted: true}, bob, marking.TLPClear, false, false},
		"shared_to_change": {account.Access{Restricted: true, Members: []account.Member{{User: "2", Changes: true}}}, bob, marking.TLPRed, true, true},
	} {
		if sees, writes := c.a.Sees(c.u, c.tlp), c.a.Changes(c.u); sees != c.sees || writes != c.writes {
			t.Errorf("%s: sees %v, changes %v; want %v, %v", what, sees, writes, c.sees, c.writes)
		}
	}
}

func TestEveryChangeIsInTheAudit(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	u := d.add("ada", account.Admin)
	_, caller := d.signIn("ada")
	_, _, _ = d.SignIn(ctx, "ada", "wrong wrong wrong", d.at)
	viewer := account.Viewer
	bob := d.add("bob", account.Analyst)
	token, _, err := d.MakeToken(ctx, caller, u.ID, account.NewToken{Name: "ci", Scopes: []account.Permission{account.Read}})
	errs := []error{err}
	for _, do := range []func(context.Context) error{
		func(ctx context.Context) error {
			_, err := d.ChangeUser(ctx, caller, bob.ID, account.UserChange{Role: &viewer})
			return err
		},
		func(ctx context.Context) error { _, _, err := d.NewLink(ctx, caller, bob.ID); return err },
		func(ctx context.Context) error {
			_, err := d.SetAccess(ctx, caller, account.Access{Case: "a-case", Owner: u.ID, Restricted: true})
			return err
		},
		func(ctx context.Context) error { _, err := d.RevokeToken(ctx, caller, token.ID); return err },
		func(ctx context.Context) error { return d.SignOutUser(ctx, caller, bob.ID) },
		func(ctx context.Context) error { return d.SignOut(ctx, caller) },
	} {
		errs = append(errs, do(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	entries, _, err := d.Audit(ctx, account.AuditQuery{})
	var said []string
	for _, e := range entries {
		said = append(said, e.Operation+" "+e.Outcome)
		if e.Actor == "" || e.At.IsZero() || e.Via == "" {
			t.Errorf("entry without an author or a time: %+v", e)
		}
	}
	want := "sign-out done,user-sign-out done,token-revoke done,access done,user-link done,user-change done,token-make done,user-add done,sign-in refused,sign-in done,user-add done"
	if got := strings.Join(said, ","); got != want || err != nil {
		t.Errorf("audit: %v\n got %s\nwant %s", err, got, want)
	}
}

func FuzzStoredPassword(f *testing.F) {
	for _, text := range []string{"", "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=4294967295,t=1,p=1$AAAA$AAAA", "$$$$$"} {
		f.Add(text)
	}
	p := account.NewPasswords(cheap, rand.Reader)
	f.Fuzz(func(t *testing.T, kept string) {
		if strings.Contains(kept, "m=") && !strings.Contains(kept, "m=64,") {
			t.Skip("a cost that the fuzzer chose would take its time")
		}
		if right, _, err := p.Check(t.Context(), kept, "a guess at it"); right && err == nil && len(kept) < 60 {
			t.Errorf("%q takes any password", kept)
		}
	})
}
