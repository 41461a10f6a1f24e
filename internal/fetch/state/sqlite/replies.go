package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"clew/internal/fetch"
)

// Reply implements [fetch.State].
func (s *Store) Reply(ctx context.Context, key string) (fetch.Kept, bool, error) {
	var text string
	err := s.db.QueryRowContext(ctx, `SELECT data FROM replies WHERE key = ?`, key).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return fetch.Kept{}, false, nil
	}
	if err != nil {
		return fetch.Kept{}, false, s.explained(err)
	}
	var k fetch.Kept
	if err := s.decode("a kept reply", text, &k); err != nil {
		return fetch.Kept{}, false, err
	}
	return k, true, nil
}

// KeepReply implements [fetch.State].
func (s *Store) KeepReply(ctx context.Context, key string, k fetch.Kept) error {
	text, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("reply to keep: %w", err)
	}
	const put = `INSERT INTO replies (key, until, body, data) VALUES (?, ?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET until = excluded.until, body = excluded.body, data = excluded.data`
	return s.write(ctx, put, key, k.Until.Unix(), k.Body, string(text))
}

// ForgetReply implements [fetch.State].
func (s *Store) ForgetReply(ctx context.Context, key string) error {
	return s.write(ctx, `DELETE FROM replies WHERE key = ?`, key)
}

func (s *Store) write(ctx context.Context, statement string, values ...any) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	_, err := s.db.ExecContext(ctx, statement, values...)
	return s.explained(err)
}

// ForgetReplies implements [fetch.State].
func (s *Store) ForgetReplies(ctx context.Context, before time.Time) error {
	return s.write(ctx, `DELETE FROM replies WHERE until < ?`, before.Unix())
}

// BodiesNeeded implements [fetch.State].
func (s *Store) BodiesNeeded(ctx context.Context) (map[string]bool, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT DISTINCT body FROM replies`)
	if err != nil {
		return nil, s.explained(err)
	}
	defer rows.Close() //nolint:errcheck // Err says what matters
	needed := map[string]bool{}
	for rows.Next() {
		var digest string
		if err := rows.Scan(&digest); err != nil {
			return nil, s.explained(err)
		}
		needed[digest] = true
	}
	return needed, s.explained(rows.Err())
}
