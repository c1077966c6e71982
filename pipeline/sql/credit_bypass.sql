-- credit_bypass: orders that were closed and made again, for about the same amount and soon: a way around a check that looks at an order once.
-- Grain: one row per customer; the newest such order.
WITH orders AS
    (
        SELECT customer_id, document_id, currency, toFloat64(amount) AS amount, status, known_at
        FROM creditwatch.ledger_transactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE kind = 'order' AND known_at >= {known_by:DateTime64(3)} - toIntervalDay({bypass_days:Int64} + 30)
    )
SELECT customer_id, argMax(what, (made_at, what)) AS bypass
FROM
(
    SELECT c.customer_id AS customer_id, n.known_at AS made_at, concat(c.document_id, ' → ', n.document_id) AS what
    FROM (SELECT customer_id, document_id, currency, amount, known_at FROM orders WHERE status = 'cancelled') AS c
    INNER JOIN (SELECT customer_id, document_id, currency, amount, known_at FROM orders WHERE status != 'cancelled') AS n ON n.customer_id = c.customer_id AND n.currency = c.currency
    WHERE n.known_at > c.known_at AND n.known_at <= c.known_at + toIntervalDay({bypass_days:Int64}) AND n.known_at >= {known_by:DateTime64(3)} - toIntervalDay(30)
      AND abs(n.amount - c.amount) <= {bypass_tolerance:Float64} * c.amount
)
GROUP BY customer_id
ORDER BY customer_id
