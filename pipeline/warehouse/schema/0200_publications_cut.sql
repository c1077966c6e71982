-- What a published night knew: readers need its cut to see the ledger as it was then
ALTER TABLE creditwatch.publications
    ADD COLUMN IF NOT EXISTS cut Nullable(DateTime64(3,'UTC')) COMMENT 'the night knew the facts learnt before this instant, null = published by a version that did not say' AFTER model_id
