-- The statute that dunning names stands in a section of the policy of its own
ALTER TABLE creditwatch.dunning_rows
    COMMENT COLUMN IF EXISTS interest_rule 'what it rests on: contract, a rule of the policy''s section statute, none; empty when not late'
