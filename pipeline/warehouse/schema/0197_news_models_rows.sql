-- Headline classifiers of the nights
CREATE TABLE IF NOT EXISTS creditwatch.news_models_rows
(
    run       UInt64             COMMENT 'run of the night that computed the row',
    as_of     Date               COMMENT 'business date of the night',
    model_id  String             COMMENT 'hash of the kept classifier, hexadecimal',
    labels_id String             COMMENT 'hash of the labelled headlines it learnt from, hexadecimal',
    headlines UInt64             COMMENT 'labelled headlines it learnt from',
    bad       UInt64             COMMENT 'of which bad news',
    auc       Nullable(Float64)  COMMENT 'chance that it ranks a bad headline above a good one, both of companies it did not learn from; null if not known',
    auc_rules Nullable(Float64)  COMMENT 'the same of the rules alone',
    code      String             COMMENT 'version of the program',
    kept      String             COMMENT 'the classifier, as base64'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (model_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Headline classifiers of the nights'
