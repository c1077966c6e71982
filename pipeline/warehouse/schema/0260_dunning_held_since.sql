-- What is held back night after night is told from what is newly held back
ALTER TABLE creditwatch.dunning_rows
    ADD COLUMN IF NOT EXISTS held_since Nullable(Date) COMMENT 'of suppressed: night from which the invoice is held back for this reason without a break, as_of = newly held back; null = not suppressed, or a night of a version that did not say' AFTER reason
