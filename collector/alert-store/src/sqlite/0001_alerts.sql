-- Version 1.

CREATE TABLE identity (
    name TEXT NOT NULL
) STRICT;
INSERT INTO identity VALUES (lower(hex(randomblob(4))));

-- AUTOINCREMENT: a number does not come again when the newest alert is forgotten, for cursors name it.
CREATE TABLE alerts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL,
    window_id INTEGER NOT NULL,
    time_ns INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    rule TEXT NOT NULL,
    tags TEXT NOT NULL,
    node TEXT,
    namespace TEXT,
    pod TEXT,
    container_id TEXT,
    container_name TEXT,
    payload BLOB NOT NULL
) STRICT;
-- Ids begin with the time of the event, so this one serves ranges of time as well.
CREATE UNIQUE INDEX alerts_id ON alerts (id);
CREATE INDEX alerts_window ON alerts (window_id, id);
CREATE INDEX alerts_rule ON alerts (rule, id);
CREATE INDEX alerts_node ON alerts (node, id) WHERE node IS NOT NULL;
CREATE INDEX alerts_namespace ON alerts (namespace, id) WHERE namespace IS NOT NULL;
CREATE INDEX alerts_pod ON alerts (pod, id) WHERE pod IS NOT NULL;
CREATE INDEX alerts_container_id ON alerts (container_id, id) WHERE container_id IS NOT NULL;
CREATE INDEX alerts_container_name ON alerts (container_name, id) WHERE container_name IS NOT NULL;

-- An alert that was told at once, and the repeats that followed it. Every alert is in one window; it is a member
-- of the window's first notification if it is the first, otherwise of its second.
CREATE TABLE windows (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint BLOB NOT NULL,
    first_id BLOB NOT NULL,
    priority INTEGER NOT NULL,
    opened_at_ms INTEGER NOT NULL,
    closes_at_ms INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    alert_count INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX windows_open ON windows (fingerprint) WHERE is_open = 1;
CREATE INDEX windows_due ON windows (closes_at_ms) WHERE is_open = 1;

-- part: 0 for the first alert of the window, 1 for the repeats.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sink TEXT NOT NULL,
    window_id INTEGER NOT NULL,
    part INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    noted_at_ms INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    claims INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_due ON outbox (sink, due_at_ms, id);

CREATE TABLE dead_letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sink TEXT NOT NULL,
    window_id INTEGER NOT NULL,
    part INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    noted_at_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX dead_letters_sink ON dead_letters (sink, id);
