-- What people entered about warnings, news and customers: one row per entry, never updated, outside all runs
CREATE TABLE IF NOT EXISTS creditwatch.entries
(
    entry_id    String                   COMMENT 'hash of the entry',
    kind        LowCardinality(String)   COMMENT 'what was entered: acknowledge, snooze, resolve (a warning); verdict (on a news event); action, release (of our own towards a customer)',
    customer_id String                   COMMENT 'our number of the customer',
    subject     String                   COMMENT 'what it is about: episode_id of a warning, event_id of a news event, action code',
    value       String                   COMMENT 'what was found or done: outcome of a warning, verdict on an event, empty if nothing',
    amount      Nullable(Decimal(18, 4)) COMMENT 'amount in the reporting currency, where there is one',
    until       Nullable(Date)           COMMENT 'last day on which it counts, null = until something else is entered',
    entered_by  String                   COMMENT 'who entered it',
    reason      String                   COMMENT 'why, in their words',
    entered_at  DateTime64(3,'UTC')      COMMENT 'when it was entered, by the clock',
    known_at    DateTime64(3,'UTC')      COMMENT 'from when nights know it: a night heeds it when this is before its cut',
    code        String                   COMMENT 'version of the program'
)
ENGINE = MergeTree
ORDER BY (customer_id, known_at, entered_at, entry_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1
COMMENT 'What people entered about warnings, news and customers: one row per entry, never updated, outside all runs'
