-- Files and feeds read by a run, so that a night can name its evidence
CREATE TABLE IF NOT EXISTS creditwatch.inputs_rows
(
    run      UInt64                 COMMENT 'run of the night that computed the row',
    as_of    Date                   COMMENT 'business date of the night',
    source   LowCardinality(String) COMMENT 'source of the configuration',
    file     String                 COMMENT 'file or address',
    size     UInt64                 COMMENT 'bytes as stored',
    sha256   String                 COMMENT 'hash of the bytes as stored, hexadecimal',
    encoding LowCardinality(String) COMMENT 'encoding it was read in',
    rows     UInt64                 COMMENT 'rows read'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (source, file)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Files and feeds read by a run, so that a night can name its evidence'
