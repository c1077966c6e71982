-- Checks of a night: contract, freshness, volume, control totals
CREATE TABLE IF NOT EXISTS creditwatch.checks_rows
(
    run      UInt64                 COMMENT 'run of the night that computed the row',
    as_of    Date                   COMMENT 'business date of the night',
    name     LowCardinality(String) COMMENT 'check',
    scope    String                 COMMENT 'source, table, currency or bucket it looked at',
    light    LowCardinality(String) COMMENT 'green, amber, red (stops the night) or grey (cannot be judged)',
    value    Nullable(Float64)      COMMENT 'what was found',
    expected Nullable(Float64)      COMMENT 'what was expected',
    text_en  String                 COMMENT 'finding in English',
    text_zh  String                 COMMENT 'finding in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (name, scope)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Checks of a night: contract, freshness, volume, control totals'
