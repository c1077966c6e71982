-- Results of the validation pack: a test on a scope, with its light
CREATE TABLE IF NOT EXISTS creditwatch.validation_results_rows
(
    run            UInt64                 COMMENT 'run of the night that computed the row',
    as_of          Date                   COMMENT 'business date of the night',
    model_id       String                 COMMENT 'model judged; empty where the test is about the night',
    code           LowCardinality(String) COMMENT 'test of the validation pack: D01, C01, …',
    family         LowCardinality(String) COMMENT 'tests whose p-values are corrected together',
    scope          String                 COMMENT 'book, grade, segment, feature or cell it looks at',
    name_en        String                 COMMENT 'what the test asks, in English',
    name_zh        String                 COMMENT 'what the test asks, in Chinese',
    value          Nullable(Float64)      COMMENT 'what is reported: an AUC, a ratio, a share',
    statistic      Nullable(Float64)      COMMENT 'statistic of the test',
    p              Nullable(Float64)      COMMENT 'p-value before correction',
    p_adjusted     Nullable(Float64)      COMMENT 'p-value after Holm''s correction within the family',
    q              Nullable(Float64)      COMMENT 'false discovery rate within the family at which it is named (Benjamini-Hochberg)',
    effect         Nullable(Float64)      COMMENT 'size of the effect, on the scale of the floor',
    floor          Nullable(Float64)      COMMENT 'smallest effect that matters',
    power          Nullable(Float64)      COMMENT 'chance to see an effect as large as the floor',
    n              Float64                COMMENT 'rows it rests on',
    d              Float64                COMMENT 'defaults it rests on',
    light          LowCardinality(String) COMMENT 'green, amber, red, or grey: the data cannot answer',
    weak           Bool                   COMMENT 'amber because the data could hardly have shown more',
    amount         Nullable(Float64)      COMMENT 'money it is about, reporting currency',
    decided_on     Date                   COMMENT 'night of the light; before as_of when nothing new was known since',
    cohort         Nullable(Date)         COMMENT 'newest mature cohort when it was decided',
    known          Float64                COMMENT 'defaults known when it was decided',
    bounds_version String                 COMMENT 'version of the bounds it was decided by',
    text_en        String                 COMMENT 'result in English',
    text_zh        String                 COMMENT 'result in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (model_id, code, scope)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Results of the validation pack: a test on a scope, with its light'
