package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"clew/internal/casefile"
)

// schemaName is the schema that holds everything of clew's; others in the same
// database are left alone.
const schemaName = "clew"

// migrations bring the schema forward, one version each. Never change one that
// was released: append another.
//
// data is text and not jsonb: the hash covers its bytes. The triggers guard
// against accidents, the chain against intent.
var migrations = [...]string{
	1: `
CREATE TABLE clew.cases (
	id      text PRIMARY KEY,
	seq     bigint NOT NULL,
	hash    text NOT NULL,
	opened  text NOT NULL,
	changed text NOT NULL
);
CREATE TABLE clew.events (
	case_id text NOT NULL,
	seq     bigint NOT NULL,
	time    text NOT NULL,
	type    text NOT NULL,
	actor   text NOT NULL,
	data    text NOT NULL,
	prev    text NOT NULL,
	hash    text NOT NULL,
	PRIMARY KEY (case_id, seq)
);
CREATE INDEX events_by_type ON clew.events (case_id, type, seq);
CREATE TABLE clew.blobs (
	digest  text PRIMARY KEY,
	content bytea NOT NULL -- zstd
);
ALTER TABLE clew.blobs ALTER COLUMN content SET STORAGE EXTERNAL; -- it is compressed already
CREATE FUNCTION clew.append_only() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN RAISE EXCEPTION 'case events are append-only'; END $$;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE ON clew.events
	FOR EACH ROW EXECUTE FUNCTION clew.append_only();
CREATE TRIGGER events_are_never_truncated BEFORE TRUNCATE ON clew.events
	FOR EACH STATEMENT EXECUTE FUNCTION clew.append_only();
`,
}

const newest = len(migrations) - 1

// migrate brings an empty or older schema to the newest, all or nothing.
func migrate(ctx context.Context, tx pgx.Tx) error {
	// Servers of a team may start at once: one makes the tables, the rest wait.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('clew schema', 0))`); err != nil {
		return err
	}
	version, err := schemaVersion(ctx, tx)
	if err != nil {
		return err
	}
	if version > newest {
		return fmt.Errorf("%w: schema %d, this one reads up to %d: update clew", casefile.ErrNewer, version, newest)
	}
	for v := version + 1; v <= newest; v++ {
		if _, err := tx.Exec(ctx, migrations[v]); err != nil {
			return fmt.Errorf("schema %d: %w", v, err)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO clew.schema_version (version) VALUES ($1)`, v); err != nil {
			return fmt.Errorf("schema %d: %w", v, err)
		}
	}
	return nil
}

// schemaVersion makes the schema and returns 0 where there is none, or returns
// the version of the one that is there. A schema of that name that is not ours is
// left alone.
func schemaVersion(ctx context.Context, tx pgx.Tx) (version int, err error) {
	var schema, table bool
	err = tx.QueryRow(ctx, `SELECT to_regnamespace('clew') IS NOT NULL, to_regclass('clew.schema_version') IS NOT NULL`).Scan(&schema, &table)
	switch {
	case err != nil:
		return 0, err
	case schema && !table:
		return 0, fmt.Errorf("%w: its schema clew is another program's; choose another database", casefile.ErrForeign)
	case !schema:
		_, err := tx.Exec(ctx, `CREATE SCHEMA clew; CREATE TABLE clew.schema_version (version integer PRIMARY KEY)`)
		return 0, err
	}
	err = tx.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM clew.schema_version`).Scan(&version)
	return version, err
}

// storable takes out what PostgreSQL cannot hold and no case's ID has; asking for
// such an ID finds nothing.
func storable(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\uFFFD"), "\uFFFD")
}
