-- Version 2.

-- Encryption ledgers of nodes, and what they cover.
CREATE TABLE ledgers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cluster TEXT NOT NULL,
    node TEXT NOT NULL,
    begun_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    header BLOB NOT NULL,
    UNIQUE (cluster, node, begun_ms)
) STRICT;

-- Their edges (is_edge 1), and the workloads that they know (0). The newest state alone.
CREATE TABLE ledger_edges (
    ledger_id INTEGER NOT NULL,
    is_edge INTEGER NOT NULL,
    key BLOB NOT NULL,
    revision INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (ledger_id, is_edge, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_edges_age ON ledger_edges (last_ms);
