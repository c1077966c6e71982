-- What was decided about champion and challengers, by which criteria and by whom: one row per decision and night
CREATE TABLE IF NOT EXISTS creditwatch.promotions_rows
(
    run           UInt64                   COMMENT 'run of the night that computed the row',
    as_of         Date                     COMMENT 'business date of the night',
    seq           UInt8                    COMMENT 'order of the decisions of a night, from 1',
    decision      LowCardinality(String)   COMMENT 'first, kept, shadow, waiting, dismissed, promoted, appointed, rolled_back, refused, restored, failed, none',
    champion      String                   COMMENT 'model that was to score before the decision, empty if none',
    challenger    String                   COMMENT 'model the decision is about, empty if none',
    live          String                   COMMENT 'model that scores after it, empty if none',
    retrained     Bool                     COMMENT 'models were trained this night, whatever became of them',
    mode          LowCardinality(String)   COMMENT 'automatic or manual: whether the rule alone may promote',
    shadow_nights UInt32                   COMMENT 'nights the challenger has been in shadow',
    criterion     Array(String)            COMMENT 'codes of the criteria of the rule, as D05; those of the validation pack where it has one',
    measured      Array(Nullable(Float64)) COMMENT 'value of each criterion, null where the data cannot answer',
    bound         Array(String)            COMMENT 'what each value is held against',
    verdict       Array(String)            COMMENT 'pass, fail, grey (not enough data), wait (passes with time) of each criterion',
    finding       LowCardinality(String)   COMMENT 'code of what went wrong: too_few_defaults, one_class, not_a_number, inverted, constant_score, no_snapshot, training_failed, unsound, leakage, unknown, hash, format, features, code, unreadable; empty if nothing',
    decided_by    String                   COMMENT 'rule, or the person who decided',
    approved_by   String                   COMMENT 'the second person, of an appointment',
    decision_id   String                   COMMENT 'row of model_decisions that the night followed last, empty if none',
    text_en       String                   COMMENT 'what was decided and why, English',
    text_zh       String                   COMMENT 'what was decided and why, Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (seq)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What was decided about champion and challengers, by which criteria and by whom: one row per decision and night'
