package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"clew/internal/casefile"
)

// applicationID is in the header of every case record, "clew" in ASCII, so that
// another program's SQLite file is told apart before it is written to.
const applicationID = 0x636c6577

// migrations bring the schema forward, one version each. Never change one that
// was released: append another.
//
// data is text and not a JSON type: the hash covers its bytes. The triggers
// guard against accidents, the chain against intent.
var migrations = [...]string{
	1: `
CREATE TABLE cases (
	id      TEXT PRIMARY KEY,
	seq     INTEGER NOT NULL,
	hash    TEXT NOT NULL,
	opened  TEXT NOT NULL,
	changed TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
	case_id TEXT NOT NULL,
	seq     INTEGER NOT NULL,
	time    TEXT NOT NULL,
	type    TEXT NOT NULL,
	actor   TEXT NOT NULL,
	data    TEXT NOT NULL,
	prev    TEXT NOT NULL,
	hash    TEXT NOT NULL,
	PRIMARY KEY (case_id, seq)
) STRICT;
CREATE INDEX events_by_type ON events (case_id, type, seq);
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
	BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END;
CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events
	BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END;
`,
	// A whole case may go once it is said where it went; no event by itself.
	2: `
CREATE TABLE removed (
	case_id TEXT NOT NULL,
	events  INTEGER NOT NULL,
	head    TEXT NOT NULL,
	time    TEXT NOT NULL,
	actor   TEXT NOT NULL,
	reason  TEXT NOT NULL,
	archive TEXT NOT NULL,
	sha256  TEXT NOT NULL
) STRICT;
CREATE TRIGGER removed_is_never_changed BEFORE UPDATE ON removed
	BEGIN SELECT RAISE(ABORT, 'what was removed is append-only'); END;
CREATE TRIGGER removed_is_never_removed BEFORE DELETE ON removed
	BEGIN SELECT RAISE(ABORT, 'what was removed is append-only'); END;
DROP TRIGGER events_are_never_removed;
CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events
	WHEN NOT EXISTS (SELECT 1 FROM removed JOIN cases ON cases.id = removed.case_id
		WHERE removed.case_id = OLD.case_id AND removed.head = cases.hash AND removed.events = cases.seq)
	BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END;
`,
}

const newest = len(migrations) - 1

// migrate brings an empty or older database to the newest schema, all or nothing.
func migrate(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil) // immediate: see open
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing to undo after Commit
	version, err := schemaVersion(ctx, tx)
	if err != nil {
		return err
	}
	if version > newest {
		return fmt.Errorf("%w: schema %d, this one reads up to %d: update clew", casefile.ErrNewer, version, newest)
	}
	for v := version + 1; v <= newest; v++ {
		if _, err := tx.ExecContext(ctx, migrations[v]); err != nil {
			return fmt.Errorf("schema %d: %w", v, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO schema_version (version) VALUES (?)`, v); err != nil {
			return fmt.Errorf("schema %d: %w", v, err)
		}
	}
	return tx.Commit()
}

// schemaVersion claims an empty database for clew and returns 0, or returns the
// version of one that is clew's.
func schemaVersion(ctx context.Context, tx *sql.Tx) (version int, err error) {
	id, empty, err := owner(ctx, tx)
	if err != nil {
		return 0, err
	}
	if empty && id == 0 {
		claim := fmt.Sprintf(`PRAGMA application_id = %d; CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT`, applicationID)
		_, err := tx.ExecContext(ctx, claim)
		return 0, err
	}
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM schema_version`).Scan(&version)
	return version, err
}

// owner returns the application ID of a database that is empty or clew's, and
// ErrForeign for any other.
func owner(ctx context.Context, q querier) (id int, empty bool, err error) {
	var tables int
	err = q.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)`).Scan(&id, &tables)
	if err != nil {
		return 0, false, err
	}
	empty = tables == 0
	if id != applicationID && (id != 0 || !empty) {
		return id, empty, fmt.Errorf("%w: it is another program's database; choose another folder with --data", casefile.ErrForeign)
	}
	return id, empty, nil
}
