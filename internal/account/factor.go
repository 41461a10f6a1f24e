package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"clew/internal/account/totp"
)

// Errors of the second factor.
var (
	ErrNoFactor = errors.New("no second factor is set up")
	ErrStep     = errors.New("this sign-in was not begun here, or too long ago: begin again")
	ErrCode     = errors.New("the code is wrong, was used already, or has run out: wait for the next one")
)

// A Factor is the second of a user: a key that an authenticator app shares, from
// which both make codes of six digits (package totp). Keys are kept sealed where the
// book has a lock, see [Book.SealWith].
type Factor struct {
	User    string
	Key     string    // "" until one is confirmed
	Step    int64     // the period of the last code that counted: none counts twice
	Since   time.Time // when it was confirmed; zero for not yet
	Pending string    // a key that was shown, and of which no code came yet; "" for none
}

// A Halfway is a sign-in whose first step was right, and whose second is wanted.
type Halfway struct {
	Digest  string // of its secret
	User    string
	Via     string // what the first step was
	Enrol   bool   // the role wants a second factor, and the user has none: it is set up now
	Expires time.Time
}

// A StepError says that a sign-in wants a second step. It is no failure: whoever
// brings the secret and a code is in.
type StepError struct {
	Secret string // of the first step
	Enrol  bool
}

func (e *StepError) Error() string {
	if e.Enrol {
		return "a second factor has to be set up"
	}
	return "a code of the second factor is wanted"
}

// HalfwayLife bounds the time between the two steps of a sign-in.
const HalfwayLife = 10 * time.Minute

// wanted says whether who signs in has to take a second step.
func wanted(ctx context.Context, tx Tx, u User) (step, enrol bool, err error) {
	if u.Issuer != "" { // the identity provider sees to it: accounts.oidc.acr and amr
		return false, false, nil
	}
	if u.Factor {
		return true, false, nil
	}
	roles, err := tx.FactorRoles(ctx)
	must := slices.Contains(roles, u.Role)
	return must, must, err
}

// halfway keeps that the first step of a sign-in was right.
func (b *Book) halfway(ctx context.Context, tx Tx, u User, via string, enrol bool) (*StepError, error) {
	secret, err := draw(b.random, halfPrefix)
	if err != nil {
		return nil, err
	}
	return &StepError{secret, enrol}, tx.PutHalfway(ctx, Halfway{digest(secret), u.ID, via, enrol, b.now().Add(HalfwayLife)})
}

// Halfway returns the sign-in whose first step a secret is of, and who takes it.
func (b *Book) Halfway(ctx context.Context, secret string) (Halfway, User, error) {
	if !wellFormed(secret, halfPrefix) {
		return Halfway{}, User{}, ErrStep
	}
	h, err := b.store.Halfway(ctx, digest(secret))
	if err != nil {
		return h, User{}, err
	}
	if !h.Expires.After(b.now()) {
		return h, User{}, ErrStep
	}
	u, err := b.enabled(ctx, h.User)
	if errors.Is(err, ErrSignedOut) {
		err = ErrStep
	}
	return h, u, err
}

// FinishSignIn takes the second step: a code of the app, or one for recovery.
func (b *Book) FinishSignIn(ctx context.Context, secret, code string, from From) (string, User, error) {
	h, u, err := b.Halfway(ctx, secret)
	if err != nil {
		return "", User{}, err
	}
	if h.Enrol {
		return "", User{}, fmt.Errorf("%w: set the second factor up first", ErrInvalid)
	}
	if err := b.admitCode(ctx, u, code, from); err != nil {
		return "", User{}, err
	}
	session, u, err := b.begin(ctx, arrival{user: u.ID, via: h.Via, from: from, whole: true, with: func(tx Tx, u *User) error {
		if err := b.prove(ctx, tx, *u, code, from); err != nil {
			return err
		}
		return errors.Join(b.take(ctx, tx, h), forgive(ctx, tx, *u, from, 2))
	}})
	if errors.Is(err, ErrCode) {
		return "", User{}, b.wrongCode(ctx, Entry{Actor: u.Name, Via: h.Via, Address: from.Host(), Operation: "sign-in"}, err)
	}
	return session, u, err
}

// take uses the first step of a sign-in up, which nobody did meanwhile.
func (b *Book) take(ctx context.Context, tx Tx, h Halfway) error {
	again, err := tx.Halfway(ctx, h.Digest)
	if err != nil {
		return err
	}
	if !again.Expires.After(b.now()) {
		return ErrStep
	}
	return tx.DropHalfway(ctx, h.Digest)
}

// wrongCode tells the audit of a code that did not count.
func (b *Book) wrongCode(ctx context.Context, e Entry, err error) error {
	e.Outcome, e.Detail = Refused, "wrong code of the second factor"
	return errors.Join(err, b.Log(ctx, e))
}

// admitCode counts a code before it is looked at. Six digits are guessed sooner than a
// password: whoever knows that has ten codes an hour and twenty a day, of which three
// in a million are right. A code for recovery has 120 bits, and the limits of passwords.
func (b *Book) admitCode(ctx context.Context, u User, code string, from From) error {
	limits := ofUser(u.Name, from)
	if isAppCode(tidy(code)) {
		limits = append(limits, ofCodes(u)...)
	}
	return b.admit(ctx, u.Name, from, limits...)
}

// ofCodes are the limits of codes that fail.
func ofCodes(u User) []limit {
	return []limit{{"code " + u.ID, 10, time.Hour}, {"codes " + u.ID, 20, 24 * time.Hour}}
}

// tidy undoes how people group a code.
func tidy(code string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\t' {
			return -1
		}
		return r
	}, code))
}

func isAppCode(code string) bool { return len(code) == totp.Digits }

// prove checks a code and uses it up, in one change: of two requests with the same
// code one gets in.
func (b *Book) prove(ctx context.Context, tx Tx, u User, code string, from From) error {
	code = tidy(code)
	if !isAppCode(code) {
		return b.recover(ctx, tx, u, code, from)
	}
	f, err := tx.Factor(ctx, u.ID)
	if err != nil {
		return err
	}
	if f.Key == "" {
		return ErrNoFactor
	}
	key, err := b.openKey(f.Key)
	if err != nil {
		return err
	}
	step, right := key.Match(code, b.now(), f.Step)
	if !right {
		return ErrCode
	}
	f.Step = step
	if f.Key, err = b.sealKey(key); err != nil { // one from before there was a lock is sealed now
		return err
	}
	return tx.PutFactor(ctx, f)
}
