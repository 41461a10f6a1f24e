PRAGMA application_id = 1668052838;
PRAGMA user_version = 1;
CREATE TABLE accounts (
	name TEXT PRIMARY KEY,
	data TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE replies (
	key   TEXT PRIMARY KEY,
	until INTEGER NOT NULL, -- fresh until then, in seconds since 1970
	body  TEXT NOT NULL,    -- digest
	data  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "accounts" VALUES ('a', '{"seq":7,"last":"2026-03-01T12:00:00Z","next":"2026-03-01T12:00:01Z","sent":[{"id":7,"endpoint":"search","at":"2026-03-01T12:00:00Z","done":true},{"id":8,"at":"2026-03-01T12:00:00Z","question":"ab"}],"counters":{"day":{"start":"2026-03-01T12:00:00Z","resets":"2026-03-01T13:00:00Z","spent":3,"limit":9,"used":2,"learnt":true}},"blocked":{"":{"until":"2026-03-01T12:00:00Z","why":"rate limited"}},"denied":{"search":{"until":"2026-03-01T12:00:00Z","why":"HTTP 403"}},"breaker":{"failures":5,"opened":1,"until":"2026-03-01T12:00:00Z","probe":"2026-03-01T12:00:00Z","last":"timeout"},"outcome":"HTTP 200","at":"2026-03-01T12:00:00Z"}');
INSERT INTO "replies" VALUES ('key', 1772370000, 'ab12', '{"status":200,"header":{"Content-Type":["application/json"]},"body":"ab12","at":"2026-03-01T12:00:00Z","until":"2026-03-01T13:00:00Z"}');
CREATE INDEX replies_by_until ON replies (until);
