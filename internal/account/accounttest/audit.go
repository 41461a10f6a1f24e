package accounttest

import (
	"context"
	"testing"
	"time"

	"clew/internal/account"
)

// theAuditGoesByAge: from the oldest on, never what is young, and it is kept what went.
func theAuditGoesByAge(t *testing.T, s account.Store) {
	ctx, now := t.Context(), time.Now().UTC().Truncate(time.Millisecond) // the engines look at their own clock
	day := 24 * time.Hour
	change(t, s, func(ctx context.Context, tx account.Tx) error {
		for _, age := range []time.Duration{400, 300, 200, 100, 300, 10, 0} { // a clock was set back once
			if err := tx.Log(ctx, account.Entry{At: now.Add(-age * day), Actor: "ada"}); err != nil {
				return err
			}
		}
		return nil
	})
	drop := func(before time.Duration) (gone account.AuditRemoved) {
		change(t, s, func(ctx context.Context, tx account.Tx) (err error) {
			gone, err = tx.DropAudit(ctx, now.Add(-before), now)
			return err
		})
		return gone
	}
	if gone := drop(500 * day); gone.Entries != 0 {
		t.Errorf("nothing is that old, and %+v went", gone)
	}
	first := account.AuditRemoved{Through: 2, Entries: 2, First: now.Add(-400 * day), Last: now.Add(-300 * day), At: now}
	same(t, "older than 250 days", drop(250*day), nil, first)
	second := account.AuditRemoved{Through: 5, Entries: 3, First: now.Add(-300 * day), Last: now.Add(-100 * day), At: now}
	same(t, "whatever is asked, 90 days stay", drop(0), nil, second)
	kept, total, err := s.Audit(ctx, account.AuditQuery{})
	if err != nil || total != 2 || kept[0].ID != 7 || kept[1].ID != 6 {
		t.Errorf("left are %+v, %v", kept, err)
	}
	gone, err := s.AuditRemoved(ctx)
	same(t, "what went", gone, err, []account.AuditRemoved{first, second})
	change(t, s, func(ctx context.Context, tx account.Tx) error { return tx.Log(ctx, account.Entry{At: now}) })
	if last, _, err := s.Audit(ctx, account.AuditQuery{Limit: 1}); err != nil || last[0].ID != 8 {
		t.Errorf("the next line is %+v, %v; want number 8", last, err)
	}
}
