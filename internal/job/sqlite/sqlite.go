// Package sqlite keeps the jobs of one data directory in a file. Several processes
// on the machine may use it at once.
//
// The file is in WAL mode, which needs a local disk. What was acknowledged outlives
// the process that is killed; when the power fails, how the last jobs stood may be
// lost, and they are done again.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	lib "modernc.org/sqlite/lib"

	"clew/internal/database/sqlitefile"
	"clew/internal/job"
	"clew/internal/job/dispatch"
)

// FileName is what Open makes in its folder.
const FileName = "jobs.db"

// Errors that callers tell apart. Each comes with the file and what to do.
var (
	ErrDamaged = errors.New("record of jobs is damaged")
	ErrForeign = errors.New("file is not clew's record of jobs")
	ErrNewer   = errors.New("record of jobs was written by a newer clew")
	ErrLocked  = errors.New("record of jobs is in use by another process")
)

// applicationID is in the header of the file, "clwj" in ASCII.
const applicationID = 0x636c776a

// steps bring the tables forward, one version each. Never change one that was
// released: append another. River's own tables have versions of their own.
var steps = []string{
	`
CREATE TABLE jobs (
	n          INTEGER PRIMARY KEY AUTOINCREMENT,
	id         TEXT NOT NULL UNIQUE,
	kind       TEXT NOT NULL,
	case_id    TEXT NOT NULL,
	queue      TEXT NOT NULL,
	state      TEXT NOT NULL,
	actor      TEXT NOT NULL,
	work       TEXT NOT NULL,
	doc        TEXT NOT NULL,
	worker     TEXT NOT NULL DEFAULT '',
	attempt    INTEGER NOT NULL DEFAULT 0,
	deaths     INTEGER NOT NULL DEFAULT 0,
	tries      INTEGER NOT NULL DEFAULT 0,
	cancelling INTEGER NOT NULL DEFAULT 0,
	lined      INTEGER NOT NULL DEFAULT 0,
	error      TEXT NOT NULL DEFAULT '',
	version    INTEGER NOT NULL DEFAULT 0,
	created    INTEGER NOT NULL,
	started    INTEGER NOT NULL DEFAULT 0,
	ended      INTEGER NOT NULL DEFAULT 0,
	lease      INTEGER NOT NULL DEFAULT 0,
	ticket     INTEGER NOT NULL DEFAULT 0,
	dispatched INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state);
CREATE INDEX jobs_by_case ON jobs (case_id);
CREATE TABLE job_lines (
	n    INTEGER PRIMARY KEY AUTOINCREMENT,
	job  TEXT NOT NULL,
	data TEXT NOT NULL
) STRICT;
CREATE INDEX job_lines_by_job ON job_lines (job, n);
CREATE TABLE job_workers (
	name   TEXT PRIMARY KEY,
	queues TEXT NOT NULL,
	slots  INTEGER NOT NULL,
	seen   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
}

type backend struct {
	path                     string
	db                       *sql.DB
	*dispatch.River[*sql.Tx] // listens
}

var _ job.Backend = (*backend)(nil)

// Open opens the file in folder, making both when they are not there.
func Open(ctx context.Context, folder string) (*job.Store, error) {
	b := &backend{path: filepath.Join(folder, FileName)}
	var err error
	b.db, err = sqlitefile.Open(ctx, sqlitefile.File{
		Path: b.path, ID: applicationID, Steps: steps,
		Connections: 1, // River's driver asks for it: its services would race for the file
		Foreign:     ErrForeign, Newer: ErrNewer, Explain: b.Explain,
	})
	if err != nil {
		return nil, err
	}
	// River's migration does not wait its turn either, and fails in more than one way
	// while another process runs it.
	err = sqlitefile.Try(ctx, func() error { return b.Explain(dispatch.Migrate(ctx, riversqlite.New(b.db), "")) },
		func(err error) bool { return !errors.Is(err, ErrDamaged) && !errors.Is(err, dispatch.ErrNewer) })
	if err == nil {
		b.River, err = dispatch.Open(riversqlite.New(b.db), "")
	}
	if err != nil {
		return nil, errors.Join(err, b.db.Close())
	}
	return job.NewStore(b), nil
}

// Close implements [job.Backend].
func (b *backend) Close() error { return b.Explain(b.db.Close()) }

// Names implements [job.Backend].
func (b *backend) Names() *strings.Replacer {
	return strings.NewReplacer("{jobs}", "jobs", "{lines}", "job_lines", "{workers}", "job_workers", "{now}", "CAST(unixepoch('subsec') * 1000 AS INTEGER)")
}

// Tx implements [job.Backend]. Every transaction is exclusive: SQLite has one writer.
func (b *backend) Tx(ctx context.Context, _ bool, do func(job.Tx) error) error {
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after Commit
	if err := do(transaction{b.In(tx), tx}); err != nil {
		return err
	}
	return tx.Commit()
}

// Explain implements [job.Backend].
func (b *backend) Explain(err error) error {
	switch sqlitefile.Code(err) {
	case 0:
		return err
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return job.Later{Err: fmt.Errorf("%w: %s (%w)", ErrLocked, b.path, err)}
	case lib.SQLITE_FULL:
		return job.Later{Err: fmt.Errorf("%s: the disk is full: make room (%w)", b.path, err)}
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return fmt.Errorf("%w: %s: move it away: cases keep what was found, jobs that waited are lost (%w)", ErrDamaged, b.path, err)
	}
	return fmt.Errorf("%s: %w", b.path, err)
}

type transaction struct {
	dispatch.Calls[*sql.Tx]
	tx *sql.Tx
}

// Exec implements [job.Tx].
func (t transaction) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	done, err := t.tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// Each implements [job.Tx].
func (t transaction) Each(ctx context.Context, query string, args []any, row func(func(...any) error) error) error {
	rows, err := t.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err says what matters
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
