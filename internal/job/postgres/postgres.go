// Package postgres keeps the jobs of a team: servers and workers on many machines
// share one PostgreSQL database.
package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"clew/internal/database"
	"clew/internal/job"
	"clew/internal/job/dispatch"
)

// Part is the tables of jobs among others of the database, and those of the queue.
var Part = database.Part{Name: "jobs", Steps: steps, Further: migrateQueue, Rights: map[string]database.Rights{
	"river_migration": database.OnlyLooked,
}}

// steps bring the tables forward, one version each. Never change one that was
// released: append another. River's own tables have versions of their own.
var steps = []string{
	`
CREATE TABLE clew.jobs (
	n          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	id         text NOT NULL UNIQUE,
	kind       text NOT NULL,
	case_id    text NOT NULL,
	queue      text NOT NULL,
	state      text NOT NULL,
	actor      text NOT NULL,
	work       text NOT NULL,
	doc        text NOT NULL,
	worker     text NOT NULL DEFAULT '',
	attempt    integer NOT NULL DEFAULT 0,
	deaths     integer NOT NULL DEFAULT 0,
	tries      integer NOT NULL DEFAULT 0,
	cancelling integer NOT NULL DEFAULT 0,
	lined      integer NOT NULL DEFAULT 0,
	error      text NOT NULL DEFAULT '',
	version    bigint NOT NULL DEFAULT 0,
	created    bigint NOT NULL,
	started    bigint NOT NULL DEFAULT 0,
	ended      bigint NOT NULL DEFAULT 0,
	lease      bigint NOT NULL DEFAULT 0,
	ticket     bigint NOT NULL DEFAULT 0,
	dispatched bigint NOT NULL DEFAULT 0
);
CREATE INDEX jobs_by_state ON clew.jobs (state);
CREATE INDEX jobs_by_case ON clew.jobs (case_id);
CREATE TABLE clew.job_lines (
	n    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	job  text NOT NULL,
	data text NOT NULL
);
CREATE INDEX job_lines_by_job ON clew.job_lines (job, n);
CREATE TABLE clew.job_workers (
	name   text PRIMARY KEY,
	queues text NOT NULL,
	slots  integer NOT NULL,
	seen   bigint NOT NULL
);
`,
}

type backend struct {
	db                      *database.DB
	*dispatch.River[pgx.Tx] // listens
}

var _ job.Backend = (*backend)(nil)

// Open readies the tables of a database. The store borrows its connections:
// whoever opened it closes it, after the store.
func Open(ctx context.Context, db *database.DB) (*job.Store, error) {
	if err := db.Migrate(ctx, Part); err != nil {
		return nil, err
	}
	river, err := dispatch.Open(riverpgxv5.New(db.Pool), database.Schema)
	if err != nil {
		return nil, err
	}
	return job.NewStore(&backend{db, river}), nil
}

// migrateQueue brings River's tables forward. Servers of a team may start at once:
// one does it, the rest wait.
func migrateQueue(ctx context.Context, db *database.DB) error {
	return pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('clew queue', 0))`); err != nil {
			return err
		}
		return dispatch.Migrate(ctx, riverpgxv5.New(db.Pool), database.Schema)
	})
}

// Close implements [job.Backend].
func (b *backend) Close() error { return nil }

// Names implements [job.Backend].
func (b *backend) Names() *strings.Replacer {
	return strings.NewReplacer("{jobs}", "clew.jobs", "{lines}", "clew.job_lines", "{workers}", "clew.job_workers", "{now}", "(extract(epoch FROM clock_timestamp()) * 1000)::bigint")
}

// Tx implements [job.Backend].
func (b *backend) Tx(ctx context.Context, exclusive bool, do func(job.Tx) error) error {
	tx, err := b.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // nothing to undo after Commit
	if exclusive {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('clew jobs', 0))`); err != nil {
			return err
		}
	}
	if err := do(transaction{b.In(tx), tx}); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// begin begins a transaction. After the server was started anew each connection of
// the pool is found broken once: nothing was done on it, so another is tried.
func (b *backend) begin(ctx context.Context) (tx pgx.Tx, err error) {
	for range b.db.Config().MaxConns + 1 {
		tx, err = b.db.Begin(ctx)
		var connect *pgconn.ConnectError
		if err == nil || ctx.Err() != nil || errors.As(err, &connect) {
			return tx, err
		}
	}
	return nil, err
}

// Explain implements [job.Backend].
func (b *backend) Explain(err error) error {
	err = b.db.Explain(err)
	for _, passing := range []error{database.ErrUnreachable, database.ErrLocked, database.ErrFull} {
		var later job.Later
		if errors.Is(err, passing) && !errors.As(err, &later) {
			return job.Later{Err: err}
		}
	}
	return err
}

type transaction struct {
	dispatch.Calls[pgx.Tx]
	tx pgx.Tx
}

// Exec implements [job.Tx].
func (t transaction) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	tag, err := t.tx.Exec(ctx, statement, args...)
	return tag.RowsAffected(), err
}

// Each implements [job.Tx].
func (t transaction) Each(ctx context.Context, query string, args []any, row func(func(...any) error) error) error {
	rows, err := t.tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
