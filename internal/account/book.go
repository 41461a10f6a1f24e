package account

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"clew/internal/sealed"
)

// Rules are what a team decides about its accounts.
type Rules struct {
	Idle        time.Duration // after which a session that nobody uses ends
	Longest     time.Duration // after which any session ends
	Sessions    int           // of one user at once: the oldest ends when there is one more; 0 for no bound
	TokenLife   time.Duration // of a token that names no expiry
	LongestLife time.Duration // of any token
	LinkLife    time.Duration // of a one-time link
	// OwnApproval lets an approver approve what they proposed themselves.
	OwnApproval bool
	// InvitedOnly lets an identity provider sign in only users that are there.
	InvitedOnly bool
}

// DefaultRules follow NIST SP 800-63B-4, 2.2.3 (an hour without use, a day in all),
// halved for the whole: a shift. Ten sessions are more browsers than somebody has, and
// few enough to be looked through. Who proposes does not approve (NIST SP 800-53, AC-5).
var DefaultRules = Rules{
	Idle: time.Hour, Longest: 12 * time.Hour, Sessions: 10, TokenLife: 90 * 24 * time.Hour, LongestLife: 366 * 24 * time.Hour, LinkLife: 24 * time.Hour,
}

// A Book is what a server asks about accounts.
type Book struct {
	store     Store
	passwords *Passwords
	rules     Rules
	clock     func() time.Time
	random    io.Reader
	lock      *sealed.Lock // of the keys of second factors; nil: they are kept as they are
	breached  *Breached    // passwords that are refused; nil for no list

	mu       sync.Mutex
	revision int64             // guarded by mu
	accesses map[string]Access // guarded by mu; as of revision, nil when not read yet. Never changed.
}

// NewBook makes a book on a store. cost is that of passwords.
func NewBook(store Store, rules Rules, cost Cost, clock func() time.Time, random io.Reader) *Book {
	return &Book{store: store, passwords: NewPasswords(cost, random), rules: rules, clock: clock, random: random}
}

// Rules returns what the team decided.
func (b *Book) Rules() Rules { return b.rules }

// RefuseBreached has passwords of a list refused. It comes before the book is asked
// anything.
func (b *Book) RefuseBreached(list *Breached) { b.breached = list }

// Close closes the store.
func (b *Book) Close() error { return b.store.Close() }

// now is to the millisecond, as it is kept.
func (b *Book) now() time.Time { return b.clock().UTC().Truncate(time.Millisecond) }

// change changes what is kept and writes into the audit, both or neither.
func (b *Book) change(ctx context.Context, e *Entry, do func(Tx) error) error {
	return b.store.Change(ctx, func(tx Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		e.At = b.now()
		return tx.Log(ctx, *e)
	})
}

// Log writes a line into the audit.
func (b *Book) Log(ctx context.Context, e Entry) error {
	return b.change(ctx, &e, func(Tx) error { return nil })
}

// Did begins a line of the audit about what a caller did.
func Did(c Caller, operation string) Entry { return c.entry(operation) }

// Audit returns what was done, newest first, and how many entries fit in all.
func (b *Book) Audit(ctx context.Context, q AuditQuery) ([]Entry, int, error) {
	return b.store.Audit(ctx, q)
}

// Users lists everybody, by name.
func (b *Book) Users(ctx context.Context) ([]User, error) { return b.store.Users(ctx) }

// UserNamed returns a user by name.
func (b *Book) UserNamed(ctx context.Context, name string) (User, error) {
	name, err := ParseName(name)
	if err != nil {
		return User{}, err
	}
	return b.store.UserNamed(ctx, name)
}

// User returns a user by ID.
func (b *Book) User(ctx context.Context, id string) (User, error) { return b.store.User(ctx, id) }

// ForJob is who a job is done for: the user with an ID, or else with a name, and the
// rights that they have now, which [Book.Still] looks up again. Work without an ID, of
// somebody who is no user, was begun at the console or before there were accounts: the
// server itself does it.
func (b *Book) ForJob(ctx context.Context, id, name, job string) (Caller, error) {
	if id == "" {
		u, err := b.store.UserNamed(ctx, name)
		if errors.Is(err, ErrNoUser) {
			return Caller{system: true}, nil
		}
		if err != nil {
			return Caller{}, err
		}
		id = u.ID
	}
	return b.Still(ctx, Caller{User: User{ID: id, Name: name}, Job: job})
}

// accessOf returns the access of every case that has one. It is read again only
// when it changed.
func (b *Book) accessOf(ctx context.Context) (map[string]Access, error) {
	revision, err := b.store.Revision(ctx)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	held, at := b.accesses, b.revision
	b.mu.Unlock()
	if held != nil && at == revision {
		return held, nil
	}
	fresh, err := b.store.Accesses(ctx)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.accesses, b.revision = fresh, revision // read before the accesses: at worst they are read once more
	return fresh, nil
}

// none is an error of something that is not there.
func none(err error) bool {
	return errors.Is(err, ErrNoUser) || errors.Is(err, ErrNoToken) || errors.Is(err, ErrSignedOut) || errors.Is(err, ErrLink) || errors.Is(err, ErrStep)
}
