-- Models trained or carried by a run, with the artefact
CREATE TABLE IF NOT EXISTS creditwatch.models_rows
(
    run            UInt64                 COMMENT 'run of the night that computed the row',
    as_of          Date                   COMMENT 'business date of the night',
    model_id       String                 COMMENT 'learner and hash of the artefact',
    learner        LowCardinality(String) COMMENT 'scorecard, forest',
    is_champion    Bool                   COMMENT 'scores the night',
    trained_on     Date                   COMMENT 'business date of the training',
    horizon_months UInt8                  COMMENT 'months the label looks ahead',
    fingerprint    String                 COMMENT 'names and order of the features it reads',
    note           String                 COMMENT 'why it was chosen, or carried over',
    artefact       String                 COMMENT 'the model, as the program writes it'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (model_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Models trained or carried by a run, with the artefact'
