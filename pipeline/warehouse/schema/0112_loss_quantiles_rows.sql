-- The loss of a bad year, of the book and of each industry
CREATE TABLE IF NOT EXISTS creditwatch.loss_quantiles_rows
(
    run             UInt64                   COMMENT 'run of the night that computed the row',
    as_of           Date                     COMMENT 'business date of the night',
    scope           LowCardinality(String)   COMMENT 'book or industry',
    industry        LowCardinality(String)   COMMENT 'industry of the scope, empty for the book and for customers without one',
    level           Float64                  COMMENT 'a year''s loss stays below with this probability: 0.95, 0.99, 0.999',
    correlation     Float64                  COMMENT 'correlation with the one factor, loss.correlation',
    smooth_loss     Decimal(18, 4)           COMMENT 'loss of that year if the book were of very many small names, by formula, reporting currency',
    adjusted_loss   Nullable(Decimal(18, 4)) COMMENT 'the same with the granularity adjustment for few large names; null where the adjustment is more than smooth_loss: the formula then says nothing',
    loss            Decimal(18, 4)           COMMENT 'loss of that year counted name by name, whatever their sizes',
    top_loss        Decimal(18, 4)           COMMENT 'part of the ten names that contribute most',
    top_names       Array(String)            COMMENT 'these names, the largest part first',
    customers       UInt32                   COMMENT 'customers of the scope',
    unscored        UInt32                   COMMENT 'of them with exposure but without a default probability: they count as if they could not default',
    ead             Decimal(18, 4)           COMMENT 'exposure at default of the scope',
    expected_loss   Decimal(18, 4)           COMMENT 'expected loss of the scope',
    herfindahl      Nullable(Float64)        COMMENT 'sum of squared shares in ead, null without exposure',
    effective_names Nullable(Float64)        COMMENT '1 / herfindahl: how many equal exposures would be as concentrated'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (scope, industry, level)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'The loss of a bad year, of the book and of each industry'
