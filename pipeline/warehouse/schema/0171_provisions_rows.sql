-- Two provisions per customer and for the book, what parts them, and the movement since the last night
CREATE TABLE IF NOT EXISTS creditwatch.provisions_rows
(
    run              UInt64                 COMMENT 'run of the night that computed the row',
    as_of            Date                   COMMENT 'business date of the night',
    customer_id      String                 COMMENT 'our number of the customer, empty = the book: the sum of all customers',
    segment          LowCardinality(String) COMMENT 'segment by rolls.segment_by',
    method           LowCardinality(String) COMMENT 'matrix, individual (by the customer''s own figures), none (owes nothing), all (the book)',
    open_base        Decimal(18, 4)         COMMENT 'open invoices less cash that settles nothing, reporting currency like all amounts here',
    matrix_base      Decimal(18, 4)         COMMENT 'provision by the provision matrix: open amount by bucket x lifetime loss x (1 - recovery) x forward factor',
    model_base       Decimal(18, 4)         COMMENT 'provision by the model: PD x LGD x EAD, as expected_loss of the losses',
    exposure_base    Decimal(18, 4)         COMMENT 'part of model - matrix: orders under way and cash that settles nothing',
    cover_base       Decimal(18, 4)         COMMENT 'part of it: securities and insurance',
    severity_base    Decimal(18, 4)         COMMENT 'part of it: another share lost in a default',
    probability_base Decimal(18, 4)         COMMENT 'part of it: another probability of default',
    unscored_base    Decimal(18, 4)         COMMENT 'part of it: no probability is known; the five parts add up to model - matrix',
    opening_base     Decimal(18, 4)         COMMENT 'matrix provision of the last published night',
    new_base         Decimal(18, 4)         COMMENT 'movement since: more provided for new, grown or older items',
    released_base    Decimal(18, 4)         COMMENT 'movement since: no longer needed, negative',
    written_off_base Decimal(18, 4)         COMMENT 'movement since: used for what was written off, negative',
    fx_base          Decimal(18, 4)         COMMENT 'movement since: exchange rates; opening and the four movements add up to matrix_base'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Two provisions per customer and for the book, what parts them, and the movement since the last night'
