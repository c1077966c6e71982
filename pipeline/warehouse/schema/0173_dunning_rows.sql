-- What is due tonight about each open invoice on the dunning ladder: steps proposed, held back, waited for
CREATE TABLE IF NOT EXISTS creditwatch.dunning_rows
(
    run                UInt64                 COMMENT 'run of the night that computed the row',
    as_of              Date                   COMMENT 'business date of the night',
    customer_id        String                 COMMENT 'our number of the customer',
    document_id        String                 COMMENT 'number of the invoice',
    instalments        UInt32                 COMMENT 'instalments of the invoice; more than one: steps are counted per due date',
    invoiced_on        Date                   COMMENT 'day of the invoice',
    due_on             Date                   COMMENT 'due date',
    days_past_due      Int32                  COMMENT 'days past due; negative before the due date',
    currency           LowCardinality(String) COMMENT 'ISO 4217 currency of the amounts of the row',
    open_amount        Decimal(18, 4)         COMMENT 'open after all cash',
    ledger_open_amount Decimal(18, 4)         COMMENT 'open after cash that names the invoice',
    open_base          Decimal(18, 4)         COMMENT 'open_amount in the reporting currency',
    state              LowCardinality(String) COMMENT 'proposed, suppressed (held back tonight, comes when the reason is gone) or waiting (the step was proposed before, or a last safe day is near)',
    reason             LowCardinality(String) COMMENT 'of suppressed: unapplied_cash, disputed, promised, too_small',
    step               LowCardinality(String) COMMENT 'step of the ladder; of waiting the last one proposed. A step that a published night proposed is never proposed again',
    jumped_by          LowCardinality(String) COMMENT 'code of the open warning (action DUN+1) that moved it up a step, empty if none',
    channel            LowCardinality(String) COMMENT 'how the step goes out',
    owner              String                 COMMENT 'who is responsible',
    fee                Decimal(18, 4)         COMMENT 'fee of the step',
    claimed            Decimal(18, 4)         COMMENT 'claimed with the step beside the invoice: its fee, and the interest where the step claims it',
    interest           Decimal(18, 4)         COMMENT 'interest on late payment that may be claimed tonight, with the fixed sum of the statute if there is one',
    interest_rule      LowCardinality(String) COMMENT 'what it rests on: contract, a statute of dunning.interest, none; empty when not late',
    next_step          LowCardinality(String) COMMENT 'step after that, empty at the end of the ladder',
    next_on            Nullable(Date)         COMMENT 'business day on which it is reached',
    notify_insurer_by  Nullable(Date)         COMMENT 'last safe day to tell the insurer, null when the invoice is not insured',
    claim_lapses_on    Nullable(Date)         COMMENT 'last safe day of the claim: the limitation period ends',
    text_en            String                 COMMENT 'text of the step or why there is none, in English',
    text_zh            String                 COMMENT 'the same in Chinese'
)
ENGINE = MergeTree
PARTITION BY run
ORDER BY (customer_id, due_on, document_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What is due tonight about each open invoice on the dunning ladder: steps proposed, held back, waited for'
