// Package sqlite is the case record alone on one machine: one SQLite file, with
// the raw answers in a folder beside it. Several processes may use it at once.
//
// The file is in WAL mode with synchronous=FULL: an acknowledged event is on
// disk before Append returns. WAL needs a local disk; network file systems do
// not keep its promises.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"clew/internal/casefile"
)

// Names inside the folder given to Open.
const (
	FileName = "cases.db"
	blobName = "blobs"
)

// DefaultWait is how long an operation waits for another process's.
const DefaultWait = 10 * time.Second

// connections of a store, at most, kept open. A thousand requests at once would open
// a thousand, and SQLite keeps the files of those that were closed while any other
// of the process holds a lock (https://sqlite.org/src/file/src/os_unix.c, "pending close").
const connections = 8

// Options of a store. The zero value is the default.
type Options struct {
	Wait time.Duration // for another process's write, DefaultWait when zero
}

// A Store is a case record on SQLite.
type Store struct {
	path  string
	db    *sql.DB
	blobs casefile.BlobDir
	// append lets the writers of this process queue instead of racing for the
	// file lock, whose waiters sleep and are served in no order.
	append sync.Mutex
}

var _ casefile.Store = (*Store)(nil)

// Open opens the record in folder, making both when they are not there.
func Open(folder string) (*Store, error) {
	return OpenWith(context.Background(), folder, Options{})
}

// OpenWith is Open with options. It waits for other processes as long as ctx
// and the options allow.
func OpenWith(ctx context.Context, folder string, options Options) (*Store, error) {
	if options.Wait == 0 {
		options.Wait = DefaultWait
	}
	s := &Store{
		path:  filepath.Join(folder, FileName),
		blobs: casefile.NewBlobDir(filepath.Join(folder, blobName)),
	}
	if err := s.makeFile(folder); err != nil {
		return nil, err
	}
	if err := s.identify(ctx, options.Wait); err != nil {
		return nil, err
	}
	var err error
	if s.db, err = sql.Open("sqlite", dataSource(s.path, options.Wait, pragmas...)); err != nil {
		return nil, fmt.Errorf("%s: %w", s.path, err)
	}
	s.db.SetMaxOpenConns(connections)
	s.db.SetMaxIdleConns(connections)
	if err := s.prepare(ctx, options.Wait); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

// prepare brings the schema up to date. Turning on WAL does not wait its turn as
// statements do: while another process makes the same new file it fails at once,
// so it is tried again until the time is up.
func (s *Store) prepare(ctx context.Context, wait time.Duration) error {
	const pause = 10 * time.Millisecond
	for ; ; wait -= pause {
		err := s.explained(migrate(ctx, s.db))
		if !errors.Is(err, casefile.ErrLocked) || wait <= 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// makeFile makes the folder and an empty database file. Only the user reads
// them: a case says what an organisation is looking into.
func (s *Store) makeFile(folder string) error {
	err := os.MkdirAll(folder, 0o700)
	if err == nil {
		var file *os.File
		if file, err = os.OpenFile(s.path, os.O_CREATE|os.O_RDWR, 0o600); err == nil {
			err = file.Close()
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %s: allow writing there, or choose another folder with --data (%w)", casefile.ErrReadOnly, s.path, err)
	}
	return nil
}

// identify looks at the file before anything is changed in it, the journal mode
// included: it may be another program's.
func (s *Store) identify(ctx context.Context, wait time.Duration) error {
	db, err := sql.Open("sqlite", dataSource(s.path, wait))
	if err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	_, _, err = owner(ctx, db)
	return s.explained(errors.Join(err, db.Close()))
}

// pragmas of a connection that writes. WAL lets readers go on while one writes;
// FULL and fullfsync put a commit on disk before it is acknowledged; the rest
// distrusts a file that somebody else may have prepared.
var pragmas = []string{
	"journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", "trusted_schema(0)", "cell_size_check(1)",
}

func dataSource(path string, wait time.Duration, pragmas ...string) string {
	busy := fmt.Sprintf("busy_timeout(%d)", wait.Milliseconds()) // first: the others may have to wait
	q := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{busy}, pragmas...)}
	// "file:" with an escaped path, so that no character of it ends the name.
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + q.Encode()
}

// Close lets go of the file.
func (s *Store) Close() error { return s.explained(s.db.Close()) }

// PutBlob keeps a raw answer.
func (s *Store) PutBlob(ctx context.Context, content []byte) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return s.blobs.Put(content)
}

// GetBlob returns a raw answer.
func (s *Store) GetBlob(ctx context.Context, digest string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.blobs.Get(digest)
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
	s.append.Lock()
	defer s.append.Unlock()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, s.explained(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after Commit
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
	events, err := casefile.Seal(id, head, entries)
	if err != nil {
		return nil, err
	}
	if err := insert(ctx, tx, events, head.Next(events)); err != nil {
		return nil, s.explained(err)
	}
	if err := tx.Commit(); err != nil {
		return nil, s.explained(err)
	}
	return events, nil
}

func insert(ctx context.Context, tx *sql.Tx, events []casefile.Event, head casefile.Head) error {
	add, err := tx.PrepareContext(ctx, `INSERT INTO events (case_id, seq, time, type, actor, data, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer add.Close() //nolint:errcheck // Commit says what matters
	for _, e := range events {
		if _, err := add.ExecContext(ctx, e.Case, int64(e.Seq), e.Time, string(e.Type), e.Actor, string(e.Data), e.Prev, e.Hash); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO cases (id, seq, hash, opened, changed) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, changed = excluded.changed`,
		head.Case, int64(head.Seq), head.Hash, head.Opened.Format(casefile.TimeLayout), head.Changed.Format(casefile.TimeLayout))
	return err
}

// Cases returns the head of every case, by ID.
func (s *Store) Cases(ctx context.Context) ([]casefile.Head, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id, seq, hash, opened, changed FROM cases ORDER BY id`)
	if err != nil {
		return nil, s.explained(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err says what matters
	var heads []casefile.Head
	for rows.Next() {
		head, err := casefile.ScanHead(rows)
		if err != nil {
			return nil, s.explained(err)
		}
		heads = append(heads, head)
	}
	return heads, s.explained(rows.Err())
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
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func headIn(ctx context.Context, q querier, id string) (casefile.Head, error) {
	head, err := casefile.ScanHead(q.QueryRowContext(ctx, `SELECT id, seq, hash, opened, changed FROM cases WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
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
	query := `SELECT seq, time, type, actor, data, prev, hash FROM events WHERE case_id = ? AND seq > ?`
	args := []any{id, int64(q.After)}
	if len(q.Types) > 0 {
		// Only place holders are joined to the query, never text.
		query += ` AND type IN (?` + strings.Repeat(`, ?`, len(q.Types)-1) + `)`
		for _, t := range q.Types {
			args = append(args, string(t))
		}
	}
	if q.Last {
		query += ` ORDER BY seq DESC LIMIT 1`
	} else {
		query += ` ORDER BY seq`
	}
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.explained(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err says what matters
	var events []casefile.Event
	for rows.Next() {
		e := casefile.Event{Case: id}
		var data string
		if err := rows.Scan(&e.Seq, &e.Time, &e.Type, &e.Actor, &data, &e.Prev, &e.Hash); err != nil {
			return nil, fmt.Errorf("%w: %s: a row of case %s: %w", casefile.ErrDamaged, s.path, id, err)
		}
		e.Data = []byte(data)
		events = append(events, e)
	}
	return events, s.explained(rows.Err())
}

// Snapshot writes the record as it is at one moment to a new file, while others go
// on writing to it. Raw answers are not in it: they are in the folder beside.
func (s *Store) Snapshot(ctx context.Context, file string) error {
	_, err := s.db.ExecContext(ctx, `VACUUM INTO ?`, file)
	return s.explained(err)
}
