package account

import (
	"context"
	"time"
)

// A Reader reads what is kept of accounts. What is not there is ErrNoUser,
// ErrSignedOut, ErrNoToken, ErrLink, or what a method says.
type Reader interface {
	Users(ctx context.Context) ([]User, error) // by name
	User(ctx context.Context, id string) (User, error)
	UserNamed(ctx context.Context, name string) (User, error)
	UserOf(ctx context.Context, issuer, subject string) (User, error)
	Session(ctx context.Context, digest string) (Session, error)
	Sessions(ctx context.Context, user string) ([]Session, error) // newest first
	Token(ctx context.Context, digest string) (Token, error)
	Tokens(ctx context.Context, user string) ([]Token, error) // newest first; of everybody for ""
	Link(ctx context.Context, digest string) (Link, error)
	Factor(ctx context.Context, user string) (Factor, error) // ErrNoFactor
	// Codes counts those for recovery that a user has left.
	Codes(ctx context.Context, user string) (int, error)
	Halfway(ctx context.Context, digest string) (Halfway, error) // ErrStep
	// FactorRoles are those that must have a second factor, the least first.
	FactorRoles(ctx context.Context) ([]Role, error)
	// Access is that of one case; one that was never set is open to the team.
	Access(ctx context.Context, id string) (Access, error)
	// Accesses are those that were set, by case.
	Accesses(ctx context.Context) (map[string]Access, error)
	// Revision changes whenever any access does.
	Revision(ctx context.Context) (int64, error)
	// Attempts counts what failed under a key, until when it counts.
	Attempts(ctx context.Context, key string) (n int, until time.Time, err error)
	// AuditRemoved returns what was removed of the audit, oldest first.
	AuditRemoved(ctx context.Context) ([]AuditRemoved, error)
	// Audit returns entries, newest first, and how many fit in all.
	Audit(ctx context.Context, q AuditQuery) (entries []Entry, total int, err error)
}

// A Tx changes what is kept. Its reads see its own changes.
type Tx interface {
	Reader
	PutUser(ctx context.Context, u User) error // ErrNameTaken
	PutSession(ctx context.Context, s Session) error
	DropSession(ctx context.Context, digest string) error
	DropSessions(ctx context.Context, user, except string) error
	PutToken(ctx context.Context, t Token) error
	DropToken(ctx context.Context, id string) error
	DropTokens(ctx context.Context, user string) error
	PutLink(ctx context.Context, l Link) error
	DropLinks(ctx context.Context, user string) error
	PutFactor(ctx context.Context, f Factor) error
	DropFactor(ctx context.Context, user string) error // with the codes for recovery
	// PutCodes replaces the codes for recovery of a user.
	PutCodes(ctx context.Context, user string, digests []string) error
	// TakeCode forgets a code for recovery, and reports whether it was there.
	TakeCode(ctx context.Context, user, digest string) (bool, error)
	PutHalfway(ctx context.Context, h Halfway) error
	DropHalfway(ctx context.Context, digest string) error
	DropHalfways(ctx context.Context, user string) error
	PutFactorRoles(ctx context.Context, roles []Role) error
	PutAccess(ctx context.Context, a Access) error
	PutAttempts(ctx context.Context, key string, n int, until time.Time) error
	DropAttempts(ctx context.Context, key string) error
	// Sweep forgets what has run out: links, first steps, attempts and tokens by now, sessions
	// that began before began or were last used before used.
	Sweep(ctx context.Context, now, began, used time.Time) error
	Log(ctx context.Context, e Entry) error
	// DropAudit removes the lines of the audit from before a time, up to the first that
	// is not, and keeps what was removed. None of the last [LeastAudit] goes, whatever
	// before is.
	DropAudit(ctx context.Context, before, now time.Time) (AuditRemoved, error)
}

// A Store keeps accounts. Several servers may share one.
type Store interface {
	Reader
	// Change does all of do or none of it, one after the other with every other
	// Change of every server.
	Change(ctx context.Context, do func(Tx) error) error
	// Touch notes that a session or token was used. It waits for nobody.
	Touch(ctx context.Context, digest string, at time.Time) error
	Close() error
}
