CREATE SCHEMA clew;
CREATE FUNCTION clew.audit_goes_by_age() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
	IF TG_OP = 'DELETE' AND OLD.id <= (SELECT coalesce(max(through), 0) FROM clew.audit_removed) THEN
		RETURN OLD;
	END IF;
	RAISE EXCEPTION 'the audit is append-only';
END $$;
CREATE FUNCTION clew.audit_is_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$;
CREATE FUNCTION clew.audit_is_kept_for_a_while() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
	IF EXISTS (SELECT 1 FROM clew.audit WHERE id <= NEW.through AND at > (extract(epoch FROM now() - interval '90 days') * 1000)::bigint) THEN
		RAISE EXCEPTION 'the audit is kept for 90 days';
	END IF;
	RETURN NEW;
END $$;
CREATE TABLE clew.access (
    case_id text NOT NULL,
    owner text NOT NULL,
    restricted bigint NOT NULL
);
CREATE TABLE clew.access_revision (
    n bigint NOT NULL
);
CREATE TABLE clew.attempts (
    id text NOT NULL,
    n bigint NOT NULL,
    until bigint NOT NULL
);
CREATE TABLE clew.audit (
    id bigint NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    via text NOT NULL,
    address text NOT NULL,
    operation text NOT NULL,
    case_id text NOT NULL,
    about text NOT NULL,
    outcome text NOT NULL,
    detail text NOT NULL
);
ALTER TABLE clew.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME clew.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE clew.audit_removed (
    through bigint NOT NULL,
    entries bigint NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE clew.factor_roles (
    role text NOT NULL
);
CREATE TABLE clew.factors (
    user_id text NOT NULL,
    secret text NOT NULL,
    step bigint NOT NULL,
    since bigint NOT NULL,
    pending text NOT NULL
);
CREATE TABLE clew.halfway (
    digest text NOT NULL,
    user_id text NOT NULL,
    via text NOT NULL,
    enrol bigint NOT NULL,
    expires bigint NOT NULL
);
CREATE TABLE clew.links (
    digest text NOT NULL,
    user_id text NOT NULL,
    expires bigint NOT NULL
);
CREATE TABLE clew.members (
    case_id text NOT NULL,
    user_id text NOT NULL,
    changes bigint NOT NULL
);
CREATE TABLE clew.parts (
    part text NOT NULL,
    version integer NOT NULL
);
CREATE TABLE clew.recovery (
    user_id text NOT NULL,
    digest text NOT NULL
);
CREATE TABLE clew.sessions (
    digest text NOT NULL,
    user_id text NOT NULL,
    began bigint NOT NULL,
    used bigint NOT NULL,
    address text NOT NULL,
    agent text NOT NULL
);
CREATE TABLE clew.tokens (
    id text NOT NULL,
    digest text NOT NULL,
    begins text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    scopes text NOT NULL,
    made bigint NOT NULL,
    expires bigint NOT NULL,
    used bigint NOT NULL
);
CREATE TABLE clew.users (
    id text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    ceiling text NOT NULL,
    disabled bigint NOT NULL,
    password text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    made bigint NOT NULL,
    changed bigint NOT NULL
);
INSERT INTO clew.access VALUES ('a-case', '1', 1);
INSERT INTO clew.access_revision VALUES (1);
INSERT INTO clew.attempts VALUES ('ada', 2, 1795771860007);
INSERT INTO clew.audit OVERRIDING SYSTEM VALUE VALUES (1, 1795771800007, 'ada', 'session', '192.0.2.7', 'note', 'a-case', 'x', 'done', 'y');
INSERT INTO clew.links VALUES ('l1', '1', 1795771800007);
INSERT INTO clew.members VALUES ('a-case', '2', 0);
INSERT INTO clew.members VALUES ('a-case', '3', 1);
INSERT INTO clew.parts VALUES ('accounts', 3);
INSERT INTO clew.sessions VALUES ('a1', '1', 1795771800007, 1795771800007, '192.0.2.7', 'a browser');
INSERT INTO clew.tokens VALUES ('t1', 'digest of t1', 'clew_pat_ab', '1', 'a firewall', 'feed,read', 1795771800007, 1795775400007, 0);
INSERT INTO clew.users VALUES ('1', 'ada', 'analyst', 'AMBER', 0, '$argon2id$…', '', '', 1795771800007, 1795771800007);
SELECT pg_catalog.setval('clew.audit_id_seq', 1, true);
ALTER TABLE ONLY clew.access
    ADD CONSTRAINT access_pkey PRIMARY KEY (case_id);
ALTER TABLE ONLY clew.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY clew.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);
ALTER TABLE ONLY clew.audit_removed
    ADD CONSTRAINT audit_removed_pkey PRIMARY KEY (through);
ALTER TABLE ONLY clew.factor_roles
    ADD CONSTRAINT factor_roles_pkey PRIMARY KEY (role);
ALTER TABLE ONLY clew.factors
    ADD CONSTRAINT factors_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY clew.halfway
    ADD CONSTRAINT halfway_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY clew.links
    ADD CONSTRAINT links_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY clew.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (case_id, user_id);
ALTER TABLE ONLY clew.parts
    ADD CONSTRAINT parts_pkey PRIMARY KEY (part);
ALTER TABLE ONLY clew.recovery
    ADD CONSTRAINT recovery_pkey PRIMARY KEY (user_id, digest);
ALTER TABLE ONLY clew.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY clew.tokens
    ADD CONSTRAINT tokens_digest_key UNIQUE (digest);
ALTER TABLE ONLY clew.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY clew.users
    ADD CONSTRAINT users_name_key UNIQUE (name);
ALTER TABLE ONLY clew.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
CREATE INDEX audit_by_actor ON clew.audit USING btree (actor, id);
CREATE INDEX audit_by_case ON clew.audit USING btree (case_id, id);
CREATE INDEX sessions_by_user ON clew.sessions USING btree (user_id);
CREATE INDEX tokens_by_user ON clew.tokens USING btree (user_id);
CREATE UNIQUE INDEX users_by_subject ON clew.users USING btree (issuer, subject) WHERE (subject <> ''::text);
CREATE TRIGGER audit_is_kept_for_a_while BEFORE INSERT ON clew.audit_removed FOR EACH ROW EXECUTE FUNCTION clew.audit_is_kept_for_a_while();
CREATE TRIGGER audit_is_never_changed BEFORE DELETE OR UPDATE ON clew.audit FOR EACH ROW EXECUTE FUNCTION clew.audit_goes_by_age();
CREATE TRIGGER audit_is_never_truncated BEFORE TRUNCATE ON clew.audit FOR EACH STATEMENT EXECUTE FUNCTION clew.audit_is_append_only();
CREATE TRIGGER audit_removed_is_never_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON clew.audit_removed FOR EACH STATEMENT EXECUTE FUNCTION clew.audit_is_append_only();
