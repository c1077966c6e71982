-- Promotions and rollbacks that people decided: one row per decision, never updated, outside all runs
CREATE TABLE IF NOT EXISTS creditwatch.model_decisions
(
    decision_id String                 COMMENT 'hash of the decision and of the one before it',
    kind        LowCardinality(String) COMMENT 'promote or rollback',
    model_id    String                 COMMENT 'model that is to score',
    replaces    String                 COMMENT 'model that scored when it was decided; a rollback bars it from promotion by the rule',
    decided_by  String                 COMMENT 'who decided',
    approved_by String                 COMMENT 'who approved, another person; empty of a rollback',
    reason      String                 COMMENT 'why, in their words',
    decided_at  DateTime64(3,'UTC')    COMMENT 'when it was decided, by the clock',
    known_at    DateTime64(3,'UTC')    COMMENT 'from when nights know it: a night follows it when this is before its cut',
    previous    String                 COMMENT 'decision_id of the newest decision before it, empty of the first',
    code        String                 COMMENT 'version of the program'
)
ENGINE = MergeTree
ORDER BY (known_at, decided_at, decision_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1
COMMENT 'Promotions and rollbacks that people decided: one row per decision, never updated, outside all runs'
