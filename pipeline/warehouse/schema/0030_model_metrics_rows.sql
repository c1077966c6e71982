-- Figures of every trained learner on every sample
CREATE TABLE IF NOT EXISTS creditwatch.model_metrics_rows
(
    run      UInt64                 COMMENT 'run of the night that computed the row',
    as_of    Date                   COMMENT 'business date of the night',
    model_id String                 COMMENT 'model, or the name of a benchmark column',
    learner  LowCardinality(String) COMMENT 'scorecard, forest, benchmark',
    sample   LowCardinality(String) COMMENT 'train, calibration, holdout',
    metric   LowCardinality(String) COMMENT 'auc, auc_se, gini, ks, brier, log_loss, observed, expected, rows, …',
    value    Float64                COMMENT 'value'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (model_id, sample, metric)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Figures of every trained learner on every sample'
