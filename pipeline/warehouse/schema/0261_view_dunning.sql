-- What is due tonight about each open invoice on the dunning ladder: steps proposed, held back, waited for; every published night
CREATE OR REPLACE VIEW creditwatch.dunning
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, document_id, instalments, invoiced_on, due_on, days_past_due, currency, open_amount, ledger_open_amount, open_base, state, reason, held_since, step, jumped_by, channel, owner, fee, claimed, interest, interest_rule, next_step, next_on, notify_insurer_by, claim_lapses_on, text_en, text_zh
FROM creditwatch.dunning_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'What is due tonight about each open invoice on the dunning ladder: steps proposed, held back, waited for; every published night'
