-- Default probability, exposure and expected loss per customer
CREATE TABLE IF NOT EXISTS creditwatch.scores_rows
(
    run            UInt64                 COMMENT 'run of the night that computed the row',
    as_of          Date                   COMMENT 'business date of the night',
    customer_id    String                 COMMENT 'our number of the customer',
    pd_1m          Nullable(Float64)      COMMENT 'probability of default within 1 month',
    pd_3m          Nullable(Float64)      COMMENT 'probability of default within 3 months',
    pd_6m          Nullable(Float64)      COMMENT 'probability of default within 6 months',
    pd_12m         Nullable(Float64)      COMMENT 'probability of default within 12 months; null = no score, see note',
    pd_lo          Nullable(Float64)      COMMENT 'lower end of the 90 % interval of pd_12m',
    pd_hi          Nullable(Float64)      COMMENT 'upper end of the 90 % interval of pd_12m',
    score          Nullable(Float64)      COMMENT 'points: 600 at odds 50:1, 20 points double the odds',
    grade          LowCardinality(String) COMMENT 'grade on the master scale, D = in default',
    evidence_grade LowCardinality(String) COMMENT 'depth of evidence, A rich to G none',
    ead            Decimal(18, 4)         COMMENT 'exposure at default, reporting currency',
    lgd            Float64                COMMENT 'loss given default, share of exposure',
    expected_loss  Decimal(18, 4)         COMMENT 'pd_12m x lgd x ead, reporting currency',
    model_id       String                 COMMENT 'model that scored',
    note           String                 COMMENT 'why there is no score, or why the model was not used'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Default probability, exposure and expected loss per customer'
