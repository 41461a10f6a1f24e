// Package relational keeps accounts in tables of a database that speaks SQL. The
// engines open it, make its tables, and say where their dialect is another.
//
// Times are milliseconds since 1970, UTC; 0 is none.
package relational

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"clew/internal/account"
)

// A Dialect is how one engine differs.
type Dialect struct {
	Prefix  string            // of table names, with its dot
	Number  bool              // placeholders are $1, $2 and not ?
	Lock    string            // statement that makes changes queue, "" where beginning one does
	Taken   func(error) bool  // whether an error is that of a name that is there already
	Explain func(error) error // what an error means, and what to do
}

// A Store keeps accounts in a database.
type Store struct {
	reader
	db *sql.DB
	// changing lets the changes of this process queue instead of racing for the
	// lock, whose waiters may be served in no order.
	changing sync.Mutex
}

var _ account.Store = (*Store)(nil)

// New makes a store on a database whose tables are there.
func New(db *sql.DB, d Dialect) *Store {
	return &Store{reader: reader{conn{db, &d}}, db: db}
}

// Close closes the database.
func (s *Store) Close() error { return s.d.Explain(s.db.Close()) }

// Change implements [account.Store].
func (s *Store) Change(ctx context.Context, do func(account.Tx) error) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	t, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.d.Explain(err)
	}
	defer t.Rollback() //nolint:errcheck // nothing to undo after Commit
	c := conn{t, s.d}
	if s.d.Lock != "" {
		if err := c.run(ctx, s.d.Lock); err != nil {
			return err
		}
	}
	if err := do(tx{reader{c}}); err != nil {
		return err
	}
	return s.d.Explain(t.Commit())
}

// Touch implements [account.Store].
func (s *Store) Touch(ctx context.Context, digest string, at time.Time) error {
	return errors.Join(
		s.run(ctx, `UPDATE @sessions SET used = ? WHERE digest = ? AND used < ?`, millis(at), digest, millis(at)),
		s.run(ctx, `UPDATE @tokens SET used = ? WHERE digest = ? AND used < ?`, millis(at), digest, millis(at)))
}

// querier is a database or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// conn runs statements written for every engine: @ stands before the name of a
// table, ? for a value.
type conn struct {
	q querier
	d *Dialect
}

func (c conn) text(query string) string {
	query = strings.ReplaceAll(query, "@", c.d.Prefix)
	if !c.d.Number {
		return query
	}
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
	}
	return b.String()
}

func (c conn) run(ctx context.Context, query string, args ...any) error {
	_, err := c.q.ExecContext(ctx, c.text(query), args...)
	if err != nil && c.d.Taken(err) {
		return account.ErrNameTaken
	}
	return c.d.Explain(err)
}

// scanner is a row.
type scanner interface{ Scan(into ...any) error }

// all reads every row of a query.
func all[T any](ctx context.Context, c conn, read func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := c.q.QueryContext(ctx, c.text(query), args...)
	if err != nil {
		return nil, c.d.Explain(err)
	}
	defer rows.Close() //nolint:errcheck // its error is that of rows.Err
	var list []T
	for rows.Next() {
		one, err := read(rows)
		if err != nil {
			return nil, c.d.Explain(err)
		}
		list = append(list, one)
	}
	return list, c.d.Explain(rows.Err())
}

// one reads the only row of a query; none is missing.
func one[T any](ctx context.Context, c conn, read func(scanner) (T, error), missing error, query string, args ...any) (T, error) {
	found, err := read(c.q.QueryRowContext(ctx, c.text(query), args...))
	if errors.Is(err, sql.ErrNoRows) {
		return found, missing
	}
	return found, c.d.Explain(err)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
