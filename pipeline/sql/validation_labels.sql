-- validation_labels: the defaults of the last 90 days, by the ledger.
-- Grain: one row per default.
SELECT customer_id, occurred_on
FROM creditwatch.default_events_rows
WHERE run = {run:UInt64} AND event = 'default' AND {from_ledger:Bool} AND occurred_on > {night:Date} - 90 AND occurred_on <= {night:Date}
ORDER BY customer_id, occurred_on
