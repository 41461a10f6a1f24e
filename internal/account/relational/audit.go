package relational

import (
	"context"
	"time"

	"clew/internal/account"
)

func readRemoved(row scanner) (r account.AuditRemoved, err error) {
	var first, last, at int64
	err = row.Scan(&r.Through, &r.Entries, &first, &last, &at)
	r.First, r.Last, r.At = instant(first), instant(last), instant(at)
	return r, err
}

func (r reader) AuditRemoved(ctx context.Context) ([]account.AuditRemoved, error) {
	return all(ctx, r.conn, readRemoved, `SELECT through, entries, first_at, last_at, at FROM @audit_removed ORDER BY through`)
}

func (t tx) DropAudit(ctx context.Context, before, now time.Time) (account.AuditRemoved, error) {
	if least := now.Add(-account.LeastAudit); before.After(least) {
		before = least
	}
	// Numbers ascend as time does, but for clocks that were set back: what stands
	// behind a line that stays, stays.
	const stretch = `SELECT coalesce(max(id), 0), count(*), coalesce(min(at), 0), coalesce(max(at), 0), 0 FROM @audit
		WHERE id < coalesce((SELECT min(id) FROM @audit WHERE at >= ?), 9223372036854775807)`
	gone, err := one(ctx, t.conn, readRemoved, errOpen, stretch, millis(before))
	gone.At = now
	if err != nil || gone.Entries == 0 {
		return account.AuditRemoved{}, err
	}
	if err := t.run(ctx, `INSERT INTO @audit_removed (through, entries, first_at, last_at, at) VALUES (?, ?, ?, ?, ?)`,
		gone.Through, gone.Entries, millis(gone.First), millis(gone.Last), millis(gone.At)); err != nil {
		return gone, err
	}
	return gone, t.run(ctx, `DELETE FROM @audit WHERE id <= ?`, gone.Through)
}
