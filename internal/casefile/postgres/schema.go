package postgres

import (
	"strings"

	"clew/internal/database"
)

// Part is the tables of cases among others of the database. Who only works adds
// events and changes none; cases leave the record by the hands of who owns it.
var Part = database.Part{Name: "cases", Steps: migrations, Rights: map[string]database.Rights{
	"cases": database.Keeping, "events": database.Appending, "blobs": database.Keeping, "removed": database.OnlyLooked,
}}

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
	// A whole case may go once it is said where it went; no event by itself.
	`
CREATE TABLE clew.removed (
	case_id text NOT NULL,
	events  bigint NOT NULL,
	head    text NOT NULL,
	time    text NOT NULL,
	actor   text NOT NULL,
	reason  text NOT NULL,
	archive text NOT NULL,
	sha256  text NOT NULL
);
CREATE TRIGGER removed_is_never_changed BEFORE UPDATE OR DELETE ON clew.removed
	FOR EACH ROW EXECUTE FUNCTION clew.append_only();
CREATE FUNCTION clew.only_whole_cases_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM clew.removed r JOIN clew.cases c ON c.id = r.case_id
		WHERE r.case_id = OLD.case_id AND r.head = c.hash AND r.events = c.seq) THEN
		RETURN OLD;
	END IF;
	RAISE EXCEPTION 'case events are append-only';
END $$;
DROP TRIGGER events_are_never_changed ON clew.events;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE ON clew.events
	FOR EACH ROW EXECUTE FUNCTION clew.only_whole_cases_go();
`,
}

// storable takes out what PostgreSQL cannot hold and no case's ID has; asking for
// such an ID finds nothing.
func storable(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\uFFFD"), "\uFFFD")
}
