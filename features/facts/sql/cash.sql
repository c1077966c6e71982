-- cash: payments, returned payments, credit notes and write-offs of customers of a range of numbers. Reporting currency.
-- Grain: one row per customer and slice (90, 365: payments of so many days; last; returned; credit-90; credit-365; write-off).
WITH
    rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    ),
    documents AS
    (
        SELECT customer_id, document_id, kind, status, occurred_on, dateDiff('day', occurred_on, {as_of:Date}) AS age, round(abs(toFloat64(amount)) * if(d.currency = {base:String}, 1, r.rate), 4) AS base
        FROM creditwatch.documents_rows AS d
        LEFT JOIN rates AS r ON r.currency = d.currency
        WHERE run = {run:UInt64} AND customer_id >= {first:String} AND customer_id <= {last:String} AND kind IN ('payment', 'credit_note', 'write_off') AND status != 'cancelled' AND occurred_on <= {as_of:Date}
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
    ),
    bounced AS (SELECT DISTINCT customer_id, document_id FROM documents WHERE kind = 'payment' AND status = 'returned')
SELECT customer_id, slice, count() AS n, toDecimal64(sum(toDecimal128(ifNull(base, 0), 4)), 4) AS amount, max(occurred_on) AS last_on
FROM
(
    SELECT customer_id, base, occurred_on, slice
    FROM documents
    ARRAY JOIN arrayFilter(s -> s != '', [
        if(kind = 'payment' AND status = '' AND age < 90, '90', ''), if(kind = 'payment' AND status = '' AND age < 365, '365', ''),
        if(kind = 'payment' AND status = 'returned' AND age < 90, 'returned', ''),
        if(kind = 'credit_note' AND age < 90, 'credit-90', ''), if(kind = 'credit_note' AND age < 365, 'credit-365', ''), if(kind = 'write_off' AND age < 730, 'write-off', '')]) AS slice
    WHERE status = 'returned' OR (customer_id, document_id) NOT IN (SELECT customer_id, document_id FROM bounced)
    UNION ALL
    SELECT customer_id, base, occurred_on, 'last'
    FROM
    (
        SELECT customer_id, base, occurred_on FROM documents
        WHERE kind = 'payment' AND status = '' AND (customer_id, document_id) NOT IN (SELECT customer_id, document_id FROM bounced)
        ORDER BY customer_id, occurred_on DESC, base DESC LIMIT 1 BY customer_id
    )
)
GROUP BY customer_id, slice
ORDER BY customer_id, slice
