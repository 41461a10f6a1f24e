CREATE SCHEMA clew;
CREATE TABLE clew.parts (
    part text NOT NULL,
    version integer NOT NULL
);
CREATE TABLE clew.watch_batches (
    id text NOT NULL,
    watch text NOT NULL,
    open integer NOT NULL,
    data text NOT NULL
);
CREATE TABLE clew.watch_known (
    watch text NOT NULL,
    mark text NOT NULL
);
CREATE TABLE clew.watch_runs (
    watch text NOT NULL,
    job text NOT NULL,
    ended bigint NOT NULL,
    data text NOT NULL
);
CREATE TABLE clew.watch_told (
    batch text NOT NULL,
    whom text NOT NULL,
    state text NOT NULL,
    said text NOT NULL
);
CREATE TABLE clew.watches (
    id text NOT NULL,
    name text NOT NULL,
    due bigint NOT NULL,
    data text NOT NULL
);
INSERT INTO clew.parts VALUES ('watches', 1);
INSERT INTO clew.watch_batches VALUES ('a22675db52746379', 'a', 1, '{"watch":"a","case":"2026-03-02-evil-example-4f2a","escalation":{"trigger":"watch: name of a","because":"new: 1 member","id":"a22675db52746379","severity":"medium","evidence":["new"],"values":[{"kind":"domain","value":"c2.example"}],"assets":null,"actions":["look at what is new: clew case show 2026-03-02-evil-example-4f2a"],"at":null,"delivered":null},"news":[{"what":"member","about":{"kind":"domain","value":"c2.example"},"says":"new"}]}');
INSERT INTO clew.watch_known VALUES ('a', 'm1');
INSERT INTO clew.watch_known VALUES ('a', 'm2');
INSERT INTO clew.watch_runs VALUES ('a', 'job-1', 1772452860000, '{"watch":"a","job":"job-1","due":"2026-03-02T12:00:00Z","ended":"2026-03-02T12:01:00Z","state":"told","error":"","news":null,"told":[{"to":"soc","state":"sent","said":"HTTP 204"}],"digest":""}');
INSERT INTO clew.watch_told VALUES ('a22675db52746379', 'soc', 'failed', 'no answer');
INSERT INTO clew.watches VALUES ('a', 'name of a', 1772456400000, '{"id":"a","name":"name of a","case":"2026-03-02-evil-example-4f2a","bounds":{"indicators":["evil.example"],"budget":["20"]},"schedule":"every 6h","band":"medium","to":["soc"],"by":"tester","under":{"depth":2},"saved":"2026-03-02T12:00:00Z","paused":false,"failures":0,"error":"","settled":true,"last":null,"due":"2026-03-02T13:00:00Z"}');
ALTER TABLE ONLY clew.parts
    ADD CONSTRAINT parts_pkey PRIMARY KEY (part);
ALTER TABLE ONLY clew.watch_batches
    ADD CONSTRAINT watch_batches_pkey PRIMARY KEY (id);
ALTER TABLE ONLY clew.watch_known
    ADD CONSTRAINT watch_known_pkey PRIMARY KEY (watch, mark);
ALTER TABLE ONLY clew.watch_runs
    ADD CONSTRAINT watch_runs_pkey PRIMARY KEY (watch, job);
ALTER TABLE ONLY clew.watch_told
    ADD CONSTRAINT watch_told_pkey PRIMARY KEY (batch, whom);
ALTER TABLE ONLY clew.watches
    ADD CONSTRAINT watches_name_key UNIQUE (name);
ALTER TABLE ONLY clew.watches
    ADD CONSTRAINT watches_pkey PRIMARY KEY (id);
CREATE INDEX watch_batches_open ON clew.watch_batches USING btree (watch, open);
