-- What happened to warnings: opened, raised, acknowledged, closed …
CREATE TABLE IF NOT EXISTS creditwatch.warning_events_rows
(
    run         UInt64                 COMMENT 'run of the night that computed the row',
    as_of       Date                   COMMENT 'business date of the night',
    customer_id String                 COMMENT 'our number of the customer',
    code        LowCardinality(String) COMMENT 'indicator of the catalogue',
    episode_id  String                 COMMENT 'the warning',
    seq         UInt16                 COMMENT 'order within the warning and night, from 1',
    event       LowCardinality(String) COMMENT 'opened, reopened, raised, lowered, lifted, suppressed, unsuppressed, acknowledged, snoozed, woken, escalated, resolved, closed',
    severity    UInt8                  COMMENT 'how bad as the night ends: 1 info, 2 watch, 3 act, 4 critical',
    old_value   String                 COMMENT 'what held before: severity, suppressor, date, owner, outcome or, for reopened, the former episode; empty if nothing',
    new_value   String                 COMMENT 'what holds since, empty if nothing',
    entered_by  String                 COMMENT 'who, empty for the night itself',
    reason      String                 COMMENT 'why, in their words',
    entry_id    String                 COMMENT 'entry that it follows, empty for the night itself',
    text_en     String                 COMMENT 'what happened, in English',
    text_zh     String                 COMMENT 'what happened, in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, code, seq)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What happened to warnings: opened, raised, acknowledged, closed …'
