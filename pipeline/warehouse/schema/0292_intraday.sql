-- Judgements of a running day: the newest is what readers see of it until its night is published
CREATE TABLE IF NOT EXISTS creditwatch.intraday
(
    as_of Date                 COMMENT 'the day that was running',
    run   UInt64               COMMENT 'run whose warnings are shown',
    cut   DateTime64(3, 'UTC') COMMENT 'what was known before this instant was judged',
    at    DateTime64(3, 'UTC') COMMENT 'when the judgement was made'
)
ENGINE = MergeTree
ORDER BY run
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1
COMMENT 'Judgements of a running day: the newest is what readers see of it until its night is published'
