package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"clew/internal/casefile"
)

var _ casefile.Remover = (*Store)(nil)

// Remove takes a case out and keeps what is said of it, in one transaction.
func (s *Store) Remove(ctx context.Context, gone casefile.Removed) error {
	tx, err := s.db.Begin(ctx)
	if err != nil {
		return s.explained(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // nothing to undo after Commit
	if err := lock(ctx, tx, gone.Case); err != nil {
		return s.explained(err)
	}
	head, err := headIn(ctx, tx, gone.Case)
	if err != nil {
		return err
	}
	if head.Hash != gone.Head || head.Seq != gone.Events {
		return fmt.Errorf("%w: %s", casefile.ErrWentOn, gone.Case)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO clew.removed (case_id, events, head, time, actor, reason, archive, sha256) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		gone.Case, int64(gone.Events), gone.Head, gone.At.UTC().Format(casefile.TimeLayout), gone.Actor, gone.Reason, gone.Archive, gone.SHA256); err != nil {
		return s.explained(err)
	}
	// While its head is there: the trigger looks.
	if _, err := tx.Exec(ctx, `DELETE FROM clew.events WHERE case_id = $1`, gone.Case); err != nil {
		return s.explained(err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM clew.cases WHERE id = $1`, gone.Case); err != nil {
		return s.explained(err)
	}
	return s.explained(tx.Commit(ctx))
}

// Removed lists what was taken out, by time.
func (s *Store) Removed(ctx context.Context) ([]casefile.Removed, error) {
	rows, err := s.db.Query(ctx, `SELECT case_id, events, head, time, actor, reason, archive, sha256 FROM clew.removed ORDER BY time, case_id`)
	if err != nil {
		return nil, s.explained(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (casefile.Removed, error) {
		var (
			r      casefile.Removed
			events int64
			at     string
		)
		err := row.Scan(&r.Case, &events, &r.Head, &at, &r.Actor, &r.Reason, &r.Archive, &r.SHA256)
		if err == nil {
			r.Events = uint64(events)
			r.At, err = time.Parse(casefile.TimeLayout, at)
		}
		return r, err
	})
	return list, s.explained(err)
}

// DropBlob keeps the answer: another server may be about to name it, and nothing
// says since when it is there. Raw answers that no case names stay in the database.
func (s *Store) DropBlob(context.Context, string) (int64, error) { return 0, nil }
