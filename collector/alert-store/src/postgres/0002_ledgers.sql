-- Version 2.

-- Encryption ledgers of nodes, and what they cover.
CREATE TABLE ledgers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cluster text NOT NULL,
    node text NOT NULL,
    begun_ms bigint NOT NULL,
    revision bigint NOT NULL,
    last_ms bigint NOT NULL,
    header bytea NOT NULL,
    UNIQUE (cluster, node, begun_ms)
);

-- Their edges (is_edge), and the workloads that they know. The newest state alone.
CREATE TABLE ledger_edges (
    ledger_id bigint NOT NULL,
    is_edge boolean NOT NULL,
    key bytea NOT NULL,
    revision bigint NOT NULL,
    last_ms bigint NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (ledger_id, is_edge, key)
);
CREATE INDEX ledger_edges_age ON ledger_edges (last_ms);
