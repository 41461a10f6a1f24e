package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/account/totp"
	"clew/internal/sealed"
)

// SealWith has the keys of second factors kept sealed: who has the database or a copy
// of it has no codes. Those that were kept before stay good, and are sealed when they
// are used next. It comes before the book is asked anything.
func (b *Book) SealWith(lock sealed.Lock) { b.lock = &lock }

func (b *Book) sealKey(key totp.Key) (string, error) {
	if b.lock == nil {
		return key.String(), nil
	}
	file, err := sealed.Seal([]byte(key.String()), *b.lock)
	return string(file), err
}

func (b *Book) openKey(kept string) (totp.Key, error) {
	if !sealed.IsSealed(kept) {
		return totp.ParseKey(kept)
	}
	if b.lock == nil {
		return nil, errors.New("the second factor is kept sealed, and this server has no key: set accounts: key as on the others, or have an admin reset the second factor")
	}
	text, err := sealed.Open([]byte(kept), *b.lock)
	if err != nil {
		return nil, fmt.Errorf("the second factor was sealed with another key than accounts: key: %w; set that one, or have an admin reset the second factor", err)
	}
	return totp.ParseKey(string(text))
}

// A FactorState says how somebody stands with their second factor.
type FactorState struct {
	On       bool
	Since    time.Time
	Codes    int  // for recovery that are left
	Required bool // by the role
	Sealed   bool // whether this server keeps keys sealed
}

// FactorState returns how a user stands with their second factor.
func (b *Book) FactorState(ctx context.Context, u User) (s FactorState, err error) {
	s.Sealed = b.lock != nil
	f, err := b.store.Factor(ctx, u.ID)
	if err != nil && !errors.Is(err, ErrNoFactor) {
		return s, err
	}
	s.On, s.Since = f.Key != "", f.Since
	codes, err := b.store.Codes(ctx, u.ID)
	if err != nil {
		return s, err
	}
	roles, err := b.store.FactorRoles(ctx)
	s.Codes, s.Required = codes, u.Issuer == "" && slices.Contains(roles, u.Role)
	return s, err
}

// FactorRoles returns the roles that must have a second factor.
func (b *Book) FactorRoles(ctx context.Context) ([]Role, error) { return b.store.FactorRoles(ctx) }

// RequireFactor says which roles must have a second factor. Who of them has none is
// signed out, and sets one up when they sign in next. Tokens stay.
func (b *Book) RequireFactor(ctx context.Context, by Caller, roles []Role) error {
	var list []Role
	for _, role := range Roles() { // in their order, each once
		if slices.Contains(roles, role) {
			list = append(list, role)
		}
	}
	for _, role := range roles {
		if _, err := ParseRole(string(role)); err != nil {
			return err
		}
	}
	e := by.entry("second-factor-rule")
	e.Detail = "nobody has to have a second factor"
	if len(list) > 0 {
		e.Detail = "a second factor has to be had by: " + joined(list)
	}
	return b.change(ctx, &e, func(tx Tx) error {
		if err := tx.PutFactorRoles(ctx, list); err != nil {
			return err
		}
		users, err := tx.Users(ctx)
		if err != nil {
			return err
		}
		for _, u := range users {
			if !slices.Contains(list, u.Role) || u.Factor || u.Issuer != "" {
				continue
			}
			if u.ID == by.User.ID {
				return fmt.Errorf("%w: set up your own second factor first", ErrInvalid)
			}
			if err := tx.DropSessions(ctx, u.ID, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// ResetFactor takes somebody's second factor away: their phone is gone, and their
// codes too. It signs them out everywhere.
func (b *Book) ResetFactor(ctx context.Context, by Caller, id string) (User, error) {
	var u User
	e := by.entry("second-factor-reset")
	if id == by.User.ID {
		return u, fmt.Errorf("%w: your own second factor goes with a code of it", ErrForbidden)
	}
	err := b.change(ctx, &e, func(tx Tx) (err error) {
		if u, err = tx.User(ctx, id); err != nil {
			return err
		}
		if _, err := tx.Factor(ctx, id); err != nil {
			return err
		}
		e.About = u.Name
		if err := errors.Join(tx.DropFactor(ctx, id), tx.DropSessions(ctx, id, ""), tx.DropHalfways(ctx, id)); err != nil {
			return err
		}
		u, err = tx.User(ctx, id)
		return err
	})
	return u, err
}

// own checks that a user at a browser asks about their own second factor, and knows
// the password and, where there is one already, a code.
func (b *Book) own(ctx context.Context, c Caller, password, code string, from From) error {
	if err := ofSession(c); err != nil {
		return err
	}
	if err := b.admitCode(ctx, c.User, code, from); err != nil {
		return err
	}
	right, _, err := b.passwords.Check(ctx, c.User.Password, password)
	if err != nil {
		return err
	}
	if !right {
		e := c.entry("second-factor")
		e.Outcome, e.Detail = Refused, "the password was wrong"
		return errors.Join(fmt.Errorf("%w: the password is wrong", ErrForbidden), b.Log(ctx, e))
	}
	return nil
}

// ofSession refuses who has no second factor of their own to see to.
func ofSession(c Caller) error {
	switch {
	case c.Session == "":
		return fmt.Errorf("%w: a second factor is seen to by who is signed in, and not by a token", ErrForbidden)
	case c.User.Issuer != "":
		return fmt.Errorf("%w: you sign in at an identity provider, which sees to that", ErrForbidden)
	}
	return nil
}

// changeOwn changes the second factor of the caller, and tells the audit of a code
// that was wrong.
func (b *Book) changeOwn(ctx context.Context, c Caller, detail string, do func(tx Tx, u User) error) error {
	e := c.entry("second-factor")
	e.About, e.Detail = c.User.Name, detail
	err := b.change(ctx, &e, func(tx Tx) error {
		u, err := tx.User(ctx, c.User.ID)
		if err != nil {
			return err
		}
		return do(tx, u)
	})
	if errors.Is(err, ErrCode) {
		return b.wrongCode(ctx, c.entry("second-factor"), err)
	}
	return err
}

// BeginFactor draws a key for the caller's app. It counts once a code of it came; one
// that is there already counts until then, and a code of it is asked for.
func (b *Book) BeginFactor(ctx context.Context, c Caller, password, code string, from From) (key totp.Key, err error) {
	if err := b.own(ctx, c, password, code, from); err != nil {
		return nil, err
	}
	err = b.changeOwn(ctx, c, "a key was shown to set one up", func(tx Tx, u User) error {
		if u.Factor {
			if err := b.prove(ctx, tx, u, code, from); err != nil {
				return err
			}
		}
		if key, err = b.pend(ctx, tx, u); err != nil {
			return err
		}
		return forgive(ctx, tx, u, from, 1)
	})
	return key, err
}

// pend keeps a key of which no code came yet.
func (b *Book) pend(ctx context.Context, tx Tx, u User) (totp.Key, error) {
	f, err := tx.Factor(ctx, u.ID)
	if err != nil && !errors.Is(err, ErrNoFactor) {
		return nil, err
	}
	key, err := totp.NewKey(b.random)
	if err != nil {
		return nil, err
	}
	f.User = u.ID
	if f.Pending, err = b.sealKey(key); err != nil {
		return nil, err
	}
	return key, tx.PutFactor(ctx, f)
}

// ConfirmFactor makes the key that was shown the second factor, by a code of it. It
// returns codes for recovery, and signs the caller out everywhere else.
func (b *Book) ConfirmFactor(ctx context.Context, c Caller, code string, from From) (codes []string, err error) {
	if err := ofSession(c); err != nil {
		return nil, err
	}
	if err := b.admitCode(ctx, c.User, code, from); err != nil {
		return nil, err
	}
	err = b.changeOwn(ctx, c, "set up", func(tx Tx, u User) (err error) {
		codes, err = b.confirm(ctx, tx, u, code)
		if err != nil {
			return err
		}
		return errors.Join(tx.DropSessions(ctx, u.ID, c.Session), tx.DropHalfways(ctx, u.ID), forgive(ctx, tx, u, from, 1))
	})
	return codes, err
}

func (b *Book) confirm(ctx context.Context, tx Tx, u User, code string) ([]string, error) {
	f, err := tx.Factor(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	if f.Pending == "" {
		return nil, ErrNoFactor
	}
	key, err := b.openKey(f.Pending)
	if err != nil {
		return nil, err
	}
	step, right := key.Match(tidy(code), b.now(), 0)
	if !right {
		return nil, ErrCode
	}
	f.Key, f.Pending, f.Step, f.Since = f.Pending, "", step, b.now()
	if err := tx.PutFactor(ctx, f); err != nil {
		return nil, err
	}
	return b.newCodes(ctx, tx, u.ID)
}

// NewCodes makes other codes for recovery, by a code of the app or one of those, which
// are void then.
func (b *Book) NewCodes(ctx context.Context, c Caller, code string, from From) (codes []string, err error) {
	if err := ofSession(c); err != nil {
		return nil, err
	}
	if err := b.admitCode(ctx, c.User, code, from); err != nil {
		return nil, err
	}
	err = b.changeOwn(ctx, c, "other codes for recovery", func(tx Tx, u User) error {
		if err := b.prove(ctx, tx, u, code, from); err != nil {
			return err
		}
		if codes, err = b.newCodes(ctx, tx, u.ID); err != nil {
			return err
		}
		return forgive(ctx, tx, u, from, 1)
	})
	return codes, err
}

// RemoveFactor takes the caller's second factor away, where the role may do without.
func (b *Book) RemoveFactor(ctx context.Context, c Caller, password, code string, from From) error {
	if err := b.own(ctx, c, password, code, from); err != nil {
		return err
	}
	return b.changeOwn(ctx, c, "taken away", func(tx Tx, u User) error {
		roles, err := tx.FactorRoles(ctx)
		if err != nil {
			return err
		}
		if slices.Contains(roles, u.Role) {
			return fmt.Errorf("%w: your role must have a second factor: set up another one instead", ErrForbidden)
		}
		if err := b.prove(ctx, tx, u, code, from); err != nil {
			return err
		}
		return errors.Join(tx.DropFactor(ctx, u.ID), forgive(ctx, tx, u, from, 1))
	})
}

// EnrolHalfway draws a key for somebody who has to have a second factor before they
// are in.
func (b *Book) EnrolHalfway(ctx context.Context, secret string, from From) (key totp.Key, u User, err error) {
	h, u, err := b.enrolling(ctx, secret)
	if err != nil {
		return nil, u, err
	}
	e := Entry{Actor: u.Name, Via: h.Via, Address: from.Host(), Operation: "second-factor", About: u.Name, Outcome: Done, Detail: "a key was shown to set one up"}
	err = b.change(ctx, &e, func(tx Tx) (err error) {
		key, err = b.pend(ctx, tx, u)
		return err
	})
	return key, u, err
}

func (b *Book) enrolling(ctx context.Context, secret string) (Halfway, User, error) {
	h, u, err := b.Halfway(ctx, secret)
	if err == nil && (!h.Enrol || u.Factor) { // another browser was faster
		err = ErrStep
	}
	return h, u, err
}

// ConfirmHalfway sets up what [Book.EnrolHalfway] began, and signs in.
func (b *Book) ConfirmHalfway(ctx context.Context, secret, code string, from From) (session string, u User, codes []string, err error) {
	h, u, err := b.enrolling(ctx, secret)
	if err != nil {
		return "", u, nil, err
	}
	if err := b.admitCode(ctx, u, code, from); err != nil {
		return "", u, nil, err
	}
	e := Entry{Actor: u.Name, Via: h.Via, Address: from.Host(), Operation: "second-factor", About: u.Name, Outcome: Done, Detail: "set up"}
	session, in, err := b.begin(ctx, arrival{user: u.ID, via: h.Via, from: from, whole: true, with: func(tx Tx, u *User) error {
		if u.Factor {
			return ErrStep
		}
		if codes, err = b.confirm(ctx, tx, *u, code); err != nil {
			return err
		}
		e.At = b.now()
		return errors.Join(b.take(ctx, tx, h), tx.DropSessions(ctx, u.ID, ""), forgive(ctx, tx, *u, from, 2), tx.Log(ctx, e))
	}})
	if errors.Is(err, ErrCode) {
		e.Detail = ""
		return "", u, nil, b.wrongCode(ctx, e, err)
	}
	return session, in, codes, err
}

// joined lists words as people read them.
func joined[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, one := range list {
		words[i] = string(one)
	}
	return strings.Join(words, ", ")
}
