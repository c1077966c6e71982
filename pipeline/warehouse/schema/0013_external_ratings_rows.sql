-- Ratings and scores of agencies, bureaus and banks
CREATE TABLE IF NOT EXISTS creditwatch.external_ratings_rows
(
    customer_id       String                   COMMENT 'our number of the customer',
    agency            LowCardinality(String)   COMMENT 'who rates',
    scale             LowCardinality(String)   COMMENT 'name of the scale',
    grade             LowCardinality(String)   COMMENT 'grade on that scale',
    score             Nullable(Float64)        COMMENT 'score of the agency, in its own units',
    pd                Nullable(Float64)        COMMENT 'twelve-month default probability the grade stands for, 0 to 1',
    recommended_limit Nullable(Decimal(18, 4)) COMMENT 'limit recommended by the agency, reporting currency',
    outlook           LowCardinality(String)   COMMENT 'positive, stable, negative; empty if none',
    rated_on          Date                     COMMENT 'day of the rating',
    run               UInt64                   COMMENT 'run that accepted the row; rows count once that run is published',
    as_of             Date                     COMMENT 'business date of the night that first read the row',
    source            LowCardinality(String)   COMMENT 'source of the configuration that delivered the row',
    file              String                   COMMENT 'file or address the row came from',
    line              UInt64                   COMMENT 'line of the file (first line is 1), or the entry''s number',
    row_hash          UInt128                  COMMENT 'identity of the row''s content, by which a second delivery is known',
    known_at          DateTime64(3,'UTC')      COMMENT 'instant at which we learnt the row; no earlier night sees it'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, agency, known_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Ratings and scores of agencies, bureaus and banks'
