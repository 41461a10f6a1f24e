PRAGMA application_id = 1668048247;
PRAGMA user_version = 0;
CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT;
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
INSERT INTO "schema_version" VALUES (1);
INSERT INTO "schema_version" VALUES (2);
INSERT INTO "cases" VALUES ('a-case', 3, '572a56f9ad21a1dc4a752418692c7200ebbd93e0aa2c9f72d841db797a659cb2', '2026-11-23T09:30:00.000Z', '2026-11-23T10:30:00.000Z');
INSERT INTO "events" VALUES ('a-case', 1, '2026-11-23T09:30:00.000Z', 'opened', 'analyst', '{"limits":{"as_of":null,"budget":0,"depth":0,"max_holders":0},"pap":"AMBER","scope":"hunt","seeds":[{"confidence":80,"kind":"domain","source":"a colleague","value":"evil.example"}],"tlp":"AMBER","tool":"","window":[null,null]}', '', '4dfe74c7955727e0f5da17bb62ab41d3e8e53b41c2a8a08ddc7c3fe48db41b4d');
INSERT INTO "events" VALUES ('a-case', 2, '2026-11-23T09:31:00.000Z', 'noted', 'analyst', '{"about":{"kind":"","value":""},"text":"c2.example is like it"}', '4dfe74c7955727e0f5da17bb62ab41d3e8e53b41c2a8a08ddc7c3fe48db41b4d', '62411dc8e66dc88bbcf978593f40df3ceb9689dc7141e965c459b282d311ed74');
INSERT INTO "events" VALUES ('a-case', 3, '2026-11-23T10:30:00.000Z', 'closed', 'analyst', '{"reason":"done"}', '62411dc8e66dc88bbcf978593f40df3ceb9689dc7141e965c459b282d311ed74', '572a56f9ad21a1dc4a752418692c7200ebbd93e0aa2c9f72d841db797a659cb2');
CREATE INDEX events_by_type ON events (case_id, type, seq);
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
	BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END;
CREATE TRIGGER removed_is_never_changed BEFORE UPDATE ON removed
	BEGIN SELECT RAISE(ABORT, 'what was removed is append-only'); END;
CREATE TRIGGER removed_is_never_removed BEFORE DELETE ON removed
	BEGIN SELECT RAISE(ABORT, 'what was removed is append-only'); END;
CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events
	WHEN NOT EXISTS (SELECT 1 FROM removed JOIN cases ON cases.id = removed.case_id
		WHERE removed.case_id = OLD.case_id AND removed.head = cases.hash AND removed.events = cases.seq)
	BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END;
