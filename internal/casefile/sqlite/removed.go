package sqlite

import (
	"context"
	"fmt"
	"time"

	"clew/internal/casefile"
)

var _ casefile.Remover = (*Store)(nil)

// Remove takes a case out and keeps what is said of it, in one transaction.
func (s *Store) Remove(ctx context.Context, gone casefile.Removed) error {
	s.append.Lock()
	defer s.append.Unlock()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.explained(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after Commit
	head, err := headIn(ctx, tx, gone.Case)
	if err != nil {
		return err
	}
	if head.Hash != gone.Head || head.Seq != gone.Events {
		return fmt.Errorf("%w: %s", casefile.ErrWentOn, gone.Case)
	}
	for _, step := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO removed (case_id, events, head, time, actor, reason, archive, sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, []any{
			gone.Case, int64(gone.Events), gone.Head, gone.At.UTC().Format(casefile.TimeLayout), gone.Actor, gone.Reason, gone.Archive, gone.SHA256,
		}},
		{`DELETE FROM events WHERE case_id = ?`, []any{gone.Case}}, // while its head is there: the trigger looks
		{`DELETE FROM cases WHERE id = ?`, []any{gone.Case}},
	} {
		if _, err := tx.ExecContext(ctx, step.query, step.args...); err != nil {
			return s.explained(err)
		}
	}
	return s.explained(tx.Commit())
}

// Removed lists what was taken out, by time.
func (s *Store) Removed(ctx context.Context) ([]casefile.Removed, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT case_id, events, head, time, actor, reason, archive, sha256 FROM removed ORDER BY time, case_id`)
	if err != nil {
		return nil, s.explained(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err says what matters
	var list []casefile.Removed
	for rows.Next() {
		var (
			r      casefile.Removed
			events int64
			at     string
		)
		if err := rows.Scan(&r.Case, &events, &r.Head, &at, &r.Actor, &r.Reason, &r.Archive, &r.SHA256); err != nil {
			return nil, s.explained(err)
		}
		r.Events = uint64(events)
		if r.At, err = time.Parse(casefile.TimeLayout, at); err != nil {
			return nil, fmt.Errorf("%w: time of a removal: %w", casefile.ErrDamaged, err)
		}
		list = append(list, r)
	}
	return list, s.explained(rows.Err())
}

// DropBlob removes a raw answer that nobody put there within the last hour.
func (s *Store) DropBlob(ctx context.Context, digest string) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return s.blobs.Drop(digest, time.Now())
}
