package postgres

import "strings"

// part is what the tables of cases are called among others of the database.
const part = "cases"

// migrations bring the tables forward, one version each. Never change one that
// was released: append another.
//
// data is text and not jsonb: the hash covers its bytes. The triggers guard
// against accidents, the chain against intent.
var migrations = []string{
	`
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

// storable takes out what PostgreSQL cannot hold and no case's ID has; asking for
// such an ID finds nothing.
func storable(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\uFFFD"), "\uFFFD")
}
