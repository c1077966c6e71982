-- Which cash settles which invoice, as it was known over time (append-only log); every published night
CREATE OR REPLACE VIEW creditwatch.allocations
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, invoice_id, source_id, kind, currency, amount, method, effective_on, known_at
FROM creditwatch.allocations_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Which cash settles which invoice, as it was known over time (append-only log); every published night'
