// Package sqlitefile opens the SQLite files of a data directory that several
// processes may use at once: makes them, for their user alone, knows them by their
// application ID, and brings their tables forward. What lies in a file, and what an
// error of it means, is the business of the store that opens it.
//
// A file is in WAL mode, which needs a local disk. A commit is on the disk before it
// is acknowledged (synchronous=FULL), so it is there when the power fails.
package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// wait is how long an operation waits for another process's.
const wait = 10 * time.Second

// pause is between two tries of what does not wait by itself.
const pause = 10 * time.Millisecond

// A File is one of a data directory, and what it is to hold.
type File struct {
	Path string
	ID   int // application ID, in the header of the file (sqlite.org/fileformat2.html, section 1.3.17)
	// Steps are the statements of each version, the first those of version 1. Never
	// change one that was released: append another.
	Steps       []string
	Connections int // at most, and kept

	Foreign, Newer error             // what a file of somebody else's, or of a later version, is called
	Explain        func(error) error // what an error of the engine means
}

// Open opens a file, making it and its folder when they are not there, and brings its
// tables up to date, all or nothing. One that is somebody else's is not changed.
func Open(ctx context.Context, f File) (*sql.DB, error) {
	if err := f.makeFile(); err != nil {
		return nil, f.Explain(err)
	}
	// Turning on WAL does not wait its turn as statements do: while another process
	// makes the same new file, looking at it and changing it fail at once.
	if err := Try(ctx, func() error { return f.identify(ctx) }, Busy); err != nil {
		return nil, f.Explain(err)
	}
	db, err := sql.Open("sqlite", dataSource(f.Path, "journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", "trusted_schema(0)", "cell_size_check(1)"))
	if err != nil {
		return nil, f.Explain(err)
	}
	db.SetMaxOpenConns(f.Connections)
	db.SetMaxIdleConns(f.Connections)
	if err := Try(ctx, func() error { return f.migrate(ctx, db) }, Busy); err != nil {
		return nil, errors.Join(f.Explain(err), db.Close())
	}
	return db, nil
}

// Try does something until it succeeds, fails in a way that is not to be tried again,
// or the time is up that an operation waits for other processes.
func Try(ctx context.Context, do func() error, again func(error) bool) error {
	for left := wait; ; left -= pause {
		err := do()
		if err == nil || left <= 0 || !again(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// Busy reports whether an error says that another process has the file.
func Busy(err error) bool {
	code := Code(err)
	return code == lib.SQLITE_BUSY || code == lib.SQLITE_LOCKED
}

// Code is the primary result code of the engine's error (sqlite.org/rescode.html), 0
// where err is none of its.
func Code(err error) int {
	if engine, ok := errors.AsType[*sqlite.Error](err); ok {
		return engine.Code() & 0xff // the rest says where
	}
	return 0
}

// Snapshot writes the file at path as it is at one moment to a new one, while others
// go on writing to it.
func Snapshot(ctx context.Context, path, to string) error {
	db, err := sql.Open("sqlite", dataSource(path))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `VACUUM INTO ?`, to)
	return errors.Join(err, db.Close())
}

func (f File) makeFile() error {
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(f.Path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// dataSource names a file for the driver. Transactions are immediate: what they read
// nobody else changes.
func dataSource(path string, pragmas ...string) string {
	busy := fmt.Sprintf("busy_timeout(%d)", wait.Milliseconds()) // first: the others may have to wait
	q := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{busy}, pragmas...)}
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + q.Encode()
}

// identify looks at the file before anything is changed in it, the journal mode
// included: it may be another program's.
func (f File) identify(ctx context.Context) error {
	db, err := sql.Open("sqlite", dataSource(f.Path))
	if err != nil {
		return err
	}
	_, err = f.version(ctx, db)
	return errors.Join(err, db.Close())
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// version is that of the tables, 0 for a new file.
func (f File) version(ctx context.Context, q querier) (version int, err error) {
	var id, objects int
	const look = `SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`
	if err := q.QueryRowContext(ctx, look).Scan(&id, &version, &objects); err != nil {
		return 0, err
	}
	switch {
	case id != f.ID && (id != 0 || objects > 0):
		return 0, fmt.Errorf("%w: %s: move it away, or choose another folder with --data", f.Foreign, f.Path)
	case version > len(f.Steps):
		return 0, fmt.Errorf("%w: %s has version %d, this clew reads up to %d: update clew", f.Newer, f.Path, version, len(f.Steps))
	}
	return version, nil
}

func (f File) migrate(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after Commit
	version, err := f.version(ctx, tx)
	if err != nil || version == len(f.Steps) {
		return err
	}
	for v, step := range f.Steps[version:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("version %d: %w", version+v+1, err)
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", f.ID, len(f.Steps))); err != nil {
		return err
	}
	return tx.Commit()
}
