-- The stress set: what the book would lose if
CREATE TABLE IF NOT EXISTS creditwatch.stress_rows
(
    run        UInt64                 COMMENT 'run of the night that computed the row',
    as_of      Date                   COMMENT 'business date of the night',
    position   UInt8                  COMMENT 'order in the set',
    scenario   LowCardinality(String) COMMENT 'tonight, industry_shock, macro_shift, top_failure, reverse_rate, reverse_names, reverse_year',
    parameter  Float64                COMMENT 'what is assumed: factor, standard deviations, number of names, gross margin of the year',
    result     Nullable(Float64)      COMMENT 'what a reverse stress finds: share of exposure, number of names, chance in a year; null = no answer',
    loss       Decimal(18, 4)         COMMENT 'loss to expect in the scenario, reporting currency',
    extra_loss Decimal(18, 4)         COMMENT 'of it more than the expected loss as it stands',
    customers  UInt32                 COMMENT 'customers concerned',
    names      Array(String)          COMMENT 'the largest of them, at most ten',
    text_en    String                 COMMENT 'scenario in English',
    text_zh    String                 COMMENT 'scenario in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (position)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'The stress set: what the book would lose if'
