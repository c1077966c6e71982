-- What is wrong with contracts and securities, or for want of them
CREATE TABLE IF NOT EXISTS creditwatch.contract_findings_rows
(
    run            UInt64                   COMMENT 'run of the night that computed the row',
    as_of          Date                     COMMENT 'business date of the night',
    customer_id    String                   COMMENT 'our number of the customer; empty = of the whole book',
    contract_id    String                   COMMENT 'number of the contract; empty = the customer has none, or its own record says it',
    code           LowCardinality(String)   COMMENT 'no_contracts, rate_stale (of the book), no_contract, contract_expired, contract_ends, review_missing, review_overdue, cover_expired, cover_expires, terms_over_statute, rate_under_floor, longer_terms, late_interest',
    severity       UInt8                    COMMENT '1 info, 2 watch, 3 act',
    owner          String                   COMMENT 'who is responsible',
    amount_base    Decimal(18, 4)           COMMENT 'at stake, reporting currency like all amounts here: of late_interest what may be claimed, of longer_terms the invoices concerned, of cover_expires and cover_expired the exposure that loses or lacks that cover, of no_contract the exposure, else what is open under the contract',
    exposure_base  Nullable(Decimal(18, 4)) COMMENT 'of cover: exposure of the customer before cover',
    covered_base   Nullable(Decimal(18, 4)) COMMENT 'of cover: what of it stays covered when that cover, and all that end before it, are gone; of cover_expired what is covered tonight',
    uncovered_base Nullable(Decimal(18, 4)) COMMENT 'of cover: the rest of the exposure',
    invoices       UInt32                   COMMENT 'open invoices behind the amount',
    ends_on        Nullable(Date)           COMMENT 'day on which the contract, its cover or the time for its review ends; null where nothing ends',
    since          Date                     COMMENT 'night from which the finding stands without a break',
    due_on         Date                     COMMENT 'day by which to act, never before the night: that of the end, else so many business days after since as the policy says',
    action         LowCardinality(String)   COMMENT 'action codes, separated by spaces',
    text_en        String                   COMMENT 'the finding in English',
    text_zh        String                   COMMENT 'the same in Chinese',
    policy_hash    String                   COMMENT 'SHA-256 of the policy that decided'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, contract_id, code)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What is wrong with contracts and securities, or for want of them'
