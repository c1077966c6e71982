-- record_troubles: when customers defaulted or came to be 60 days past due, and when that ended, as known tonight.
-- Grain: one row per customer, kind and change.
SELECT DISTINCT customer_id, kind, is_start, occurred_on
FROM
(
    SELECT customer_id, 'default' AS kind, event = 'default' AS is_start, occurred_on
    FROM creditwatch.default_events_rows
    WHERE run = {run:UInt64} AND {from_ledger:Bool} AND known_at < {known_by:DateTime64(3)}
    UNION ALL
    SELECT customer_id, 'late', event = 'default', occurred_on
    FROM creditwatch.alternative_events_rows
    WHERE run = {run:UInt64} AND definition = 'past_due_60' AND known_at < {known_by:DateTime64(3)}
    UNION ALL
    SELECT customer_id, 'default', event != 'cure', occurred_on
    FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    WHERE event IN (SELECT arrayJoin(splitByChar(',', {from_outcomes:String}))) OR event = 'cure'
)
WHERE occurred_on <= {as_of:Date}
ORDER BY customer_id, kind, occurred_on, is_start
