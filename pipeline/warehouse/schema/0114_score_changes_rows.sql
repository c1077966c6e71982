-- Why a score is not what it was on the night before
CREATE TABLE IF NOT EXISTS creditwatch.score_changes_rows
(
    run          UInt64                 COMMENT 'run of the night that computed the row',
    as_of        Date                   COMMENT 'business date of the night',
    customer_id  String                 COMMENT 'our number of the customer',
    rank         UInt8                  COMMENT '1 = moved the score most',
    kind         LowCardinality(String) COMMENT 'feature, others (all further features), model (another model, the same facts), level (calibration: the level of the whole book), default (entered or left default)',
    feature      LowCardinality(String) COMMENT 'feature, empty for the other kinds',
    value_before Nullable(Float64)      COMMENT 'its value on the night before',
    value_now    Nullable(Float64)      COMMENT 'its value tonight',
    log_odds     Float64                COMMENT 'its part in the change of the log-odds of default; the parts of a customer add up to the change',
    points       Float64                COMMENT 'the same in score points; positive = riskier',
    text_en      String                 COMMENT 'change in English',
    text_zh      String                 COMMENT 'change in Chinese',
    before_on    Date                   COMMENT 'night it is compared with',
    pd_before    Float64                COMMENT 'probability of default within 12 months on the night before',
    pd_now       Float64                COMMENT 'probability of default within 12 months tonight'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, rank)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Why a score is not what it was on the night before'
