-- Contacts with customers: calls, visits, complaints, promises, requests
CREATE TABLE IF NOT EXISTS creditwatch.interactions_rows
(
    interaction_id  String                   COMMENT 'number of the contact',
    customer_id     String                   COMMENT 'our number of the customer',
    kind            LowCardinality(String)   COMMENT 'call, visit, email, statement, dunning, promise, extension_request, limit_request, complaint, feedback',
    occurred_on     Date                     COMMENT 'day of the contact',
    outcome         LowCardinality(String)   COMMENT 'reached, no_answer, agreed, refused; empty if none',
    promised_amount Nullable(Decimal(18, 4)) COMMENT 'amount promised',
    promised_on     Nullable(Date)           COMMENT 'day by which it was promised',
    document_id     String                   COMMENT 'invoice it is about, empty if none',
    sentiment       Nullable(Float64)        COMMENT '-1 hostile to 1 friendly',
    severity        LowCardinality(String)   COMMENT 'of a complaint: low, medium, high',
    closed_on       Nullable(Date)           COMMENT 'day a complaint was closed',
    owner           String                   COMMENT 'who had the contact',
    run             UInt64                   COMMENT 'run that accepted the row; rows count once that run is published',
    as_of           Date                     COMMENT 'business date of the night that first read the row',
    source          LowCardinality(String)   COMMENT 'source of the configuration that delivered the row',
    file            String                   COMMENT 'file or address the row came from',
    line            UInt64                   COMMENT 'line of the file (first line is 1), or the entry''s number',
    row_hash        UInt128                  COMMENT 'identity of the row''s content, by which a second delivery is known',
    known_at        DateTime64(3,'UTC')      COMMENT 'instant at which we learnt the row; no earlier night sees it'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, known_at, interaction_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Contacts with customers: calls, visits, complaints, promises, requests'
