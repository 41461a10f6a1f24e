CREATE SCHEMA clew;
CREATE TABLE clew.parts (
    part text NOT NULL,
    version integer NOT NULL
);
CREATE TABLE clew.replies (
    key text NOT NULL,
    until timestamp with time zone NOT NULL,
    body text NOT NULL,
    data text NOT NULL
);
CREATE TABLE clew.reply_bodies (
    digest text NOT NULL,
    kept timestamp with time zone NOT NULL,
    content bytea NOT NULL
);
ALTER TABLE ONLY clew.reply_bodies ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE TABLE clew.spending (
    account text NOT NULL,
    data text NOT NULL
)
WITH (fillfactor='50');
INSERT INTO clew.parts VALUES ('spending', 1);
INSERT INTO clew.replies VALUES ('key', '2026-03-01 13:00:00+00', 'ab12', '{"status":200,"header":{"Content-Type":["application/json"]},"body":"ab12","at":"2026-03-01T12:00:00Z","until":"2026-03-01T13:00:00Z"}');
INSERT INTO clew.spending VALUES ('a', '{"seq":7,"last":"2026-03-01T12:00:00Z","next":"2026-03-01T12:00:01Z","sent":[{"id":7,"endpoint":"search","at":"2026-03-01T12:00:00Z","done":true},{"id":8,"at":"2026-03-01T12:00:00Z","question":"ab"}],"counters":{"day":{"start":"2026-03-01T12:00:00Z","resets":"2026-03-01T13:00:00Z","spent":3,"limit":9,"used":2,"learnt":true}},"blocked":{"":{"until":"2026-03-01T12:00:00Z","why":"rate limited"}},"denied":{"search":{"until":"2026-03-01T12:00:00Z","why":"HTTP 403"}},"breaker":{"failures":5,"opened":1,"until":"2026-03-01T12:00:00Z","probe":"2026-03-01T12:00:00Z","last":"timeout"},"outcome":"HTTP 200","at":"2026-03-01T12:00:00Z"}');
ALTER TABLE ONLY clew.parts
    ADD CONSTRAINT parts_pkey PRIMARY KEY (part);
ALTER TABLE ONLY clew.replies
    ADD CONSTRAINT replies_pkey PRIMARY KEY (key);
ALTER TABLE ONLY clew.reply_bodies
    ADD CONSTRAINT reply_bodies_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY clew.spending
    ADD CONSTRAINT spending_pkey PRIMARY KEY (account);
CREATE INDEX replies_by_body ON clew.replies USING btree (body);
CREATE INDEX replies_by_until ON clew.replies USING btree (until);
