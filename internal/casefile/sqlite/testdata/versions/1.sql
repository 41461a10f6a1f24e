PRAGMA application_id = 1668048247;
PRAGMA user_version = 0;
CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT;
INSERT INTO schema_version VALUES(1);
CREATE TABLE cases (
	id      TEXT PRIMARY KEY,
	seq     INTEGER NOT NULL,
	hash    TEXT NOT NULL,
	opened  TEXT NOT NULL,
	changed TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO cases VALUES('a-case',3,'a6fd7312eb0027b25e137b25cba927326a0002d114183affeb83fa0b0a6558cd','2026-11-23T09:30:00.000Z','2026-11-23T10:30:00.000Z');
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
INSERT INTO events VALUES('a-case',1,'2026-11-23T09:30:00.000Z','opened','analyst','{"limits":{"as_of":null,"budget":0,"depth":0,"max_holders":0},"pap":"AMBER","scope":"hunt","seeds":[{"confidence":80,"kind":"domain","source":"a colleague","value":"evil.example"}],"tlp":"AMBER","tool":"","window":[null,null]}','','4dfe74c7955727e0f5da17bb62ab41d3e8e53b41c2a8a08ddc7c3fe48db41b4d');
INSERT INTO events VALUES('a-case',2,'2026-11-23T09:30:00.000Z','noted','analyst','{"about":{"kind":"","value":""},"text":"c2.example is like it"}','4dfe74c7955727e0f5da17bb62ab41d3e8e53b41c2a8a08ddc7c3fe48db41b4d','521873387d946c492226bae9ae522f4aeaef570616b9a3cb3e91f84783a6566f');
INSERT INTO events VALUES('a-case',3,'2026-11-23T10:30:00.000Z','closed','analyst','{"reason":"done"}','521873387d946c492226bae9ae522f4aeaef570616b9a3cb3e91f84783a6566f','a6fd7312eb0027b25e137b25cba927326a0002d114183affeb83fa0b0a6558cd');
CREATE INDEX events_by_type ON events (case_id, type, seq);
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
	BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END;
CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events
	BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END;
