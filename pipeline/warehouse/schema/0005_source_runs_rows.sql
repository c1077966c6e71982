-- Rows per source and run: read = accepted + rejected + duplicates
CREATE TABLE IF NOT EXISTS creditwatch.source_runs_rows
(
    run         UInt64                 COMMENT 'run of the night that computed the row',
    as_of       Date                   COMMENT 'business date of the night',
    source      LowCardinality(String) COMMENT 'source of the configuration',
    read        UInt64                 COMMENT 'rows read',
    accepted    UInt64                 COMMENT 'rows kept in the ledger',
    rejected    UInt64                 COMMENT 'rows refused, kept whole in rejects',
    duplicates  UInt64                 COMMENT 'rows known already',
    corrections UInt64                 COMMENT 'accepted rows that supersede an earlier one',
    files       UInt64                 COMMENT 'files or feeds read',
    newest      Nullable(Date)         COMMENT 'newest day that the accepted and known rows speak of, for freshness',
    took_ms     UInt64                 COMMENT 'duration in milliseconds'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (source)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Rows per source and run: read = accepted + rejected + duplicates'
