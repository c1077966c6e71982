-- When retention came to its end: the schedule makes up one whose time passed while the machine was off
CREATE TABLE IF NOT EXISTS creditwatch.retentions
(
    ended_at DateTime64(3,'UTC') COMMENT 'when it had removed all that was old enough',
    code     String              COMMENT 'version of the program'
)
ENGINE = MergeTree
ORDER BY ended_at
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1
COMMENT 'When retention came to its end: the schedule makes up one whose time passed while the machine was off'
