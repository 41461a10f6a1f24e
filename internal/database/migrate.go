package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Schema holds everything of clew's; others in the same database are left alone.
const Schema = "clew"

// partOfCases had a table of versions to itself before there were other parts.
const partOfCases = "cases"

// A Part is the tables of one part of clew: cases, accounts, jobs...
type Part struct {
	Name string
	// Steps are the statements of each version, the first those of version 1: never
	// change one that was released, append another.
	Steps []string
	// Further brings along what has versions of its own, if anything.
	Further func(ctx context.Context, db *DB) error
	// Rights are what a user who only works needs of a table, by its name in the
	// schema, where that is less than [Working].
	Rights map[string]Rights
}

// Migrate brings the tables of one part from the version that is there to the
// newest, all or nothing, and changes nothing where they are of it. A newer version
// is [ErrNewer], an earlier one that this user may not change [ErrEarlier], a schema
// of that name that is not clew's [ErrForeign].
func (db *DB) Migrate(ctx context.Context, p Part) error {
	version, may, err := db.stands(ctx, p.Name)
	if err != nil {
		return db.Explain(err)
	}
	switch {
	case version > len(p.Steps):
		return db.newer(p, version)
	case version < len(p.Steps) && !may:
		return db.earlier(p, version, nil)
	case version < len(p.Steps):
		err = db.forward(ctx, p)
	}
	if err == nil && p.Further != nil {
		err = p.Further(ctx, db)
	}
	if code(err) == noPrivilege {
		return db.earlier(p, version, err)
	}
	return db.Explain(err)
}

func (db *DB) newer(p Part, version int) error {
	return &Error{Kind: ErrNewer, At: db.at, Todo: fmt.Sprintf("its %s have version %d, this clew reads up to %d: update clew", p.Name, version, len(p.Steps))}
}

func (db *DB) earlier(p Part, version int, err error) error {
	what := fmt.Sprintf("its %s have version %d, this clew needs %d", p.Name, version, len(p.Steps))
	switch version {
	case 0:
		what = fmt.Sprintf("it has no tables of %s yet", p.Name)
	case len(p.Steps): // it is what the part brings along that is behind
		what = fmt.Sprintf("what its %s stand on is of an earlier version", p.Name)
	}
	return &Error{Kind: ErrEarlier, At: db.at, Err: err, Todo: fmt.Sprintf(
		"%s, and %s may change no tables: run clew database migrate --grant-to %[2]s as the user who owns them; nothing was changed", what, db.user())}
}

// user is who works here.
func (db *DB) user() string { return db.Config().ConnConfig.User }

// code is that of an error of PostgreSQL's, "" for any other.
func code(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code
	}
	return ""
}

// stands looks at the version of a part's tables, 0 where it is not known without a
// closer look, and whether this user may make tables. It changes and locks nothing.
func (db *DB) stands(ctx context.Context, part string) (version int, may bool, err error) {
	var known bool
	err = db.QueryRow(ctx, `SELECT coalesce(has_schema_privilege(n.oid, 'CREATE'), has_database_privilege(current_database(), 'CREATE')),
		EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'parts')
		FROM (SELECT (SELECT oid FROM pg_namespace WHERE nspname = 'clew') AS oid) n`).Scan(&may, &known)
	if err != nil || !known {
		return 0, may, err
	}
	err = db.QueryRow(ctx, `SELECT version FROM clew.parts WHERE part = $1`, part).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, may, nil
	}
	return version, may, err
}

// forward brings a part's tables to the newest version.
func (db *DB) forward(ctx context.Context, p Part) error {
	return pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error {
		version, err := db.version(ctx, tx, p.Name)
		if err != nil {
			return err
		}
		if version > len(p.Steps) {
			return db.newer(p, version)
		}
		for v, step := range p.Steps[version:] {
			if _, err := tx.Exec(ctx, step); err != nil {
				return fmt.Errorf("version %d of %s: %w", version+v+1, p.Name, err)
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO clew.parts (part, version) VALUES ($1, $2)
			ON CONFLICT (part) DO UPDATE SET version = excluded.version`, p.Name, len(p.Steps))
		return err
	})
}

// version is that of a part's tables, 0 for none. It makes the schema where there
// is none. Servers of a team may start at once: one makes it, the rest wait.
func (db *DB) version(ctx context.Context, tx pgx.Tx, part string) (version int, err error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('clew schema', 0))`); err != nil {
		return 0, err
	}
	var schema, parts, before bool
	err = tx.QueryRow(ctx, `SELECT to_regnamespace('clew') IS NOT NULL, to_regclass('clew.parts') IS NOT NULL,
		to_regclass('clew.schema_version') IS NOT NULL`).Scan(&schema, &parts, &before)
	switch {
	case err != nil:
		return 0, err
	case schema && !parts && !before:
		return 0, &Error{Kind: ErrForeign, At: db.at, Todo: "its schema clew is another program's; choose another database"}
	case !schema:
		_, err = tx.Exec(ctx, `CREATE SCHEMA clew; CREATE TABLE clew.parts (part text PRIMARY KEY, version integer NOT NULL)`)
	case before:
		_, err = tx.Exec(ctx, `CREATE TABLE clew.parts (part text PRIMARY KEY, version integer NOT NULL);
			INSERT INTO clew.parts SELECT '`+partOfCases+`', max(version) FROM clew.schema_version HAVING max(version) IS NOT NULL;
			DROP TABLE clew.schema_version`)
	}
	if err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `SELECT version FROM clew.parts WHERE part = $1`, part).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return version, err
}
