// Package postgres keeps what [fetch] must remember beyond a run in a team's
// database, kept replies included. All machines that share the database share one
// pace, one budget and one set of answers.
//
// All times in it are by the database's clock, so that machines whose clocks
// differ count the same windows.
package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"clew/internal/database"
	"clew/internal/fetch"
)

// ErrDamaged means that an account is not as it was written.
var ErrDamaged = errors.New("record of what was spent is damaged")

// Part is the tables of spending among others of the database.
var Part = database.Part{Name: "spending", Steps: migrations}

// migrations bring the tables forward, one version each. Never change one that
// was released: append another.
var migrations = []string{`
CREATE TABLE clew.spending (
	account text PRIMARY KEY,
	data    text NOT NULL
) WITH (fillfactor = 50); -- an account is changed at every request, and no index is on what changes
CREATE TABLE clew.replies (
	key   text PRIMARY KEY,
	until timestamptz NOT NULL, -- fresh until then
	body  text NOT NULL,        -- digest
	data  text NOT NULL
);
CREATE INDEX replies_by_until ON clew.replies (until);
CREATE INDEX replies_by_body ON clew.replies (body);
CREATE TABLE clew.reply_bodies (
	digest  text PRIMARY KEY,
	kept    timestamptz NOT NULL,
	content bytea NOT NULL -- zstd
);
ALTER TABLE clew.reply_bodies ALTER COLUMN content SET STORAGE EXTERNAL; -- it is compressed already
`}

// A Store is a [fetch.State], and keeps its bodies.
type Store struct {
	db    *database.DB
	clock clock
	most  int64
}

var (
	_ fetch.State  = (*Store)(nil)
	_ fetch.Bodies = (*Store)(nil)
)

// Options of a store.
type Options struct {
	// Clock is that of this machine, which the client goes by; nil means [time.Now].
	Clock func() time.Time
	// MostBodies bounds what the bodies of kept replies take, in bytes, packed; 0
	// means [DefaultMostBodies].
	MostBodies int64
}

// DefaultMostBodies is what all bodies take at most: a thousand replies of the
// largest kind, or some hundred thousand of the usual.
const DefaultMostBodies = 8 << 30

// In is the state in a database that others use too, with its tables brought up to
// date. The database stays open until whoever opened it closes it.
func In(ctx context.Context, db *database.DB, o Options) (*Store, error) {
	if err := db.Migrate(ctx, Part); err != nil {
		return nil, fmt.Errorf("record of what was spent: %w", err)
	}
	s := &Store{db: db, most: o.MostBodies, clock: clock{own: o.Clock}}
	if s.most == 0 {
		s.most = DefaultMostBodies
	}
	if s.clock.own == nil {
		s.clock.own = time.Now
	}
	return s, nil
}

// Bounds of one update. It takes two round trips, and a machine that stops between
// them, with the account locked, keeps the others from asking no longer than that.
const (
	holdWithin   = 5 * time.Second
	updateWithin = 20 * time.Second
)

// opening locks the account and reads it: a lock on its name, since a new one has
// no row to lock, and since a lock on a row would be written to the disk.
var opening = [...]string{
	"BEGIN",
	fmt.Sprintf("SET LOCAL idle_in_transaction_session_timeout = %d", holdWithin.Milliseconds()),
	`SELECT pg_advisory_xact_lock(hashtextextended('clew account ' || $1, 0))`,
	`SELECT clock_timestamp(), (SELECT data FROM clew.spending WHERE account = $1)`,
}

// Update implements [fetch.State].
func (s *Store) Update(ctx context.Context, account string, change func(*fetch.Account, time.Duration) error) error {
	within, cancel := context.WithTimeout(ctx, updateWithin)
	defer cancel()
	conn, err := s.db.Acquire(within)
	if err != nil {
		return s.explained(ctx, err)
	}
	defer conn.Release() // which closes a connection that is left within a transaction
	a, skew, err := s.opened(within, conn, account)
	if err != nil {
		return s.explained(ctx, err)
	}
	if err := change(&a, skew); err != nil {
		return errors.Join(err, s.end(within, conn, "ROLLBACK"))
	}
	text, err := json.Marshal(a)
	if err != nil {
		return errors.Join(fmt.Errorf("account of %s: %w", account, err), s.end(within, conn, "ROLLBACK"))
	}
	var closing pgx.Batch
	closing.Queue(`INSERT INTO clew.spending (account, data) VALUES ($1, $2) ON CONFLICT (account) DO UPDATE SET data = excluded.data`, account, string(text))
	closing.Queue("COMMIT")
	return s.explained(ctx, conn.SendBatch(within, &closing).Close())
}

func (s *Store) opened(ctx context.Context, conn *pgxpool.Conn, account string) (a fetch.Account, skew time.Duration, err error) {
	var batch pgx.Batch
	batch.Queue(opening[0])
	batch.Queue(opening[1])
	batch.Queue(opening[2], account)
	var now time.Time
	var text *string
	batch.Queue(opening[3], account).QueryRow(func(row pgx.Row) error { return row.Scan(&now, &text) })
	if err := conn.SendBatch(ctx, &batch).Close(); err != nil {
		return a, 0, err
	}
	// The database read its clock before this machine reads its own: what is counted
	// by the sum is never later than it was.
	skew = s.clock.learn(now)
	if text != nil {
		if err := json.Unmarshal([]byte(*text), &a); err != nil {
			return a, 0, damaged(account, err)
		}
	}
	return a, skew, nil
}

func (s *Store) end(ctx context.Context, conn *pgxpool.Conn, how string) error {
	_, err := conn.Exec(ctx, how)
	return s.explained(ctx, err)
}

func damaged(what string, err error) error {
	return fmt.Errorf("%w: %s is not as it was written (%w); remove it from the table clew.spending to begin with nothing counted, the provider's replies then say what is left", ErrDamaged, what, err)
}

// Accounts implements [fetch.State].
func (s *Store) Accounts(ctx context.Context) (map[string]fetch.Account, error) {
	rows, err := s.db.Query(ctx, `SELECT account, data FROM clew.spending`)
	if err != nil {
		return nil, s.explained(ctx, err)
	}
	all := map[string]fetch.Account{}
	var name, text string
	_, err = pgx.ForEachRow(rows, []any{&name, &text}, func() error {
		var a fetch.Account
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			return damaged(name, err)
		}
		all[name] = a
		return nil
	})
	return all, s.explained(ctx, err)
}

// explained says of an error of the database what it means. A server that is
// silent for too long is one that cannot be reached.
func (s *Store) explained(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return &database.Error{Kind: database.ErrUnreachable, At: s.db.String(), Todo: "it is silent: look what ails it or the way there; what was acknowledged is safe", Err: err}
	}
	return s.db.Explain(err)
}
