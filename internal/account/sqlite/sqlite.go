// Package sqlite keeps accounts alone on one machine: one SQLite file in the data
// directory, which only its user may read. Several processes may use it at once.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"clew/internal/account/relational"
	"clew/internal/database/sqlitefile"
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

// connections bounds the open files: many ask at once, and one writes.
const connections = 8

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
	relational.FactorTables(""),
	relational.AuditRemovedTable("") + `
DROP TRIGGER audit_is_never_removed;
CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON audit
	WHEN OLD.id > coalesce((SELECT max(through) FROM audit_removed), 0)
	BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_kept_for_a_while BEFORE INSERT ON audit_removed
	WHEN EXISTS (SELECT 1 FROM audit WHERE id <= NEW.through AND at > (unixepoch() - 90 * 86400) * 1000)
	BEGIN SELECT RAISE(ABORT, 'the audit is kept for 90 days'); END;
CREATE TRIGGER audit_removed_is_never_changed BEFORE UPDATE ON audit_removed
	BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_removed_is_never_removed BEFORE DELETE ON audit_removed
	BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
`,
}

// Open opens the accounts of a data directory, making the file when it is not there.
func Open(ctx context.Context, dir string) (*relational.Store, error) {
	path := filepath.Join(dir, FileName)
	explain := func(err error) error { return explained(path, err) }
	db, err := sqlitefile.Open(ctx, sqlitefile.File{
		Path: path, ID: applicationID, Steps: migrations, Connections: connections,
		Foreign: ErrForeign, Newer: ErrNewer, Explain: explain,
	})
	if err != nil {
		return nil, err
	}
	return relational.New(db, relational.Dialect{Taken: taken, Explain: explain}), nil
}

// taken reports whether a statement met a name that is there already.
func taken(err error) bool {
	var sqlErr *sqlite.Error
	return errors.As(err, &sqlErr) && sqlErr.Code() == lib.SQLITE_CONSTRAINT_UNIQUE
}

// explained says what an error of the engine means for the file, and what to do.
func explained(path string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrForeign) || errors.Is(err, ErrNewer) {
		return err
	}
	advice := func(kind error, todo string) error { return fmt.Errorf("%w: %s: %s (%w)", kind, path, todo, err) }
	switch sqlitefile.Code(err) {
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
	if errors.Is(err, fs.ErrPermission) {
		return advice(ErrReadOnly, "allow writing there, or choose another folder with --data")
	}
	return fmt.Errorf("%s: %w", path, err)
}
