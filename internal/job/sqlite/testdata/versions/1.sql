PRAGMA application_id = 1668052842;
PRAGMA user_version = 1;
CREATE TABLE jobs (
	n          INTEGER PRIMARY KEY AUTOINCREMENT,
	id         TEXT NOT NULL UNIQUE,
	kind       TEXT NOT NULL,
	case_id    TEXT NOT NULL,
	queue      TEXT NOT NULL,
	state      TEXT NOT NULL,
	actor      TEXT NOT NULL,
	work       TEXT NOT NULL,
	doc        TEXT NOT NULL,
	worker     TEXT NOT NULL DEFAULT '',
	attempt    INTEGER NOT NULL DEFAULT 0,
	deaths     INTEGER NOT NULL DEFAULT 0,
	tries      INTEGER NOT NULL DEFAULT 0,
	cancelling INTEGER NOT NULL DEFAULT 0,
	lined      INTEGER NOT NULL DEFAULT 0,
	error      TEXT NOT NULL DEFAULT '',
	version    INTEGER NOT NULL DEFAULT 0,
	created    INTEGER NOT NULL,
	started    INTEGER NOT NULL DEFAULT 0,
	ended      INTEGER NOT NULL DEFAULT 0,
	lease      INTEGER NOT NULL DEFAULT 0,
	ticket     INTEGER NOT NULL DEFAULT 0,
	dispatched INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE job_lines (
	n    INTEGER PRIMARY KEY AUTOINCREMENT,
	job  TEXT NOT NULL,
	data TEXT NOT NULL
) STRICT;
CREATE TABLE job_workers (
	name   TEXT PRIMARY KEY,
	queues TEXT NOT NULL,
	slots  INTEGER NOT NULL,
	seen   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE river_leader (
    elected_at timestamp NOT NULL,
    expires_at timestamp NOT NULL,
    leader_id text NOT NULL,
    name text PRIMARY KEY NOT NULL DEFAULT 'default' CHECK (name = 'default'),
    CONSTRAINT name_length CHECK (length(name) > 0 AND length(name) < 128),
    CONSTRAINT leader_id_length CHECK (length(leader_id) > 0 AND length(leader_id) < 128)
);
CREATE TABLE river_migration (
    line text NOT NULL,
    version integer NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT line_length CHECK (length(line) > 0 AND length(line) < 128),
    CONSTRAINT version_gte_1 CHECK (version >= 1),
    PRIMARY KEY (line, version)
);
CREATE TABLE river_notification (
    id integer PRIMARY KEY AUTOINCREMENT,
    created_at timestamp NOT NULL DEFAULT (datetime('now', 'subsec')),
    payload text NOT NULL,
    topic text NOT NULL,
    CONSTRAINT topic_length CHECK (length(topic) > 0 AND length(topic) < 128)
);
CREATE TABLE river_queue (
    name text PRIMARY KEY NOT NULL,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    metadata blob NOT NULL DEFAULT (jsonb('{}')),
    paused_at timestamp,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE river_job (
    id integer PRIMARY KEY AUTOINCREMENT,
    args blob NOT NULL DEFAULT (jsonb('{}')),
    attempt integer NOT NULL DEFAULT 0,
    attempted_at timestamp,
    attempted_by blob, -- json
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    errors blob, -- json
    finalized_at timestamp,
    kind text NOT NULL,
    max_attempts integer NOT NULL DEFAULT 25,
    metadata blob NOT NULL DEFAULT (jsonb('{}')),
    priority integer NOT NULL DEFAULT 1,
    queue text NOT NULL DEFAULT 'default',
    state text NOT NULL DEFAULT 'available',
    scheduled_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
    tags blob NOT NULL DEFAULT (jsonb('[]')),
    unique_key blob,
    unique_states integer,
    CONSTRAINT finalized_or_finalized_at_null CHECK (
        (finalized_at IS NULL AND state NOT IN ('cancelled', 'completed', 'discarded')) OR
        (finalized_at IS NOT NULL AND state IN ('cancelled', 'completed', 'discarded'))
    ),
    CONSTRAINT priority_in_range CHECK (priority >= 1 AND priority <= 4),
    CONSTRAINT queue_length CHECK (length(queue) > 0 AND length(queue) < 128),
    CONSTRAINT kind_length CHECK (length(kind) > 0 AND length(kind) < 128),
    CONSTRAINT state_valid CHECK (state IN ('available', 'cancelled', 'completed', 'discarded', 'pending', 'retryable', 'running', 'scheduled'))
);
INSERT INTO "jobs" VALUES (1, 'a', 'test', 'case-a', 'work', 'complete', 'ana', '{"ask":"a"}', '"done"', 'w', 1, 0, 0, 0, 1, '', 2, 1795816492694, 1795816492721, 1795816492729, 0, 1, 1795816492695);
INSERT INTO "jobs" VALUES (2, 'b', 'test', 'case-b', 'work', 'queued', 'ana', '{"ask":"b"}', '"new"', '', 0, 0, 0, 0, 0, '', 0, 1795816492740, 0, 0, 0, 2, 1795816492740);
INSERT INTO "sqlite_sequence" VALUES ('river_job', 2);
INSERT INTO "sqlite_sequence" VALUES ('jobs', 2);
INSERT INTO "sqlite_sequence" VALUES ('river_notification', 2);
INSERT INTO "sqlite_sequence" VALUES ('job_lines', 1);
INSERT INTO "job_lines" VALUES (1, 'a', '"one"');
INSERT INTO "river_migration" VALUES ('main', 1, '2026-11-27 21:54:52');
INSERT INTO "river_migration" VALUES ('main', 2, '2026-11-27 21:54:52');
INSERT INTO "river_migration" VALUES ('main', 3, '2026-11-27 21:54:52');
INSERT INTO "river_migration" VALUES ('main', 4, '2026-11-27 21:54:52');
INSERT INTO "river_migration" VALUES ('main', 5, '2026-11-27 21:54:52');
INSERT INTO "river_migration" VALUES ('main', 6, '2026-11-27 21:54:52');
INSERT INTO "river_migration" VALUES ('main', 7, '2026-11-27 21:54:52');
INSERT INTO "river_migration" VALUES ('main', 8, '2026-11-27 21:54:52');
INSERT INTO "river_notification" VALUES (1, '2026-11-27 21:54:52.695', '{"queue": "work"}', 'river_insert');
INSERT INTO "river_notification" VALUES (2, '2026-11-27 21:54:52.740', '{"queue": "work"}', 'river_insert');
INSERT INTO "river_queue" VALUES ('work', '2026-11-27 21:54:52.704', X'0C', NULL, '2026-11-27 21:54:52.704');
INSERT INTO "river_job" VALUES (1, X'5C2769641761', 1, '2026-11-27 21:54:52.710', X'CB1FC71D766D5F323032365F31315F32375432315F35345F35325F373030393136', '2026-11-27 21:54:52.695', NULL, '2026-11-27 21:54:52.734', 'clew_job', 1, X'CC26C71272697665723A756E697175655F6E6F6E6365C71064393934663638336434653335363533', 1, 'work', 'completed', '2026-11-27 21:54:52.695', X'0B', NULL, NULL);
INSERT INTO "river_job" VALUES (2, X'5C2769641762', 0, NULL, NULL, '2026-11-27 21:54:52.740', NULL, NULL, 'clew_job', 1, X'CC26C71272697665723A756E697175655F6E6F6E6365C71065623435623637333564343161326236', 1, 'work', 'available', '2026-11-27 21:54:52.740', X'0B', NULL, NULL);
CREATE INDEX jobs_by_state ON jobs (state);
CREATE INDEX jobs_by_case ON jobs (case_id);
CREATE INDEX job_lines_by_job ON job_lines (job, n);
CREATE INDEX river_notification_created_at_idx ON river_notification (created_at);
CREATE INDEX river_notification_topic_id_idx ON river_notification (topic, id);
CREATE INDEX river_job_kind ON river_job (kind);
CREATE INDEX river_job_state_and_finalized_at_index ON river_job (state, finalized_at) WHERE finalized_at IS NOT NULL;
CREATE INDEX river_job_prioritized_fetching_index ON river_job (state, queue, priority, scheduled_at, id);
CREATE UNIQUE INDEX river_job_unique_idx ON river_job (unique_key)
    WHERE unique_key IS NOT NULL
        AND unique_states IS NOT NULL
        AND CASE state
            WHEN 'available' THEN unique_states & (1 << 0)
            WHEN 'cancelled' THEN unique_states & (1 << 1)
            WHEN 'completed' THEN unique_states & (1 << 2)
            WHEN 'discarded' THEN unique_states & (1 << 3)
            WHEN 'pending'   THEN unique_states & (1 << 4)
            WHEN 'retryable' THEN unique_states & (1 << 5)
            WHEN 'running'   THEN unique_states & (1 << 6)
            WHEN 'scheduled' THEN unique_states & (1 << 7)
            ELSE 0
        END >= 1;
