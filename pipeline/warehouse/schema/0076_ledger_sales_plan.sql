-- Planned sales per customer and month as a night sees them: known before the cut, from published nights (but not earlier runs of the same night) or this run.
CREATE OR REPLACE VIEW creditwatch.ledger_sales_plan
AS SELECT customer_id, month, amount, currency, run, source, file, line, row_hash, known_at
FROM creditwatch.sales_plan_rows
WHERE known_at < {known_by:DateTime64(3)}
  AND (run = {run:UInt64} OR run IN (SELECT run FROM creditwatch.live_runs WHERE as_of != {night:Date}))
