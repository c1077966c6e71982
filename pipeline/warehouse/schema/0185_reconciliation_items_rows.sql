-- What does not match: balances that differ, credit without an invoice, due dates against the terms
CREATE TABLE IF NOT EXISTS creditwatch.reconciliation_items_rows
(
    run            UInt64                   COMMENT 'run of the night that computed the row',
    as_of          Date                     COMMENT 'business date of the night',
    customer_id    String                   COMMENT 'our number of the customer, empty = the control account',
    currency       LowCardinality(String)   COMMENT 'ISO 4217 currency',
    kind           LowCardinality(String)   COMMENT 'control_difference, control_stale, ledger_difference, ledger_stale, confirmation_difference, confirmation_stale, confirmation_unanswered, confirmation_of_nobody; unapplied_cash, unknown_reference, overpaid, unapplied_credit, excess_write_off, open_refund, to_apply; due_late, due_early, due_missing',
    document_id    String                   COMMENT 'number of the document, or reference of the balance',
    dated_on       Date                     COMMENT 'day of the document or of the balance',
    age_days       Int32                    COMMENT 'days from then to the night',
    amount         Decimal(18, 4)           COMMENT 'amount at stake: the difference, the credit left (negative), the invoice',
    amount_base    Decimal(18, 4)           COMMENT 'amount in the reporting currency',
    is_late        Bool                     COMMENT 'credit without an invoice that is older than the policy allows',
    matches        String                   COMMENT 'of a difference: document near that day over exactly that amount, empty = none',
    due_on         Nullable(Date)           COMMENT 'due date of the invoice',
    due_by_terms   Nullable(Date)           COMMENT 'due date by the terms',
    terms_days     Nullable(Int32)          COMMENT 'days of credit by the terms',
    terms_from     String                   COMMENT 'contract that gives the terms, or customer: its record',
    free_days      Nullable(Int32)          COMMENT 'days beyond the terms, negative = too early, null = no due date',
    money_days     Nullable(Decimal(18, 4)) COMMENT 'amount x free_days of a due date that is too late',
    cost           Nullable(Decimal(18, 4)) COMMENT 'what that costs at the policy''s cost of capital, null = the policy has none',
    action         LowCardinality(String)   COMMENT 'RECON, APPLY (to an invoice), REFUND (or offset), CONFIRM (ask again), BILL (correct the due date)',
    text_en        String                   COMMENT 'what it is and what to do, English',
    text_zh        String                   COMMENT 'what it is and what to do, Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, kind, document_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What does not match: balances that differ, credit without an invoice, due dates against the terms'
