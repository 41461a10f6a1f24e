package account

import (
	"context"
	"fmt"
	"time"
)

// The outcomes of what the audit holds.
const (
	Done    = "done"
	Refused = "refused" // whoever asked may not, or is not who they say
	Failed  = "failed"  // allowed, and it did not come about
)

// LeastAudit is how long every line of the audit is kept: what PCI DSS 4.0 (10.5.1)
// wants at hand at once. The engines refuse less as well, by the clock of the database.
const LeastAudit = 90 * 24 * time.Hour

// An AuditRemoved is a stretch of the audit that was removed by age.
type AuditRemoved struct {
	Through     int64 // number of the last line of it
	Entries     int
	First, Last time.Time // of its lines
	At          time.Time // when it was removed
}

// PruneAudit removes what the audit said longer ago than keep, which is [LeastAudit]
// or more, and says so in the audit itself: how much, of when, and by whom.
func (b *Book) PruneAudit(ctx context.Context, c Caller, keep time.Duration) (gone AuditRemoved, err error) {
	if keep < LeastAudit {
		return gone, fmt.Errorf("%w: the audit is kept for %d days at least", ErrInvalid, LeastAudit/(24*time.Hour))
	}
	now := b.now()
	err = b.store.Change(ctx, func(tx Tx) error {
		if gone, err = tx.DropAudit(ctx, now.Add(-keep), now); err != nil || gone.Entries == 0 {
			return err
		}
		e := c.entry("audit-prune")
		e.At = now
		e.Detail = fmt.Sprintf("%d lines up to number %d, of %s to %s, older than %d days", gone.Entries, gone.Through,
			gone.First.Format(time.DateOnly), gone.Last.Format(time.DateOnly), keep/(24*time.Hour))
		return tx.Log(ctx, e)
	})
	return gone, err
}

// AuditOlder counts the lines of the audit that [Book.PruneAudit] would remove.
func (b *Book) AuditOlder(ctx context.Context, keep time.Duration) (int, error) {
	_, n, err := b.store.Audit(ctx, AuditQuery{Until: b.now().Add(-keep - time.Millisecond), Limit: 1})
	return n, err
}

// AuditRemoved returns what was removed of the audit, oldest first.
func (b *Book) AuditRemoved(ctx context.Context) ([]AuditRemoved, error) {
	return b.store.AuditRemoved(ctx)
}

// An Entry is one line of the audit. Entries are only ever added, and go by age alone.
type Entry struct {
	ID        int64
	At        time.Time
	Actor     string // name of the user; what was typed, for a sign-in that failed
	Via       string // session, the token's name, link, oidc, or console
	Address   string
	Operation string // ID of the API's operation, or what the command did
	Case      string
	About     string // the user, token or session that it was about
	Outcome   string
	Detail    string
}

// An AuditQuery narrows the audit. Empty fields narrow nothing.
type AuditQuery struct {
	Actor, Operation, Case, Outcome string
	Since, Until                    time.Time
	Before                          int64 // only entries older than this one; 0 for the newest
	Limit                           int
}
