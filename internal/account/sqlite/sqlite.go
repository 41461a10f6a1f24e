// Package sqlite keeps accounts alone on one machine: one SQLite file in the data
// directory, which only its user may read. Several processes may use it at once.
package sqlite

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

	"clew/internal/account/relational"
)

// FileName is what Open makes in the data directory.
const FileName = "accounts.db"

// Errors that callers tell apart. Each comes with the file and what to do.
var (
	ErrDamaged  = errors.New("accounts are damaged")
	ErrForeign  = errors.New("file does not hold clew's accounts")
	ErrLocked   = errors.New("accounts are in use by another process")
	ErrNewer    = errors.New("accounts were written by a newer clew")
	ErrReadOnly = errors.New("accounts cannot be written")
	ErrFull     = errors.New("disk is full")
)

// applicationID is in the header of the file, "clwa" in ASCII.
const applicationID = 0x636c7761

// wait is how long an operation waits for another process's.
const wait = 10 * time.Second

// migrations bring the tables forward, one version each. Never change one that was
// released: append another. The triggers guard the audit against accidents; who may
// write the file can do anything.
var migrations = []string{
	relational.Tables("", "INTEGER PRIMARY KEY AUTOINCREMENT") + `
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
	BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON audit
	BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
`,
}

// Open opens the accounts of a data directory, making the file when it is not there.
func Open(ctx context.Context, dir string) (*relational.Store, error) {
	path := filepath.Join(dir, FileName)
	if err := makeFile(dir, path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dataSource(path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	explain := func(err error) error { return explained(path, err) }
	if err := prepare(ctx, db, explain); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return relational.New(db, relational.Dialect{Taken: taken, Explain: explain}), nil
}

func makeFile(dir, path string) error {
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		var file *os.File
		if file, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600); err == nil {
			err = file.Close()
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %s: allow writing there, or choose another folder with --data (%w)", ErrReadOnly, path, err)
	}
	return nil
}

// dataSource names the file for the driver. A session that was ended stays ended
// when the power fails: FULL.
func dataSource(path string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", wait.Milliseconds()), "journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", "trusted_schema(0)", "cell_size_check(1)",
	}}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

// prepare brings the tables up to date. Turning on WAL does not wait its turn as
// statements do, so it is tried again until the time is up.
func prepare(ctx context.Context, db *sql.DB, explain func(error) error) error {
	const pause = 10 * time.Millisecond
	for left := wait; ; left -= pause {
		err := explain(migrate(ctx, db))
		if !errors.Is(err, ErrLocked) || left <= 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func migrate(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil) // immediate: see dataSource
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after Commit
	var id, version, tables int
	err = tx.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
		(SELECT count(*) FROM sqlite_schema)`).Scan(&id, &version, &tables)
	if err != nil {
		return err
	}
	switch {
	case id != applicationID && (id != 0 || tables > 0):
		return fmt.Errorf("%w: move it away, or choose another folder with --data", ErrForeign)
	case version > len(migrations):
		return fmt.Errorf("%w: version %d, this one reads up to %d: update clew", ErrNewer, version, len(migrations))
	case version == len(migrations):
		return nil
	}
	for v, step := range migrations[version:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("version %d: %w", version+v+1, err)
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = %d`, applicationID, len(migrations))); err != nil {
		return err
	}
	return tx.Commit()
}

// taken reports whether a statement met a name that is there already.
func taken(err error) bool {
	var sqlErr *sqlite.Error
	return errors.As(err, &sqlErr) && sqlErr.Code() == lib.SQLITE_CONSTRAINT_UNIQUE
}

// explained says what an error of the engine means for the file, and what to do.
func explained(path string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var sqlErr *sqlite.Error
	if !errors.As(err, &sqlErr) {
		return fmt.Errorf("%s: %w", path, err)
	}
	advice := func(kind error, todo string) error { return fmt.Errorf("%w: %s: %s (%w)", kind, path, todo, err) }
	switch sqlErr.Code() & 0xff { // the low byte is the primary code, the rest says where
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return advice(ErrLocked, "another clew has been writing to them for too long; wait for it or end it, then try again")
	case lib.SQLITE_FULL:
		return advice(ErrFull, "make room and run it again; nothing kept so far is lost")
	case lib.SQLITE_CORRUPT, lib.SQLITE_FORMAT, lib.SQLITE_ERROR, lib.SQLITE_IOERR: // no statement of ours is wrong, so the tables are
		return advice(ErrDamaged, "restore the file from a backup")
	case lib.SQLITE_NOTADB:
		return advice(ErrForeign, "move it away, or choose another folder with --data")
	case lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_CANTOPEN:
		return advice(ErrReadOnly, "allow writing to the file and its folder, or choose another folder with --data")
	}
	return fmt.Errorf("%s: %w", path, err)
}
