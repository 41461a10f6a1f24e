// Package postgres is the case record of a team: one PostgreSQL database that
// several servers and workers share, raw answers included.
//
// A commit is on the server's disk before Append returns. Appenders to one case
// wait for each other, appenders to different cases do not.
package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"clew/internal/casefile"
	"clew/internal/database"
)

// A Store is a case record on PostgreSQL.
type Store struct {
	db  *database.DB
	own bool // db was opened for this store alone
}

var _ casefile.Store = (*Store)(nil)

// Open connects to the server that t names and brings its tables up to date.
func Open(ctx context.Context, t database.Target) (*Store, error) {
	db, err := database.Open(ctx, t)
	if err != nil {
		return nil, named(err)
	}
	s, err := In(ctx, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s.own = true
	return s, nil
}

// In is the record in a database that others use too, with its tables brought up
// to date. Closing the record leaves the database open.
func In(ctx context.Context, db *database.DB) (*Store, error) {
	if err := db.Migrate(ctx, Part); err != nil {
		return nil, named(err)
	}
	return &Store{db: db}, nil
}

// Close lets go of the server.
func (s *Store) Close() error {
	if s.own {
		return s.db.Close()
	}
	return nil
}

// Append seals entries behind the head of the case, in one transaction.
func (s *Store) Append(ctx context.Context, id string, entries ...casefile.Entry) ([]casefile.Event, error) {
	return s.add(ctx, id, nil, entries)
}

// AppendUnless implements [casefile.Store].
func (s *Store) AppendUnless(ctx context.Context, id string, news casefile.Query, entries ...casefile.Entry) ([]casefile.Event, error) {
	return s.add(ctx, id, &news, entries)
}

func (s *Store) add(ctx context.Context, id string, news *casefile.Query, entries []casefile.Entry) ([]casefile.Event, error) {
	var (
		events []casefile.Event
		next   casefile.Head
	)
	tx, err := s.db.Begin(ctx)
	if err != nil {
		return nil, s.explained(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // nothing to undo after Commit
	if err := lock(ctx, tx, id); err != nil {
		return nil, s.explained(err)
	}
	head, err := headIn(ctx, tx, id)
	if err != nil && !errors.Is(err, casefile.ErrNoCase) {
		return nil, s.explained(err)
	}
	if news != nil {
		if came, err := s.eventsIn(ctx, tx, id, *news); err != nil {
			return nil, err
		} else if len(came) > 0 {
			return nil, casefile.ErrMoved
		}
	}
	if events, err = casefile.Seal(id, head, entries); err != nil {
		return nil, err
	}
	next = head.Next(events)
	if err := insert(ctx, tx, events, next); err != nil {
		return nil, s.explained(err)
	}
	if err := tx.Commit(ctx); err != nil {
		if s.committed(ctx, next) {
			return events, nil
		}
		return nil, s.explained(err)
	}
	return events, nil
}

// lock makes appenders to one case queue, also for a case that is not there yet
// and has no row to lock.
func lock(ctx context.Context, tx pgx.Tx, id string) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('clew case ' || $1, 0))`, id)
	return err
}

// committed asks whether a commit whose answer was lost took effect: the head's
// hash covers all that was appended.
func (s *Store) committed(ctx context.Context, head casefile.Head) bool {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), database.ConnectWithin)
	defer cancel()
	events, err := s.Events(within, head.Case, casefile.Query{After: head.Seq - 1})
	return err == nil && len(events) > 0 && events[0].Hash == head.Hash
}

func insert(ctx context.Context, tx pgx.Tx, events []casefile.Event, head casefile.Head) error {
	columns := []string{"case_id", "seq", "time", "type", "actor", "data", "prev", "hash"}
	rows := pgx.CopyFromSlice(len(events), func(i int) ([]any, error) {
		e := events[i]
		return []any{e.Case, int64(e.Seq), e.Time, string(e.Type), e.Actor, string(e.Data), e.Prev, e.Hash}, nil
	})
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{database.Schema, "events"}, columns, rows); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO clew.cases (id, seq, hash, opened, changed) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, changed = excluded.changed`,
		head.Case, int64(head.Seq), head.Hash, head.Opened.Format(casefile.TimeLayout), head.Changed.Format(casefile.TimeLayout))
	return err
}

const selectHeads = `SELECT id, seq, hash, opened, changed FROM clew.cases`

// Cases returns the head of every case, by ID.
func (s *Store) Cases(ctx context.Context) ([]casefile.Head, error) {
	rows, err := s.db.Query(ctx, selectHeads+` ORDER BY id COLLATE "C"`)
	if err != nil {
		return nil, s.explained(err)
	}
	heads, err := pgx.AppendRows([]casefile.Head(nil), rows, func(row pgx.CollectableRow) (casefile.Head, error) { return casefile.ScanHead(row) })
	return heads, s.explained(err)
}

// Head returns the head of one case.
func (s *Store) Head(ctx context.Context, id string) (casefile.Head, error) {
	head, err := headIn(ctx, s.db, id)
	if errors.Is(err, casefile.ErrNoCase) {
		return head, err
	}
	return head, s.explained(err)
}

type querier interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

func headIn(ctx context.Context, q querier, id string) (casefile.Head, error) {
	head, err := casefile.ScanHead(q.QueryRow(ctx, selectHeads+` WHERE id = $1`, storable(id)))
	if errors.Is(err, pgx.ErrNoRows) {
		return casefile.Head{}, fmt.Errorf("%w: %s", casefile.ErrNoCase, id)
	}
	return head, err
}

// Events returns the events of a case in the order of seq.
func (s *Store) Events(ctx context.Context, id string, q casefile.Query) ([]casefile.Event, error) {
	if _, err := s.Head(ctx, id); err != nil {
		return nil, err
	}
	return s.eventsIn(ctx, s.db, id, q)
}

func (s *Store) eventsIn(ctx context.Context, db querier, id string, q casefile.Query) ([]casefile.Event, error) {
	query := `SELECT seq, time, type, actor, data, prev, hash FROM clew.events WHERE case_id = $1 AND seq > $2`
	args := []any{id, int64(q.After)}
	if len(q.Types) > 0 {
		types := make([]string, len(q.Types))
		for i, t := range q.Types {
			types[i] = string(t)
		}
		query += ` AND type = ANY($3)`
		args = append(args, types)
	}
	if q.Last {
		query += ` ORDER BY seq DESC LIMIT 1`
	} else {
		query += ` ORDER BY seq`
	}
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return nil, s.explained(err)
	}
	events, err := pgx.AppendRows([]casefile.Event(nil), rows, func(row pgx.CollectableRow) (casefile.Event, error) {
		e := casefile.Event{Case: id}
		var (
			seq  int64
			data string
		)
		err := row.Scan(&seq, &e.Time, &e.Type, &e.Actor, &data, &e.Prev, &e.Hash)
		e.Seq, e.Data = uint64(max(seq, 0)), []byte(data)
		return e, err
	})
	return events, s.explained(err)
}

// PutBlob keeps a raw answer, compressed.
func (s *Store) PutBlob(ctx context.Context, content []byte) (string, error) {
	digest, packed, err := casefile.PackBlob(content)
	if err != nil {
		return "", err
	}
	if _, err := s.GetBlob(ctx, digest); err == nil {
		return digest, nil
	}
	// One that is there and does not hold its content is replaced.
	_, err = s.db.Exec(ctx, `INSERT INTO clew.blobs (digest, content) VALUES ($1, $2)
		ON CONFLICT (digest) DO UPDATE SET content = excluded.content`, digest, packed)
	return digest, s.explained(err)
}

// GetBlob returns a raw answer.
func (s *Store) GetBlob(ctx context.Context, digest string) ([]byte, error) {
	if !casefile.ValidDigest(digest) {
		return nil, fmt.Errorf("%w: %q is no digest", casefile.ErrNoBlob, digest)
	}
	var packed []byte
	err := s.db.QueryRow(ctx, `SELECT content FROM clew.blobs WHERE digest = $1`, digest).Scan(&packed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("%w: %s in %s", casefile.ErrNoBlob, digest, s.db)
	}
	if err != nil {
		return nil, s.explained(err)
	}
	return casefile.UnpackBlob(digest, packed)
}
