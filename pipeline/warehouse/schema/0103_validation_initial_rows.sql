-- What a model showed when it was first validated: the reference of later nights, carried unchanged from run to run
CREATE TABLE IF NOT EXISTS creditwatch.validation_initial_rows
(
    run          UInt64                 COMMENT 'run of the night that computed or carried the row',
    as_of        Date                   COMMENT 'business date of the night',
    model_id     String                 COMMENT 'model',
    validated_on Date                   COMMENT 'night on which it first scored the book and was validated',
    name         LowCardinality(String) COMMENT 'auc, auc_variance, grades, exposure, deciles, scores, bins, shares, points, migration, reference',
    feature      String                 COMMENT 'feature of bins, shares, points and reference; empty otherwise',
    place        UInt32                 COMMENT 'row of a matrix, from 1; 1 otherwise',
    figures      Array(Float64)         COMMENT 'the figures in order; NaN where missing'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (model_id, name, feature, place)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What a model showed when it was first validated: the reference of later nights, carried unchanged from run to run'
