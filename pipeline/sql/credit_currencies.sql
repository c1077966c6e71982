-- credit_currencies: what each customer owes and has ordered, by currency: the parts of exposures.
-- Grain: one row per customer and currency.
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
        SELECT customer_id, document_id, kind, applies_to, status, occurred_on, toString(d.currency) AS currency, round(toFloat64(amount) * if(d.currency = {base:String}, 1, r.rate), 4) AS base
        FROM creditwatch.documents_rows AS d
        LEFT JOIN rates AS r ON r.currency = d.currency
        WHERE run = {run:UInt64} AND kind IN ('order', 'invoice') AND status != 'cancelled' AND occurred_on <= {as_of:Date}
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
    )
SELECT customer_id, currency, sum(open_amount) AS open_amount, sum(open) AS open, sum(shipped) AS shipped, sum(orders) AS orders, sum(unapplied) AS unapplied
FROM
(
    SELECT customer_id, toString(currency) AS currency, open_amount, if(kind = 'invoice', open_base, toDecimal64(0, 4)) AS open, toDecimal64(0, 4) AS shipped, toDecimal64(0, 4) AS orders, if(kind = 'unapplied', -open_base, toDecimal64(0, 4)) AS unapplied
    FROM creditwatch.open_items_rows
    WHERE run = {run:UInt64}
    UNION ALL
    SELECT
        o.customer_id, o.currency, toDecimal64(0, 4), toDecimal64(0, 4),
        toDecimal64(if(o.is_shipped, greatest(o.total - ifNull(i.total, 0), 0), 0) + 0.00005, 4), -- half a unit more, for toDecimal64 cuts off
        toDecimal64(if(o.is_shipped, 0, greatest(o.total - ifNull(i.total, 0), 0)) + 0.00005, 4), toDecimal64(0, 4)
    FROM
    (
        SELECT customer_id, document_id, any(currency) AS currency, max(status = 'shipped') AS is_shipped, toFloat64(sum(toDecimal128(base, 4))) AS total
        FROM documents
        WHERE kind = 'order' AND base IS NOT NULL AND occurred_on > {as_of:Date} - if(status = 'shipped', 365, 60)
        GROUP BY customer_id, document_id
    ) AS o
    LEFT JOIN
    (
        SELECT customer_id, applies_to, toFloat64(sum(toDecimal128(base, 4))) AS total
        FROM documents
        WHERE kind = 'invoice' AND applies_to != '' AND base IS NOT NULL
          AND (customer_id, applies_to) IN (SELECT customer_id, document_id FROM documents WHERE kind = 'order' AND occurred_on > {as_of:Date} - if(status = 'shipped', 365, 60)) -- those of other orders are most
        GROUP BY customer_id, applies_to
    ) AS i ON i.customer_id = o.customer_id AND i.applies_to = o.document_id
)
GROUP BY customer_id, currency
ORDER BY customer_id, currency
