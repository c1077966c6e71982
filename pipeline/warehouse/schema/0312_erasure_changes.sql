-- Stages of kept runs that an erasure changed, with what was recorded of them before
CREATE TABLE IF NOT EXISTS creditwatch.erasure_changes
(
    erasure_id      String                 COMMENT 'the request, see erasures',
    as_of           Date                   COMMENT 'business date of the run',
    run             UInt64                 COMMENT 'run whose rows were changed',
    stage           LowCardinality(String) COMMENT 'stage that had kept them',
    attempt         UInt32                 COMMENT 'record of the stage in stage_runs that holds no longer; the next one does',
    rows_before     UInt64                 COMMENT 'rows that it recorded',
    checksum_before UInt64                 COMMENT 'checksum that it recorded',
    rows_removed    UInt64                 COMMENT 'rows that were to be removed',
    rows_changed    UInt64                 COMMENT 'rows of others in which a name or number was to be blotted out',
    noted_at        DateTime64(3,'UTC')    COMMENT 'when, by the clock, right before the rows were changed'
)
ENGINE = MergeTree
ORDER BY (run, stage, attempt)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1
COMMENT 'Stages of kept runs that an erasure changed, with what was recorded of them before'
