-- disputes: what customers of a range of numbers contest. Reporting currency.
-- Grain: one row per customer and slice (365: of so many days; late: of 180 days, part = raised after the due date).
WITH rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    )
SELECT customer_id, slice, count() AS n, countIf(occurred_on > due_on) AS part, toDecimal64(sum(toDecimal128(ifNull(base, 0), 4)), 4) AS amount, max(occurred_on) AS last_on
FROM
(
    SELECT d.customer_id AS customer_id, d.occurred_on AS occurred_on, d.base AS base, i.due_on AS due_on, slice
    FROM
    (
        SELECT customer_id, applies_to, occurred_on, dateDiff('day', occurred_on, {as_of:Date}) AS age, round(toFloat64(amount) * if(x.currency = {base:String}, 1, r.rate), 4) AS base
        FROM creditwatch.documents_rows AS x
        LEFT JOIN rates AS r ON r.currency = x.currency
        WHERE run = {run:UInt64} AND customer_id >= {first:String} AND customer_id <= {last:String} AND kind = 'dispute' AND status != 'cancelled' AND occurred_on <= {as_of:Date}
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
    ) AS d
    LEFT JOIN
    (
        SELECT customer_id, document_id, max(due_on) AS due_on
        FROM creditwatch.documents_rows
        WHERE run = {run:UInt64} AND customer_id >= {first:String} AND customer_id <= {last:String} AND kind = 'invoice' AND status != 'cancelled' AND occurred_on <= {as_of:Date}
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
        GROUP BY customer_id, document_id
    ) AS i ON i.customer_id = d.customer_id AND i.document_id = d.applies_to
    ARRAY JOIN arrayFilter(s -> s != '', [if(age < 365, '365', ''), if(age < 180, 'late', '')]) AS slice
)
GROUP BY customer_id, slice
ORDER BY customer_id, slice
