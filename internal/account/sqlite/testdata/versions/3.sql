PRAGMA application_id = 1668052833;
PRAGMA user_version = 3;
CREATE TABLE users (
	id       TEXT PRIMARY KEY,
	name     TEXT NOT NULL UNIQUE,
	role     TEXT NOT NULL,
	ceiling  TEXT NOT NULL,
	disabled BIGINT NOT NULL,
	password TEXT NOT NULL,
	issuer   TEXT NOT NULL,
	subject  TEXT NOT NULL,
	made     BIGINT NOT NULL,
	changed  BIGINT NOT NULL
);
CREATE TABLE sessions (
	digest  TEXT PRIMARY KEY,
	user_id TEXT NOT NULL,
	began   BIGINT NOT NULL,
	used    BIGINT NOT NULL,
	address TEXT NOT NULL,
	agent   TEXT NOT NULL
);
CREATE TABLE tokens (
	id      TEXT PRIMARY KEY,
	digest  TEXT NOT NULL UNIQUE,
	begins  TEXT NOT NULL,
	user_id TEXT NOT NULL,
	name    TEXT NOT NULL,
	scopes  TEXT NOT NULL,
	made    BIGINT NOT NULL,
	expires BIGINT NOT NULL,
	used    BIGINT NOT NULL
);
CREATE TABLE links (
	digest  TEXT PRIMARY KEY,
	user_id TEXT NOT NULL,
	expires BIGINT NOT NULL
);
CREATE TABLE access (
	case_id    TEXT PRIMARY KEY,
	owner      TEXT NOT NULL,
	restricted BIGINT NOT NULL
);
CREATE TABLE members (
	case_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	changes BIGINT NOT NULL,
	PRIMARY KEY (case_id, user_id)
);
CREATE TABLE access_revision (n BIGINT NOT NULL);
CREATE TABLE attempts (
	id    TEXT PRIMARY KEY,
	n     BIGINT NOT NULL,
	until BIGINT NOT NULL
);
CREATE TABLE audit (
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	at        BIGINT NOT NULL,
	actor     TEXT NOT NULL,
	via       TEXT NOT NULL,
	address   TEXT NOT NULL,
	operation TEXT NOT NULL,
	case_id   TEXT NOT NULL,
	about     TEXT NOT NULL,
	outcome   TEXT NOT NULL,
	detail    TEXT NOT NULL
);
CREATE TABLE factors (
	user_id TEXT PRIMARY KEY,
	secret  TEXT NOT NULL,
	step    BIGINT NOT NULL,
	since   BIGINT NOT NULL,
	pending TEXT NOT NULL
);
CREATE TABLE recovery (
	user_id TEXT NOT NULL,
	digest  TEXT NOT NULL,
	PRIMARY KEY (user_id, digest)
);
CREATE TABLE halfway (
	digest  TEXT PRIMARY KEY,
	user_id TEXT NOT NULL,
	via     TEXT NOT NULL,
	enrol   BIGINT NOT NULL,
	expires BIGINT NOT NULL
);
CREATE TABLE factor_roles (role TEXT PRIMARY KEY);
CREATE TABLE audit_removed (
	through  BIGINT PRIMARY KEY, -- number of the last line that went
	entries  BIGINT NOT NULL,
	first_at BIGINT NOT NULL,
	last_at  BIGINT NOT NULL,
	at       BIGINT NOT NULL
);
INSERT INTO "users" VALUES ('1', 'ada', 'analyst', 'AMBER', 0, '$argon2id$…', '', '', 1795771800007, 1795771800007);
INSERT INTO "sessions" VALUES ('a1', '1', 1795771800007, 1795771800007, '192.0.2.7', 'a browser');
INSERT INTO "tokens" VALUES ('t1', 'digest of t1', 'clew_pat_ab', '1', 'a firewall', 'feed,read', 1795771800007, 1795775400007, 0);
INSERT INTO "links" VALUES ('l1', '1', 1795771800007);
INSERT INTO "access" VALUES ('a-case', '1', 1);
INSERT INTO "members" VALUES ('a-case', '2', 0);
INSERT INTO "members" VALUES ('a-case', '3', 1);
INSERT INTO "access_revision" VALUES (1);
INSERT INTO "attempts" VALUES ('ada', 2, 1795771860007);
INSERT INTO "audit" VALUES (1, 1795771800007, 'ada', 'session', '192.0.2.7', 'note', 'a-case', 'x', 'done', 'y');
INSERT INTO "sqlite_sequence" VALUES ('audit', 1);
CREATE UNIQUE INDEX users_by_subject ON users (issuer, subject) WHERE subject <> '';
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX tokens_by_user ON tokens (user_id);
CREATE INDEX audit_by_case ON audit (case_id, id);
CREATE INDEX audit_by_actor ON audit (actor, id);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
	BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON audit
	WHEN OLD.id > coalesce((SELECT max(through) FROM audit_removed), 0)
	BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_kept_for_a_while BEFORE INSERT ON audit_removed
	WHEN EXISTS (SELECT 1 FROM audit WHERE id <= NEW.through AND at > (unixepoch() - 90 * 86400) * 1000)
	BEGIN SELECT RAISE(ABORT, 'the audit is kept for 90 days'); END;
CREATE TRIGGER audit_removed_is_never_changed BEFORE UPDATE ON audit_removed
	BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_removed_is_never_removed BEFORE DELETE ON audit_removed
	BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
