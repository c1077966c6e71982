-- Stages kept: a stage counts as done when its row is here and its checksum still matches
CREATE TABLE IF NOT EXISTS creditwatch.stage_runs
(
    run         UInt64                 COMMENT 'run of the night',
    as_of       Date                   COMMENT 'business date of the night',
    stage       LowCardinality(String) COMMENT 'name of the stage',
    attempt     UInt32                 COMMENT 'number of the attempt at the stage, from 1',
    rows        UInt64                 COMMENT 'rows kept over all tables of the stage',
    checksum    UInt64                 COMMENT 'checksum of those rows, computed by the server from what is stored',
    took_ms     UInt64                 COMMENT 'duration in milliseconds',
    finished_at DateTime64(3,'UTC')    COMMENT 'when the row was written'
)
ENGINE = MergeTree
ORDER BY (run, stage, attempt)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1
COMMENT 'Stages kept: a stage counts as done when its row is here and its checksum still matches'
