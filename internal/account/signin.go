package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// From says where a sign-in came from.
type From struct {
	Address string // as net/http has it, with or without a port
	Agent   string // what the browser said it is
}

// Host is the address without its port.
func (f From) Host() string {
	if at, err := netip.ParseAddrPort(f.Address); err == nil {
		return at.Addr().Unmap().WithZone("").String()
	}
	return shortened(f.Address, 64)
}

// Network is what one client has to itself: an address, of IPv6 the /64.
func (f From) Network() string {
	addr, err := netip.ParseAddr(f.Host())
	if err != nil || addr.Is4() {
		return f.Host()
	}
	p, _ := addr.Prefix(64) // of an IPv6 address
	return p.String()
}

// A limit is how many failures count under a key before it is closed for a while.
type limit struct {
	key    string
	most   int
	within time.Duration
}

// ofPlace bounds what one place may try, whatever it tries.
func ofPlace(from From) limit { return limit{"place " + from.Network(), 60, 15 * time.Minute} }

// ofUser are the limits of guesses at one user. A guesser gets ten from one place;
// one with many places gets a hundred, which NIST SP 800-63B-4, 3.2.2 allows.
func ofUser(name string, from From) []limit {
	return []limit{{"pair " + digest(name+"\x00"+from.Network()), 10, 15 * time.Minute}, {"user " + digest(name), 100, time.Hour}}
}

// forgive takes back what the tries of a sign-in counted that are all right: only what
// failed counts. A password that is right and wants a second factor takes nothing
// back: who knows it would have as many guesses at the code as they like.
func forgive(ctx context.Context, tx Tx, u User, from From, tries int) error {
	place := ofPlace(from)
	n, until, err := tx.Attempts(ctx, place.key)
	if err == nil && n > 0 {
		err = tx.PutAttempts(ctx, place.key, max(0, n-tries), until)
	}
	for _, l := range append(ofUser(u.Name, from), ofCodes(u)...) {
		err = errors.Join(err, tx.DropAttempts(ctx, l.key))
	}
	return err
}

// admit counts a try before it is looked at, so that many at once count as well.
// Beyond a limit it returns a LimitError, and only the first of those is logged.
// What is counted is bounded: a place that is over its limit adds no more keys.
func (b *Book) admit(ctx context.Context, name string, from From, more ...limit) error {
	limits := append([]limit{ofPlace(from)}, more...)
	var over *LimitError
	err := b.store.Change(ctx, func(tx Tx) error {
		over = nil
		now := b.now()
		for _, l := range limits {
			n, until, err := tx.Attempts(ctx, l.key)
			if err != nil {
				return err
			}
			if n == 0 || !until.After(now) {
				n, until = 0, now.Add(l.within)
			}
			if n > l.most {
				over = &LimitError{until.Sub(now)}
				return nil // nothing more is written for whoever goes on
			}
			if err := tx.PutAttempts(ctx, l.key, n+1, until); err != nil {
				return err
			}
			if n == l.most {
				over = &LimitError{until.Sub(now)}
				return tx.Log(ctx, Entry{
					At: now, Actor: name, Via: "password", Address: from.Host(), Operation: "sign-in", Outcome: Refused,
					Detail: "too many sign-ins failed; further ones are not listed until " + until.Format(time.RFC3339),
				})
			}
		}
		return nil
	})
	if err == nil && over != nil {
		return over
	}
	return err
}

// Admit counts a try to sign in that names nobody, and refuses it where a place has
// made too many.
func (b *Book) Admit(ctx context.Context, from From) error { return b.admit(ctx, "", from) }

// SignIn checks a name and a password, and returns the secret of a new session, or a
// [StepError] where a second step is wanted. It takes as long for a user who is not
// there, and says the same.
func (b *Book) SignIn(ctx context.Context, name, password string, from From) (string, User, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if !nameForm.MatchString(name) {
		name = "not a name"
	}
	if err := b.admit(ctx, name, from, ofUser(name, from)...); err != nil {
		return "", User{}, err
	}
	u, err := b.store.UserNamed(ctx, name)
	if err != nil && !errors.Is(err, ErrNoUser) {
		return "", User{}, err
	}
	right, stale, err := b.passwords.Check(ctx, u.Password, password)
	if err != nil && !errors.Is(err, errHash) {
		return "", User{}, err
	}
	if !right || u.Disabled {
		failed := Entry{Actor: name, Via: "password", Address: from.Host(), Operation: "sign-in", Outcome: Refused, Detail: "wrong name or password"}
		if right {
			failed.Detail = "the account is disabled"
		}
		return "", User{}, errors.Join(ErrSignIn, b.Log(ctx, failed))
	}
	kept := ""
	if stale {
		if kept, err = b.passwords.Hash(ctx, password); err != nil {
			return "", User{}, err
		}
	}
	return b.begin(ctx, arrival{user: u.ID, via: "password", from: from, tries: 1, with: func(_ Tx, u *User) error {
		if kept != "" {
			u.Password = kept
		}
		return nil
	}})
}

// An arrival is somebody who signs in.
type arrival struct {
	user  string // ID
	via   string // what they proved who they are by
	from  From
	tries int                   // that were counted, and are taken back when nothing more is wanted
	whole bool                  // nothing more is wanted
	with  func(Tx, *User) error // is done with it, and may change the user
}

// begin makes a session of a user, or a [StepError] where a second step is wanted.
func (b *Book) begin(ctx context.Context, a arrival) (string, User, error) {
	secret, err := draw(b.random, sessionPrefix)
	if err != nil {
		return "", User{}, err
	}
	var u User
	var more *StepError
	e := Entry{Via: a.via, Address: a.from.Host(), Operation: "sign-in", Outcome: Done}
	err = b.change(ctx, &e, func(tx Tx) (err error) {
		if u, err = tx.User(ctx, a.user); err != nil {
			return err
		}
		before := u
		if err := a.with(tx, &u); err != nil {
			return err
		}
		if u.Disabled {
			return ErrSignIn
		}
		if u != before {
			u.Changed = b.now()
			if err := tx.PutUser(ctx, u); err != nil {
				return err
			}
		}
		e.Actor = u.Name
		now := b.now()
		if err := tx.Sweep(ctx, now, now.Add(-b.rules.Longest), now.Add(-b.rules.Idle)); err != nil {
			return err
		}
		step, enrol, err := wanted(ctx, tx, u)
		if err != nil {
			return err
		}
		if step && !a.whole {
			e.Detail = "the first step; a second is asked for"
			more, err = b.halfway(ctx, tx, u, a.via, enrol)
			return err
		}
		if a.whole && u.Factor {
			e.Detail = "with the second factor"
		}
		if a.tries > 0 {
			if err := forgive(ctx, tx, u, a.from, a.tries); err != nil {
				return err
			}
		}
		if err := b.bound(ctx, tx, u, a.from); err != nil {
			return err
		}
		return tx.PutSession(ctx, Session{Digest: digest(secret), User: u.ID, Began: now, Used: now, Address: a.from.Host(), Agent: shortened(a.from.Agent, 200)})
	})
	if err == nil && more != nil {
		return "", u, more
	}
	return secret, u, err
}

// bound ends the oldest sessions of a user who begins one more than may be at once.
func (b *Book) bound(ctx context.Context, tx Tx, u User, from From) error {
	all, err := tx.Sessions(ctx, u.ID)
	if err != nil {
		return err
	}
	for i := len(all) - 1; b.rules.Sessions > 0 && i+1 >= b.rules.Sessions && i >= 0; i-- {
		err := errors.Join(tx.DropSession(ctx, all[i].Digest), tx.Log(ctx, Entry{
			At: b.now(), Actor: u.Name, Via: "server", Address: from.Host(), Operation: "session-end", About: u.Name, Outcome: Done,
			Detail: fmt.Sprintf("more than %d sessions at once: the oldest, from %s since %s, ended", b.rules.Sessions, all[i].Address, all[i].Began.Format(time.RFC3339)),
		}))
		if err != nil {
			return err
		}
	}
	return nil
}

// BySession returns whose session a secret is.
func (b *Book) BySession(ctx context.Context, secret string, from From) (Caller, error) {
	if !wellFormed(secret, sessionPrefix) {
		return Caller{}, ErrSignedOut
	}
	return b.session(ctx, digest(secret), from, true)
}

// touchEvery is how exactly it is known when a session or token was used last.
const touchEvery = time.Minute

func (b *Book) session(ctx context.Context, key string, from From, used bool) (Caller, error) {
	s, err := b.store.Session(ctx, key)
	if err != nil {
		return Caller{}, err
	}
	now := b.now()
	if now.Sub(s.Began) >= b.rules.Longest || now.Sub(s.Used) >= b.rules.Idle {
		return Caller{}, ErrSignedOut
	}
	u, err := b.enabled(ctx, s.User)
	if err != nil {
		return Caller{}, err
	}
	if used && now.Sub(s.Used) >= touchEvery {
		if err := b.store.Touch(ctx, s.Digest, now); err != nil {
			return Caller{}, err
		}
	}
	return Caller{User: u, Session: s.Digest, Address: from.Host()}, nil
}

func (b *Book) enabled(ctx context.Context, id string) (User, error) {
	u, err := b.store.User(ctx, id)
	if errors.Is(err, ErrNoUser) || err == nil && u.Disabled {
		return User{}, ErrSignedOut
	}
	return u, err
}

// ByToken returns whose API token a secret is.
func (b *Book) ByToken(ctx context.Context, secret string, from From) (Caller, error) {
	if !wellFormed(secret, tokenPrefix) {
		return Caller{}, ErrSignedOut
	}
	return b.token(ctx, digest(secret), from)
}

func (b *Book) token(ctx context.Context, key string, from From) (Caller, error) {
	t, err := b.store.Token(ctx, key)
	if errors.Is(err, ErrNoToken) {
		return Caller{}, ErrSignedOut
	}
	if err != nil {
		return Caller{}, err
	}
	now := b.now()
	if !t.Expires.After(now) {
		return Caller{}, ErrSignedOut
	}
	u, err := b.enabled(ctx, t.User)
	if err != nil {
		return Caller{}, err
	}
	if now.Sub(t.Used) >= touchEvery {
		if err := b.store.Touch(ctx, t.Digest, now); err != nil {
			return Caller{}, err
		}
	}
	return Caller{User: u, Token: t.ID, Name: t.Name, Scopes: t.Scopes, Address: from.Host()}, nil
}

// Still looks again who a caller is: for what goes on for longer than a request, it
// says when they have been signed out since, or may less.
func (b *Book) Still(ctx context.Context, c Caller) (Caller, error) {
	switch {
	case c.system:
		return c, nil
	case c.Session != "":
		return b.session(ctx, c.Session, From{Address: c.Address}, false)
	case c.Token != "":
		all, err := b.store.Tokens(ctx, c.User.ID)
		for _, t := range all {
			if t.ID == c.Token {
				return b.token(ctx, t.Digest, From{Address: c.Address})
			}
		}
		return Caller{}, errors.Join(err, ErrSignedOut)
	case c.Job != "":
		u, err := b.store.User(ctx, c.User.ID)
		switch {
		case errors.Is(err, ErrNoUser):
			return c, fmt.Errorf("%w: there is no such account any more", ErrForbidden)
		case err != nil:
			return c, err
		case u.Disabled:
			return c, fmt.Errorf("%w: the account was disabled", ErrForbidden)
		}
		c.User = u
		return c, nil
	}
	return Caller{}, ErrSignedOut
}

// SignOut ends the caller's session.
func (b *Book) SignOut(ctx context.Context, c Caller) error {
	e := c.entry("sign-out")
	return b.change(ctx, &e, func(tx Tx) error { return tx.DropSession(ctx, c.Session) })
}

// Sessions lists those of a user.
func (b *Book) Sessions(ctx context.Context, user string) ([]Session, error) {
	all, err := b.store.Sessions(ctx, user)
	var live []Session
	now := b.now()
	for _, s := range all {
		if now.Sub(s.Began) < b.rules.Longest && now.Sub(s.Used) < b.rules.Idle {
			live = append(live, s)
		}
	}
	return live, err
}

// SignOutEverywhere ends every session of the caller but the one that asks.
func (b *Book) SignOutEverywhere(ctx context.Context, c Caller) error {
	e := c.entry("sign-out-everywhere")
	return b.change(ctx, &e, func(tx Tx) error { return tx.DropSessions(ctx, c.User.ID, c.Session) })
}

// ChangePassword sets the caller's own password, who has to know the one before. It
// ends every session, and returns the secret of a new one.
func (b *Book) ChangePassword(ctx context.Context, c Caller, before, after string, from From) (string, User, error) {
	if c.Session == "" {
		return "", User{}, fmt.Errorf("%w: a password is changed by who is signed in, and not by a token", ErrForbidden)
	}
	if err := b.admit(ctx, c.User.Name, from, ofUser(c.User.Name, from)...); err != nil {
		return "", User{}, err
	}
	right, _, err := b.passwords.Check(ctx, c.User.Password, before)
	if err != nil {
		return "", User{}, err
	}
	if !right {
		e := c.entry("password")
		e.Outcome, e.Detail = Refused, "the password before was wrong"
		return "", User{}, errors.Join(fmt.Errorf("%w: the present password is wrong", ErrForbidden), b.Log(ctx, e))
	}
	kept, err := b.hashed(ctx, after, c.User.Name)
	if err != nil {
		return "", User{}, err
	}
	return b.begin(ctx, arrival{user: c.User.ID, via: "new password", from: from, tries: 1, whole: true, with: func(tx Tx, u *User) error {
		u.Password = kept
		e := c.entry("password")
		e.At = b.now()
		return errors.Join(tx.DropSessions(ctx, u.ID, ""), tx.DropLinks(ctx, u.ID), tx.DropHalfways(ctx, u.ID), tx.Log(ctx, e))
	}})
}

// hashed checks a new password and returns what is kept of it.
func (b *Book) hashed(ctx context.Context, password, name string) (string, error) {
	if err := CheckPassword(password, name); err != nil {
		return "", err
	}
	if b.breached != nil {
		held, err := b.breached.Holds(ctx, password)
		if err != nil {
			return "", err
		}
		if held {
			return "", fmt.Errorf("%w: the password was found in a breach of some site: whoever guesses tries it first", ErrInvalid)
		}
	}
	return b.passwords.Hash(ctx, password)
}

func shortened(text string, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, text), "")
}
