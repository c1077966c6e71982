-- warn_exceptions: how often the rules were bent for a customer in 90 days: limits raised for at most 90 days, holds lifted, and actions of
-- ours that people released early. A hold lifted and set again within 7 days, with an order in between, is a bypass.
-- Grain: one row per customer.
WITH
    (SELECT count() > 0 FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}) WHERE hold_status != '') AS has_holds,
    (SELECT count() > 0 FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}) WHERE limit_valid_to IS NOT NULL) AS has_limits,
    versions AS
    (
        SELECT
            customer_id, known_at, toDate(known_at) AS day, hold_status = 'hold' AS held, credit_limit, limit_valid_to,
            lagInFrame(held, 1, 0) OVER w AS was_held, lagInFrame(credit_limit) OVER w AS limit_before
        FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WINDOW w AS (PARTITION BY customer_id ORDER BY known_at, run, line, row_hash ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    orders AS
    (
        SELECT customer_id, groupArray(occurred_on) AS days
        FROM creditwatch.documents_rows
        WHERE run = {run:UInt64} AND kind = 'order' AND occurred_on <= {as_of:Date} AND occurred_on > {as_of:Date} - 100
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
        GROUP BY customer_id
    )
SELECT
    v.customer_id AS customer_id,
    if(has_holds OR has_limits,
       toFloat64(countIf(day > {as_of:Date} - 90 AND was_held AND NOT held) + countIf(ifNull(day > {as_of:Date} - 90 AND credit_limit > limit_before AND dateDiff('day', day, limit_valid_to) <= 90, 0)) + any(ifNull(e.released, 0))), NULL) AS exceptions_90d,
    if(has_holds,
       toFloat64(arrayCount(x -> x > {as_of:Date} - 90 AND arrayExists(h -> h >= x AND h <= x + 7 AND arrayExists(o -> o >= x AND o <= h, any(o.days)), groupArrayIf(day, held AND NOT was_held)), groupArrayIf(day, was_held AND NOT held))), NULL) AS hold_bypasses_90d
FROM versions AS v
LEFT JOIN orders AS o ON o.customer_id = v.customer_id
LEFT JOIN
(
    SELECT customer_id, count() AS released
    FROM creditwatch.entries
    WHERE kind = 'release' AND known_at < {known_by:DateTime64(3)} AND toDate(known_at) > {as_of:Date} - 90
    GROUP BY customer_id
) AS e ON e.customer_id = v.customer_id
GROUP BY v.customer_id
