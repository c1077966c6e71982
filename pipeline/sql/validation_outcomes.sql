-- validation_outcomes: reported outcomes of some customers.
-- Grain: one row per outcome.
SELECT customer_id, event, occurred_on
FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
WHERE customer_id IN {customers:Array(String)} AND occurred_on <= {night:Date}
ORDER BY customer_id, occurred_on, event
