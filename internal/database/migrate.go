package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Schema holds everything of clew's; others in the same database are left alone.
const Schema = "clew"

// partOfCases had a table of versions to itself before there were other parts.
const partOfCases = "cases"

// Migrate brings the tables of one part of clew (cases, accounts, jobs...) from
// the version that is there to the newest, all or nothing. steps are the
// statements of each version, the first those of version 1: never change one that
// was released, append another. A newer version is [ErrNewer], a schema of that
// name that is not clew's [ErrForeign].
func (db *DB) Migrate(ctx context.Context, part string, steps ...string) error {
	err := pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error {
		version, err := db.version(ctx, tx, part)
		if err != nil {
			return err
		}
		if version > len(steps) {
			return &Error{Kind: ErrNewer, At: db.at, Todo: fmt.Sprintf("its %s have version %d, this clew reads up to %d: update clew", part, version, len(steps))}
		}
		for v, step := range steps[version:] {
			if _, err := tx.Exec(ctx, step); err != nil {
				return fmt.Errorf("version %d of %s: %w", version+v+1, part, err)
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO clew.parts (part, version) VALUES ($1, $2)
			ON CONFLICT (part) DO UPDATE SET version = excluded.version`, part, len(steps))
		return err
	})
	return db.Explain(err)
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
