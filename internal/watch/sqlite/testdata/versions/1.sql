PRAGMA application_id = 1668052855;
PRAGMA user_version = 1;
CREATE TABLE watches (
	id   TEXT PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	due  BIGINT NOT NULL, -- in milliseconds since 1970
	data TEXT NOT NULL
);
CREATE TABLE watch_known (
	watch TEXT NOT NULL,
	mark  TEXT NOT NULL,
	PRIMARY KEY (watch, mark)
);
CREATE TABLE watch_batches (
	id    TEXT PRIMARY KEY,
	watch TEXT NOT NULL,
	open  INTEGER NOT NULL, -- 1 until everybody has heard
	data  TEXT NOT NULL
);
CREATE TABLE watch_told (
	batch TEXT NOT NULL,
	whom  TEXT NOT NULL,
	state TEXT NOT NULL, -- sending, until it is known what became of it
	said  TEXT NOT NULL,
	PRIMARY KEY (batch, whom)
);
CREATE TABLE watch_runs (
	watch TEXT NOT NULL,
	job   TEXT NOT NULL,
	ended BIGINT NOT NULL,
	data  TEXT NOT NULL,
	PRIMARY KEY (watch, job)
);
INSERT INTO "watches" VALUES ('a', 'name of a', 1772456400000, '{"id":"a","name":"name of a","case":"2026-03-02-evil-example-4f2a","bounds":{"indicators":["evil.example"],"budget":["20"]},"schedule":"every 6h","band":"medium","to":["soc"],"by":"tester","under":{"depth":2},"saved":"2026-03-02T12:00:00Z","paused":false,"failures":0,"error":"","settled":true,"last":null,"due":"2026-03-02T13:00:00Z"}');
INSERT INTO "watch_known" VALUES ('a', 'm1');
INSERT INTO "watch_known" VALUES ('a', 'm2');
INSERT INTO "watch_batches" VALUES ('a22675db52746379', 'a', 1, '{"watch":"a","case":"2026-03-02-evil-example-4f2a","escalation":{"trigger":"watch: name of a","because":"new: 1 member","id":"a22675db52746379","severity":"medium","evidence":["new"],"values":[{"kind":"domain","value":"c2.example"}],"assets":null,"actions":["look at what is new: clew case show 2026-03-02-evil-example-4f2a"],"at":null,"delivered":null},"news":[{"what":"member","about":{"kind":"domain","value":"c2.example"},"says":"new"}]}');
INSERT INTO "watch_told" VALUES ('a22675db52746379', 'soc', 'failed', 'no answer');
INSERT INTO "watch_runs" VALUES ('a', 'job-1', 1772452860000, '{"watch":"a","job":"job-1","due":"2026-03-02T12:00:00Z","ended":"2026-03-02T12:01:00Z","state":"told","error":"","news":null,"told":[{"to":"soc","state":"sent","said":"HTTP 204"}],"digest":""}');
CREATE INDEX watch_batches_open ON watch_batches (watch, open);
