-- What retention removed: a row per table and run, written before the rows go and never changed
CREATE TABLE IF NOT EXISTS creditwatch.removals
(
    as_of      Date                   COMMENT 'business date of the night whose rows went',
    run        UInt64                 COMMENT 'run whose rows went',
    name       LowCardinality(String) COMMENT 'table they were in, as readers call it',
    why        LowCardinality(String) COMMENT 'superseded = a later publication replaced the run; age = older than the table is kept',
    kept_days  UInt32                 COMMENT 'days for which the configuration keeps such rows',
    rows       UInt64                 COMMENT 'rows that went',
    bytes      UInt64                 COMMENT 'bytes on disk that went',
    checksum   UInt64                 COMMENT 'sum of the hashes of the rows, so that what is left of the stage can still be held against what was recorded',
    removed_at DateTime64(3,'UTC')    COMMENT 'when it was decided; the rows go right after',
    code       String                 COMMENT 'version of the program'
)
ENGINE = MergeTree
ORDER BY (as_of, run, name)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1
COMMENT 'What retention removed: a row per table and run, written before the rows go and never changed'
