-- Rows refused by the pull, kept whole
CREATE TABLE IF NOT EXISTS creditwatch.rejects_rows
(
    run    UInt64                 COMMENT 'run of the night that computed the row',
    as_of  Date                   COMMENT 'business date of the night',
    source LowCardinality(String) COMMENT 'source of the configuration',
    file   String                 COMMENT 'file or address the row came from',
    line   UInt64                 COMMENT 'line of the file, first line is 1',
    column String                 COMMENT 'ledger column at fault, empty if it is the whole row',
    reason String                 COMMENT 'what is wrong and what was expected',
    raw    String                 COMMENT 'the row as it came'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (source, file, line)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Rows refused by the pull, kept whole'
