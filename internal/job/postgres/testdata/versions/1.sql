CREATE SCHEMA clew;
CREATE TYPE clew.river_job_state AS ENUM (
    'available',
    'cancelled',
    'completed',
    'discarded',
    'pending',
    'retryable',
    'running',
    'scheduled'
);
CREATE FUNCTION clew.river_job_state_in_bitmask(bitmask bit, state clew.river_job_state) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE state
        WHEN 'available' THEN get_bit(bitmask, 7)
        WHEN 'cancelled' THEN get_bit(bitmask, 6)
        WHEN 'completed' THEN get_bit(bitmask, 5)
        WHEN 'discarded' THEN get_bit(bitmask, 4)
        WHEN 'pending'   THEN get_bit(bitmask, 3)
        WHEN 'retryable' THEN get_bit(bitmask, 2)
        WHEN 'running'   THEN get_bit(bitmask, 1)
        WHEN 'scheduled' THEN get_bit(bitmask, 0)
        ELSE 0
    END = 1;
$$;
CREATE TABLE clew.job_lines (
    n bigint NOT NULL,
    job text NOT NULL,
    data text NOT NULL
);
ALTER TABLE clew.job_lines ALTER COLUMN n ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME clew.job_lines_n_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE clew.job_workers (
    name text NOT NULL,
    queues text NOT NULL,
    slots integer NOT NULL,
    seen bigint NOT NULL
);
CREATE TABLE clew.jobs (
    n bigint NOT NULL,
    id text NOT NULL,
    kind text NOT NULL,
    case_id text NOT NULL,
    queue text NOT NULL,
    state text NOT NULL,
    actor text NOT NULL,
    work text NOT NULL,
    doc text NOT NULL,
    worker text DEFAULT ''::text NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    deaths integer DEFAULT 0 NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    cancelling integer DEFAULT 0 NOT NULL,
    lined integer DEFAULT 0 NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    created bigint NOT NULL,
    started bigint DEFAULT 0 NOT NULL,
    ended bigint DEFAULT 0 NOT NULL,
    lease bigint DEFAULT 0 NOT NULL,
    ticket bigint DEFAULT 0 NOT NULL,
    dispatched bigint DEFAULT 0 NOT NULL
);
ALTER TABLE clew.jobs ALTER COLUMN n ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME clew.jobs_n_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE clew.parts (
    part text NOT NULL,
    version integer NOT NULL
);
CREATE TABLE clew.river_job (
    id bigint NOT NULL,
    state clew.river_job_state DEFAULT 'available'::clew.river_job_state NOT NULL,
    attempt smallint DEFAULT 0 NOT NULL,
    max_attempts smallint DEFAULT 25 NOT NULL,
    attempted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finalized_at timestamp with time zone,
    scheduled_at timestamp with time zone DEFAULT now() NOT NULL,
    priority smallint DEFAULT 1 NOT NULL,
    args jsonb NOT NULL,
    attempted_by text[],
    errors jsonb[],
    kind text NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    queue text DEFAULT 'default'::text NOT NULL,
    tags character varying(255)[] DEFAULT '{}'::character varying[] NOT NULL,
    unique_key bytea,
    unique_states bit(8),
    CONSTRAINT finalized_or_finalized_at_null CHECK ((((finalized_at IS NULL) AND (state <> ALL (ARRAY['cancelled'::clew.river_job_state, 'completed'::clew.river_job_state, 'discarded'::clew.river_job_state]))) OR ((finalized_at IS NOT NULL) AND (state = ANY (ARRAY['cancelled'::clew.river_job_state, 'completed'::clew.river_job_state, 'discarded'::clew.river_job_state]))))),
    CONSTRAINT kind_length CHECK (((char_length(kind) > 0) AND (char_length(kind) < 128))),
    CONSTRAINT max_attempts_is_positive CHECK ((max_attempts > 0)),
    CONSTRAINT priority_in_range CHECK (((priority >= 1) AND (priority <= 4))),
    CONSTRAINT queue_length CHECK (((char_length(queue) > 0) AND (char_length(queue) < 128)))
);
CREATE SEQUENCE clew.river_job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE clew.river_job_id_seq OWNED BY clew.river_job.id;
CREATE UNLOGGED TABLE clew.river_leader (
    elected_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    leader_id text NOT NULL,
    name text DEFAULT 'default'::text NOT NULL,
    CONSTRAINT leader_id_length CHECK (((char_length(leader_id) > 0) AND (char_length(leader_id) < 128))),
    CONSTRAINT name_length CHECK ((name = 'default'::text))
);
CREATE TABLE clew.river_migration (
    line text NOT NULL,
    version bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT line_length CHECK (((char_length(line) > 0) AND (char_length(line) < 128))),
    CONSTRAINT version_gte_1 CHECK ((version >= 1))
);
CREATE TABLE clew.river_notification (
    id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    payload text NOT NULL,
    topic text NOT NULL,
    CONSTRAINT topic_length CHECK (((length(topic) > 0) AND (length(topic) < 128)))
);
CREATE SEQUENCE clew.river_notification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE clew.river_notification_id_seq OWNED BY clew.river_notification.id;
CREATE TABLE clew.river_queue (
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    paused_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
ALTER TABLE ONLY clew.river_job ALTER COLUMN id SET DEFAULT nextval('clew.river_job_id_seq'::regclass);
ALTER TABLE ONLY clew.river_notification ALTER COLUMN id SET DEFAULT nextval('clew.river_notification_id_seq'::regclass);
INSERT INTO clew.job_lines OVERRIDING SYSTEM VALUE VALUES (1, 'a', '"one"');
INSERT INTO clew.jobs OVERRIDING SYSTEM VALUE VALUES (1, 'a', 'test', 'case-a', 'work', 'complete', 'ana', '{"ask":"a"}', '"done"', 'w', 1, 0, 0, 0, 1, '', 2, 1795816565033, 1795816565075, 1795816565082, 0, 1, 1795816565041);
INSERT INTO clew.jobs OVERRIDING SYSTEM VALUE VALUES (2, 'b', 'test', 'case-b', 'work', 'queued', 'ana', '{"ask":"b"}', '"new"', '', 0, 0, 0, 0, 0, '', 0, 1795816565099, 0, 0, 0, 2, 1795816565100);
INSERT INTO clew.parts VALUES ('jobs', 1);
INSERT INTO clew.river_job VALUES (1, 'completed', 1, 1, '2026-11-27 21:56:05.073212+00', '2026-11-27 21:56:05.033212+00', '2026-11-27 21:56:05.082872+00', '2026-11-27 21:56:05.033212+00', 1, '{"id": "a"}', '{vm_2026_11_27T21_56_05_052921}', NULL, 'clew_job', '{}', 'work', '{}', NULL, NULL);
INSERT INTO clew.river_job VALUES (2, 'available', 0, 1, NULL, '2026-11-27 21:56:05.0991+00', NULL, '2026-11-27 21:56:05.0991+00', 1, '{"id": "b"}', NULL, NULL, 'clew_job', '{}', 'work', '{}', NULL, NULL);
INSERT INTO clew.river_migration VALUES ('main', 1, '2026-11-27 21:56:04.877995+00');
INSERT INTO clew.river_migration VALUES ('main', 2, '2026-11-27 21:56:04.898047+00');
INSERT INTO clew.river_migration VALUES ('main', 3, '2026-11-27 21:56:04.947565+00');
INSERT INTO clew.river_migration VALUES ('main', 4, '2026-11-27 21:56:04.950743+00');
INSERT INTO clew.river_migration VALUES ('main', 5, '2026-11-27 21:56:04.967351+00');
INSERT INTO clew.river_migration VALUES ('main', 6, '2026-11-27 21:56:05.008043+00');
INSERT INTO clew.river_migration VALUES ('main', 7, '2026-11-27 21:56:05.009501+00');
INSERT INTO clew.river_migration VALUES ('main', 8, '2026-11-27 21:56:05.027369+00');
INSERT INTO clew.river_queue VALUES ('work', '2026-11-27 21:56:05.069095+00', '{}', NULL, '2026-11-27 21:56:05.069095+00');
SELECT pg_catalog.setval('clew.job_lines_n_seq', 1, true);
SELECT pg_catalog.setval('clew.jobs_n_seq', 2, true);
SELECT pg_catalog.setval('clew.river_job_id_seq', 2, true);
SELECT pg_catalog.setval('clew.river_notification_id_seq', 1, false);
ALTER TABLE ONLY clew.job_lines
    ADD CONSTRAINT job_lines_pkey PRIMARY KEY (n);
ALTER TABLE ONLY clew.job_workers
    ADD CONSTRAINT job_workers_pkey PRIMARY KEY (name);
ALTER TABLE ONLY clew.jobs
    ADD CONSTRAINT jobs_id_key UNIQUE (id);
ALTER TABLE ONLY clew.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (n);
ALTER TABLE ONLY clew.parts
    ADD CONSTRAINT parts_pkey PRIMARY KEY (part);
ALTER TABLE ONLY clew.river_job
    ADD CONSTRAINT river_job_pkey PRIMARY KEY (id);
ALTER TABLE ONLY clew.river_leader
    ADD CONSTRAINT river_leader_pkey PRIMARY KEY (name);
ALTER TABLE ONLY clew.river_migration
    ADD CONSTRAINT river_migration_pkey1 PRIMARY KEY (line, version);
ALTER TABLE ONLY clew.river_notification
    ADD CONSTRAINT river_notification_pkey PRIMARY KEY (id);
ALTER TABLE ONLY clew.river_queue
    ADD CONSTRAINT river_queue_pkey PRIMARY KEY (name);
CREATE INDEX job_lines_by_job ON clew.job_lines USING btree (job, n);
CREATE INDEX jobs_by_case ON clew.jobs USING btree (case_id);
CREATE INDEX jobs_by_state ON clew.jobs USING btree (state);
CREATE INDEX river_job_args_index ON clew.river_job USING gin (args);
CREATE INDEX river_job_kind ON clew.river_job USING btree (kind);
CREATE INDEX river_job_metadata_index ON clew.river_job USING gin (metadata);
CREATE INDEX river_job_prioritized_fetching_index ON clew.river_job USING btree (state, queue, priority, scheduled_at, id);
CREATE INDEX river_job_state_and_finalized_at_index ON clew.river_job USING btree (state, finalized_at) WHERE (finalized_at IS NOT NULL);
CREATE UNIQUE INDEX river_job_unique_idx ON clew.river_job USING btree (unique_key) WHERE ((unique_key IS NOT NULL) AND (unique_states IS NOT NULL) AND clew.river_job_state_in_bitmask(unique_states, state));
CREATE INDEX river_notification_created_at_idx ON clew.river_notification USING btree (created_at);
CREATE INDEX river_notification_topic_id_idx ON clew.river_notification USING btree (topic, id);
