package relational

import "strings"

// Tables are the statements that make the tables of version 1 in a dialect whose
// types are those given: number is a 64-bit one that grows by itself for the audit.
// Never change what was released: engines append versions.
func Tables(prefix, serial string) string {
	return strings.NewReplacer("@", prefix, "SERIAL", serial).Replace(`
CREATE TABLE @users (
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
CREATE UNIQUE INDEX users_by_subject ON @users (issuer, subject) WHERE subject <> '';
CREATE TABLE @sessions (
	digest  TEXT PRIMARY KEY,
	user_id TEXT NOT NULL,
	began   BIGINT NOT NULL,
	used    BIGINT NOT NULL,
	address TEXT NOT NULL,
	agent   TEXT NOT NULL
);
CREATE INDEX sessions_by_user ON @sessions (user_id);
CREATE TABLE @tokens (
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
CREATE INDEX tokens_by_user ON @tokens (user_id);
CREATE TABLE @links (
	digest  TEXT PRIMARY KEY,
	user_id TEXT NOT NULL,
	expires BIGINT NOT NULL
);
CREATE TABLE @access (
	case_id    TEXT PRIMARY KEY,
	owner      TEXT NOT NULL,
	restricted BIGINT NOT NULL
);
CREATE TABLE @members (
	case_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	changes BIGINT NOT NULL,
	PRIMARY KEY (case_id, user_id)
);
CREATE TABLE @access_revision (n BIGINT NOT NULL);
INSERT INTO @access_revision VALUES (0);
CREATE TABLE @attempts (
	id    TEXT PRIMARY KEY,
	n     BIGINT NOT NULL,
	until BIGINT NOT NULL
);
CREATE TABLE @audit (
	id        SERIAL,
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
CREATE INDEX audit_by_case ON @audit (case_id, id);
CREATE INDEX audit_by_actor ON @audit (actor, id);
`)
}

// FactorTables are the statements of version 2: second factors.
func FactorTables(prefix string) string {
	return strings.ReplaceAll(`
CREATE TABLE @factors (
	user_id TEXT PRIMARY KEY,
	secret  TEXT NOT NULL,
	step    BIGINT NOT NULL,
	since   BIGINT NOT NULL,
	pending TEXT NOT NULL
);
CREATE TABLE @recovery (
	user_id TEXT NOT NULL,
	digest  TEXT NOT NULL,
	PRIMARY KEY (user_id, digest)
);
CREATE TABLE @halfway (
	digest  TEXT PRIMARY KEY,
	user_id TEXT NOT NULL,
	via     TEXT NOT NULL,
	enrol   BIGINT NOT NULL,
	expires BIGINT NOT NULL
);
CREATE TABLE @factor_roles (role TEXT PRIMARY KEY);
`, "@", prefix)
}

// AuditRemovedTable is the statement of version 3: what the audit said goes by age
// alone, from the oldest on, and once it is said that it goes.
func AuditRemovedTable(prefix string) string {
	return strings.ReplaceAll(`
CREATE TABLE @audit_removed (
	through  BIGINT PRIMARY KEY, -- number of the last line that went
	entries  BIGINT NOT NULL,
	first_at BIGINT NOT NULL,
	last_at  BIGINT NOT NULL,
	at       BIGINT NOT NULL
);
`, "@", prefix)
}
