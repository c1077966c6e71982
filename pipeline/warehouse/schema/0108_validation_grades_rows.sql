-- The grades of a validated model: who is in them, what came of the newest mature cohort, where customers went within a year
CREATE TABLE IF NOT EXISTS creditwatch.validation_grades_rows
(
    run               UInt64                 COMMENT 'run of the night that computed the row',
    as_of             Date                   COMMENT 'business date of the night',
    model_id          String                 COMMENT 'model',
    place             UInt8                  COMMENT 'place of the grade on the master scale, 1 = best',
    grade             LowCardinality(String) COMMENT 'grade on the master scale',
    customers         UInt64                 COMMENT 'customers of tonight''s book in the grade',
    exposure          Float64                COMMENT 'their exposure at default, reporting currency',
    pd                Nullable(Float64)      COMMENT 'their mean default probability over the horizon; null without customers',
    customers_initial Float64                COMMENT 'customers in the grade when the model was first validated',
    exposure_initial  Float64                COMMENT 'exposure in the grade when the model was first validated',
    cohort            Nullable(Date)         COMMENT 'newest cohort whose outcome is known over the whole horizon; null without one',
    cohort_customers  UInt64                 COMMENT 'customers of that cohort that the model did not learn from, in the grade',
    cohort_defaults   UInt64                 COMMENT 'of these: defaulted within the horizon',
    cohort_pd         Nullable(Float64)      COMMENT 'mean default probability that the model gives to these; null without customers',
    moved_from        Nullable(Date)         COMMENT 'cohort of a year ago that the migration starts from; null without one',
    moved             Array(Float64)         COMMENT 'customers of the grade a year ago by what they are tonight: grades in order, then defaulted, then gone'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (model_id, place)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'The grades of a validated model: who is in them, what came of the newest mature cohort, where customers went within a year'
