-- Every attempt at a night: one row per change of state, never updated
CREATE TABLE IF NOT EXISTS creditwatch.runs
(
    run         UInt64                 COMMENT 'number of the attempt, ascending over all nights',
    as_of       Date                   COMMENT 'business date of the night',
    state       LowCardinality(String) COMMENT 'started, failed, interrupted, stopped (by a gate), published, abandoned',
    at          DateTime64(3,'UTC')    COMMENT 'when the state was reached',
    host        String                 COMMENT 'machine of the process',
    pid         UInt32                 COMMENT 'process number on that machine',
    fence       UInt64                 COMMENT 'number of the claim under which the run works; a higher one wins',
    code        String                 COMMENT 'version of the program',
    config_hash String                 COMMENT 'SHA-256 of the effective configuration, secrets left out',
    policy_hash String                 COMMENT 'SHA-256 of the policy',
    message     String                 COMMENT 'what went wrong, empty if nothing'
)
ENGINE = MergeTree
ORDER BY (run, at)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1
COMMENT 'Every attempt at a night: one row per change of state, never updated'
