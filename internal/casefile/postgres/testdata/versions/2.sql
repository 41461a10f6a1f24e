CREATE SCHEMA clew;
CREATE FUNCTION clew.append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'case events are append-only'; END $$;
CREATE FUNCTION clew.only_whole_cases_go() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
	IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM clew.removed r JOIN clew.cases c ON c.id = r.case_id
		WHERE r.case_id = OLD.case_id AND r.head = c.hash AND r.events = c.seq) THEN
		RETURN OLD;
	END IF;
	RAISE EXCEPTION 'case events are append-only';
END $$;
CREATE TABLE clew.blobs (
    digest text NOT NULL,
    content bytea NOT NULL
);
ALTER TABLE ONLY clew.blobs ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE TABLE clew.cases (
    id text NOT NULL,
    seq bigint NOT NULL,
    hash text NOT NULL,
    opened text NOT NULL,
    changed text NOT NULL
);
CREATE TABLE clew.events (
    case_id text NOT NULL,
    seq bigint NOT NULL,
    "time" text NOT NULL,
    type text NOT NULL,
    actor text NOT NULL,
    data text NOT NULL,
    prev text NOT NULL,
    hash text NOT NULL
);
CREATE TABLE clew.parts (
    part text NOT NULL,
    version integer NOT NULL
);
CREATE TABLE clew.removed (
    case_id text NOT NULL,
    events bigint NOT NULL,
    head text NOT NULL,
    "time" text NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    archive text NOT NULL,
    sha256 text NOT NULL
);
INSERT INTO clew.blobs VALUES ('8a3205b2ca6d75e89720a485c2a1494d00e70bd62fb68cfd2daa3af05d50a05d', '\x28b52ffd0400b90000616e20616e73776572206f662063322e6578616d706c65de81e1a9');
INSERT INTO clew.cases VALUES ('a-case', 3, '572a56f9ad21a1dc4a752418692c7200ebbd93e0aa2c9f72d841db797a659cb2', '2026-11-23T09:30:00.000Z', '2026-11-23T10:30:00.000Z');
INSERT INTO clew.events VALUES ('a-case', 1, '2026-11-23T09:30:00.000Z', 'opened', 'analyst', '{"limits":{"as_of":null,"budget":0,"depth":0,"max_holders":0},"pap":"AMBER","scope":"hunt","seeds":[{"confidence":80,"kind":"domain","source":"a colleague","value":"evil.example"}],"tlp":"AMBER","tool":"","window":[null,null]}', '', '4dfe74c7955727e0f5da17bb62ab41d3e8e53b41c2a8a08ddc7c3fe48db41b4d');
INSERT INTO clew.events VALUES ('a-case', 2, '2026-11-23T09:31:00.000Z', 'noted', 'analyst', '{"about":{"kind":"","value":""},"text":"c2.example is like it"}', '4dfe74c7955727e0f5da17bb62ab41d3e8e53b41c2a8a08ddc7c3fe48db41b4d', '62411dc8e66dc88bbcf978593f40df3ceb9689dc7141e965c459b282d311ed74');
INSERT INTO clew.events VALUES ('a-case', 3, '2026-11-23T10:30:00.000Z', 'closed', 'analyst', '{"reason":"done"}', '62411dc8e66dc88bbcf978593f40df3ceb9689dc7141e965c459b282d311ed74', '572a56f9ad21a1dc4a752418692c7200ebbd93e0aa2c9f72d841db797a659cb2');
INSERT INTO clew.parts VALUES ('cases', 2);
ALTER TABLE ONLY clew.blobs
    ADD CONSTRAINT blobs_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY clew.cases
    ADD CONSTRAINT cases_pkey PRIMARY KEY (id);
ALTER TABLE ONLY clew.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (case_id, seq);
ALTER TABLE ONLY clew.parts
    ADD CONSTRAINT parts_pkey PRIMARY KEY (part);
CREATE INDEX events_by_type ON clew.events USING btree (case_id, type, seq);
CREATE TRIGGER events_are_never_changed BEFORE DELETE OR UPDATE ON clew.events FOR EACH ROW EXECUTE FUNCTION clew.only_whole_cases_go();
CREATE TRIGGER events_are_never_truncated BEFORE TRUNCATE ON clew.events FOR EACH STATEMENT EXECUTE FUNCTION clew.append_only();
CREATE TRIGGER removed_is_never_changed BEFORE DELETE OR UPDATE ON clew.removed FOR EACH ROW EXECUTE FUNCTION clew.append_only();
