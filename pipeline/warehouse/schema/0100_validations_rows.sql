-- The validation of a night: its light and what it stood on
CREATE TABLE IF NOT EXISTS creditwatch.validations_rows
(
    run            UInt64                 COMMENT 'run of the night that computed the row',
    as_of          Date                   COMMENT 'business date of the night',
    model_id       String                 COMMENT 'model judged; empty when the night has none',
    role           LowCardinality(String) COMMENT 'champion, challenger or none',
    light          LowCardinality(String) COMMENT 'light of the book: green, amber, red or grey',
    blocks         Bool                   COMMENT 'a red light of the kind that stops a night, published because the configuration says so',
    results        UInt32                 COMMENT 'tests decided or carried tonight',
    rows           UInt64                 COMMENT 'past customers and cohorts judged by',
    mature         UInt64                 COMMENT 'of these: outcome known over the whole horizon',
    defaults       UInt64                 COMMENT 'of the mature ones: defaulted',
    one_in         UInt64                 COMMENT 'one customer in so many is looked at; 1 = every one',
    horizon_months UInt8                  COMMENT 'months the label looks ahead',
    fingerprint    UInt64                 COMMENT 'catalogue and SQL of the features of the night',
    bounds_version String                 COMMENT 'version of the bounds of the lights',
    note           String                 COMMENT 'why there was nothing to judge, empty otherwise'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (role, model_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'The validation of a night: its light and what it stood on'
