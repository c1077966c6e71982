-- history: earlier defaults of customers of a range of numbers.
-- Grain: one row per customer with a default.
SELECT customer_id, 'defaults' AS slice, count() AS n, max(occurred_on) AS last_on
FROM
(
    SELECT customer_id, occurred_on
    FROM creditwatch.default_events_rows
    WHERE run = {run:UInt64} AND event = 'default' AND known_at < {known_by:DateTime64(3)} AND occurred_on <= {as_of:Date} AND customer_id >= {first:String} AND customer_id <= {last:String}
    UNION ALL
    SELECT customer_id, occurred_on
    FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    WHERE event IN ('default', 'insolvency') AND occurred_on <= {as_of:Date} AND customer_id >= {first:String} AND customer_id <= {last:String}
)
GROUP BY customer_id
ORDER BY customer_id
