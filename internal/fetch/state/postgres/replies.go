package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"clew/internal/fetch"
)

// Reply implements [fetch.State].
func (s *Store) Reply(ctx context.Context, key string) (fetch.Kept, bool, error) {
	var text string
	var now time.Time
	err := s.db.QueryRow(ctx, `SELECT data, clock_timestamp() FROM clew.replies WHERE key = $1`, key).Scan(&text, &now)
	if errors.Is(err, pgx.ErrNoRows) {
		return fetch.Kept{}, false, nil
	}
	if err != nil {
		return fetch.Kept{}, false, s.explained(ctx, err)
	}
	s.clock.learn(now)
	var k fetch.Kept
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		return fetch.Kept{}, false, nil //nolint:nilerr // not as it was: asked again, and written anew
	}
	return k, true, nil
}

// KeepReply implements [fetch.State].
func (s *Store) KeepReply(ctx context.Context, key string, k fetch.Kept) error {
	text, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("reply to keep: %w", err)
	}
	return s.write(ctx, `INSERT INTO clew.replies (key, until, body, data) VALUES ($1, $2, $3, $4)
		ON CONFLICT (key) DO UPDATE SET until = excluded.until, body = excluded.body, data = excluded.data`, key, k.Until, k.Body, string(text))
}

// ForgetReply implements [fetch.State].
func (s *Store) ForgetReply(ctx context.Context, key string) error {
	return s.write(ctx, `DELETE FROM clew.replies WHERE key = $1`, key)
}

// ForgetReplies implements [fetch.State].
func (s *Store) ForgetReplies(ctx context.Context, before time.Time) error {
	return s.write(ctx, `DELETE FROM clew.replies WHERE until < $1`, before)
}

func (s *Store) write(ctx context.Context, statement string, values ...any) error {
	_, err := s.db.Exec(ctx, statement, values...)
	return s.explained(ctx, err)
}

// BodiesNeeded implements [fetch.State].
func (s *Store) BodiesNeeded(ctx context.Context) (map[string]bool, error) {
	rows, err := s.db.Query(ctx, `SELECT DISTINCT body FROM clew.replies`)
	if err != nil {
		return nil, s.explained(ctx, err)
	}
	needed := map[string]bool{}
	var digest string
	_, err = pgx.ForEachRow(rows, []any{&digest}, func() error { needed[digest] = true; return nil })
	return needed, s.explained(ctx, err)
}

// PutBody implements [fetch.Bodies].
func (s *Store) PutBody(ctx context.Context, digest string, packed []byte) error {
	return s.write(ctx, `INSERT INTO clew.reply_bodies (digest, kept, content) VALUES ($1, clock_timestamp(), $2)
		ON CONFLICT (digest) DO UPDATE SET kept = excluded.kept, content = excluded.content`, digest, packed)
}

// Body implements [fetch.Bodies].
func (s *Store) Body(ctx context.Context, digest string) (packed []byte, err error) {
	err = s.db.QueryRow(ctx, `SELECT content FROM clew.reply_bodies WHERE digest = $1`, digest).Scan(&packed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fetch.ErrNotKept
	}
	return packed, s.explained(ctx, err)
}

// SweepBodies implements [fetch.Bodies]. index is this store itself. When what is
// left is still more than the bound, the replies that are fresh for the shortest
// time go first. One process sweeps at a time; another has nothing to do.
func (s *Store) SweepBodies(ctx context.Context, _ fetch.State, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.db.Pool, func(tx pgx.Tx) error {
		var mine bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtextextended('clew sweep', 0))`).Scan(&mine); err != nil || !mine {
			return err
		}
		if _, err := tx.Exec(ctx, overfull, s.most); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM clew.reply_bodies b WHERE b.kept < $1
			AND NOT EXISTS (SELECT FROM clew.replies r WHERE r.body = b.digest)`, now.Add(-fetch.YoungBody))
		return err
	})
	return s.explained(ctx, err)
}

// overfull removes replies, and the bodies that only they need, until the rest
// takes $1 bytes at most.
const overfull = `
WITH needed AS (
	SELECT body, max(until) AS until FROM clew.replies GROUP BY body
), sized AS (
	SELECT digest, sum(octet_length(content)) OVER (ORDER BY until DESC, digest) AS total
	FROM needed JOIN clew.reply_bodies ON digest = body
), gone AS (
	DELETE FROM clew.replies USING sized WHERE replies.body = sized.digest AND sized.total > $1 RETURNING replies.body
)
DELETE FROM clew.reply_bodies USING gone WHERE reply_bodies.digest = gone.body`
