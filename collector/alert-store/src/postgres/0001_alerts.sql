-- Version 1.

CREATE TABLE identity (
    name text NOT NULL,
    -- Added to transaction numbers, see alerts.batch.
    batch_base bigint NOT NULL
);
INSERT INTO identity VALUES (substr(md5(gen_random_uuid()::text), 1, 8), 0);

-- Partitions are days. Ids begin with 48 bits of the event's milliseconds, so a range of time is a range of ids, and
-- the key that partitions is the one that is unique: without a day in it, and over all partitions.
--
-- (batch, place) is the order of the feed. batch is the number of the transaction that stored the alert, plus a base
-- that is raised when the tables were brought to another server, whose numbers may be lower.
CREATE TABLE alerts (
    id uuid NOT NULL,
    batch bigint NOT NULL,
    place integer NOT NULL,
    window_id bigint NOT NULL,
    time_ns bigint NOT NULL,
    priority integer NOT NULL,
    rule text NOT NULL,
    tags text NOT NULL,
    node text,
    namespace text,
    pod text,
    container_id text,
    container_name text,
    payload bytea NOT NULL,
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX alerts_order ON alerts (batch, place);
CREATE INDEX alerts_window ON alerts (window_id, id);
CREATE INDEX alerts_rule ON alerts (rule, id);
CREATE INDEX alerts_node ON alerts (node, id) WHERE node IS NOT NULL;
CREATE INDEX alerts_namespace ON alerts (namespace, id) WHERE namespace IS NOT NULL;
CREATE INDEX alerts_pod ON alerts (pod, id) WHERE pod IS NOT NULL;
CREATE INDEX alerts_container_id ON alerts (container_id, id) WHERE container_id IS NOT NULL;
CREATE INDEX alerts_container_name ON alerts (container_name, id) WHERE container_name IS NOT NULL;
-- The payload is compressed already.
ALTER TABLE alerts ALTER COLUMN payload SET STORAGE EXTERNAL;
-- For times that are too far away to have a day of their own.
CREATE TABLE alerts_other PARTITION OF alerts DEFAULT;

-- An alert that was told at once, and the repeats that followed it. Every alert is in one window; it is a member
-- of the window's first notification if it is the first, otherwise of its second.
-- lowest_id and highest_id bound the partitions that members are looked for in.
CREATE TABLE windows (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fingerprint bytea NOT NULL,
    first_id uuid NOT NULL,
    lowest_id uuid NOT NULL,
    highest_id uuid NOT NULL,
    priority integer NOT NULL,
    opened_at_ms bigint NOT NULL,
    closes_at_ms bigint NOT NULL,
    is_open boolean NOT NULL,
    alert_count bigint NOT NULL
);
CREATE UNIQUE INDEX windows_open ON windows (fingerprint) WHERE is_open;
CREATE INDEX windows_due ON windows (closes_at_ms) WHERE is_open;

-- part: 0 for the first alert of the window, 1 for the repeats.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sink text NOT NULL,
    window_id bigint NOT NULL,
    part integer NOT NULL,
    priority integer NOT NULL,
    noted_at_ms bigint NOT NULL,
    due_at_ms bigint NOT NULL,
    claims integer NOT NULL DEFAULT 0
);
CREATE INDEX outbox_due ON outbox (sink, due_at_ms, id);

CREATE TABLE dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sink text NOT NULL,
    window_id bigint NOT NULL,
    part integer NOT NULL,
    priority integer NOT NULL,
    noted_at_ms bigint NOT NULL,
    attempts integer NOT NULL,
    since_ms bigint NOT NULL,
    reason text NOT NULL
);
CREATE INDEX dead_letters_sink ON dead_letters (sink, id);
