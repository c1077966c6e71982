-- The strongest reasons of each score
CREATE TABLE IF NOT EXISTS creditwatch.score_reasons_rows
(
    run         UInt64                 COMMENT 'run of the night that computed the row',
    as_of       Date                   COMMENT 'business date of the night',
    customer_id String                 COMMENT 'our number of the customer',
    rank        UInt8                  COMMENT '1 = strongest',
    feature     LowCardinality(String) COMMENT 'feature',
    value       Nullable(Float64)      COMMENT 'its value, in the unit of the catalogue',
    points      Float64                COMMENT 'score points lost against the average of the book',
    text_en     String                 COMMENT 'reason in English',
    text_zh     String                 COMMENT 'reason in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, rank)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'The strongest reasons of each score'
