-- The audit log: one row per act, each bound to the one before it by its hash, never updated, outside all runs
CREATE TABLE IF NOT EXISTS creditwatch.audit_rows
(
    seq      UInt64                 COMMENT 'number of the record, from 1 without gaps',
    at       DateTime64(3,'UTC')    COMMENT 'when the act was done, by the clock',
    actor    String                 COMMENT 'user of the operating system whose process did it; found by …: the act was found in a journal later; proxy user of …: who signed in',
    act      LowCardinality(String) COMMENT 'publish, report, enter, decide, configure, replay, backup, restore, erase, retention, serve, sign-in, query',
    object   String                 COMMENT 'what was changed or opened: a date, an identity, a file, a folder',
    key      String                 COMMENT 'identity of an act that is recorded once, empty of others',
    details  String                 COMMENT 'more on it as JSON, without personal data and amounts',
    previous String                 COMMENT 'hash of the record before, empty of the first',
    hash     String                 COMMENT 'SHA-256 over the columns before it, each as length, colon, text, newline; at in milliseconds since 1970'
)
ENGINE = MergeTree
ORDER BY seq
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1
COMMENT 'The audit log: one row per act, each bound to the one before it by its hash, never updated, outside all runs'
