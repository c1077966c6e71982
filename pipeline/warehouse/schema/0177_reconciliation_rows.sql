-- What customers owe by the sub-ledger, by the general ledger and by their own word, side by side
CREATE TABLE IF NOT EXISTS creditwatch.reconciliation_rows
(
    run                 UInt64                   COMMENT 'run of the night that computed the row',
    as_of               Date                     COMMENT 'business date of the night',
    customer_id         String                   COMMENT 'our number of the customer, empty = the book: the sum of all customers',
    currency            LowCardinality(String)   COMMENT 'ISO 4217 currency of the amounts, empty (of the book only) = all currencies, in the reporting currency',
    invoices            Decimal(18, 4)           COMMENT 'open invoices after all cash, stated or virtually allocated',
    unapplied_cash      Decimal(18, 4)           COMMENT 'payments that settle no invoice, negative',
    unapplied_credits   Decimal(18, 4)           COMMENT 'credit notes and write-offs that settle no invoice, negative',
    open_refunds        Decimal(18, 4)           COMMENT 'cash given back that was never received: owed to us',
    subledger           Decimal(18, 4)           COMMENT 'what the customer owes by the documents: the sum of these four',
    subledger_base      Decimal(18, 4)           COMMENT 'subledger in the reporting currency, converted once per customer and currency',
    rounding_base       Decimal(18, 4)           COMMENT 'open items converted one by one less subledger_base',
    to_apply            Decimal(18, 4)           COMMENT 'credit that names no invoice in the ledger and is counted against invoices all the same, negative; within subledger',
    oldest_unapplied    Nullable(Int32)          COMMENT 'age in days of the oldest credit that settles no invoice, null = there is none',
    ledger_customers    UInt32                   COMMENT 'customers whose general-ledger balance was given',
    ledger_on           Nullable(Date)           COMMENT 'day of the general-ledger balance, null = none was given; of the book the oldest',
    ledger              Nullable(Decimal(18, 4)) COMMENT 'general-ledger balance of that day, null = none was given',
    ledger_ours         Nullable(Decimal(18, 4)) COMMENT 'sub-ledger of that day by what is known tonight',
    ledger_difference   Nullable(Decimal(18, 4)) COMMENT 'ledger - ledger_ours',
    ledger_booked_since Nullable(Decimal(18, 4)) COMMENT 'part of ledger_ours learnt only after the balance was',
    ledger_state        LowCardinality(String)   COMMENT 'none (not given), agrees, differs, stale (agrees, but is old)',
    control_on          Nullable(Date)           COMMENT 'day of the control account''s balance, of the book only; null = none was given',
    control             Nullable(Decimal(18, 4)) COMMENT 'balance of the control account',
    control_ours        Nullable(Decimal(18, 4)) COMMENT 'sub-ledger of all customers on that day by what is known tonight',
    control_difference  Nullable(Decimal(18, 4)) COMMENT 'control - control_ours',
    control_state       LowCardinality(String)   COMMENT 'as ledger_state',
    confirmed_customers UInt32                   COMMENT 'customers that confirmed a balance',
    confirmed_on        Nullable(Date)           COMMENT 'day of the balance confirmed, null = none was confirmed; of the book the oldest',
    confirmed           Nullable(Decimal(18, 4)) COMMENT 'balance that the customer confirmed, null = none was confirmed',
    confirmed_ours      Nullable(Decimal(18, 4)) COMMENT 'sub-ledger of that day by what is known tonight',
    confirmed_difference Nullable(Decimal(18, 4)) COMMENT 'confirmed - confirmed_ours',
    confirmed_booked_since Nullable(Decimal(18, 4)) COMMENT 'part of confirmed_ours learnt only after the confirmation was',
    confirmed_state     LowCardinality(String)   COMMENT 'as ledger_state, and unanswered (asked, never answered)',
    due_judged          UInt32                   COMMENT 'invoices whose due date was held against the terms',
    due_unjudged        UInt32                   COMMENT 'invoices of which no terms are known, or that are paid in instalments',
    due_wrong           UInt32                   COMMENT 'invoices that fall due on another day than the terms say',
    money_days          Decimal(18, 4)           COMMENT 'credit given for nothing: amount x days beyond the terms, of invoices that fall due too late',
    free_credit_cost    Nullable(Decimal(18, 4)) COMMENT 'what that costs at the policy''s cost of capital, null = the policy has none',
    text_en             String                   COMMENT 'the row in words, English',
    text_zh             String                   COMMENT 'the row in words, Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, currency)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What customers owe by the sub-ledger, by the general ledger and by their own word, side by side'
