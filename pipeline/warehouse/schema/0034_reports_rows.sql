-- The reports as written
CREATE TABLE IF NOT EXISTS creditwatch.reports_rows
(
    run      UInt64                 COMMENT 'run of the night that computed the row',
    as_of    Date                   COMMENT 'business date of the night',
    language LowCardinality(String) COMMENT 'en or zh',
    file     String                 COMMENT 'file name under reports/',
    sha256   String                 COMMENT 'hash of the file',
    content  String                 COMMENT 'the file'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (language, file)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'The reports as written'
