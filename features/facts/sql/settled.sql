-- settled: invoices that customers of a range of numbers settled, and how late they were; a row for the one settled last. Reporting currency.
-- Grain: one row per customer and slice (90, 365, 730: days, part = late; late-30: of 365 days, part = more than 30 days late; last).
WITH
    rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    ),
    invoices AS
    (
        SELECT i.customer_id AS customer_id, i.document_id AS document_id, s.settled_on AS settled_on, dateDiff('day', i.due_on, s.settled_on) AS late, round(toFloat64(i.total) * if(i.currency = {base:String}, 1, r.rate), 4) AS base
        FROM
        (
            SELECT customer_id, document_id, any(currency) AS currency, sum(amount) AS total, max(due_on) AS due_on
            FROM creditwatch.documents_rows
            WHERE run = {run:UInt64} AND customer_id >= {first:String} AND customer_id <= {last:String} AND kind = 'invoice' AND status != 'cancelled' AND occurred_on <= {as_of:Date}
              AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
            GROUP BY customer_id, document_id
        ) AS i
        INNER JOIN
        (
            SELECT customer_id, invoice_id, sum(net) AS total, maxIf(newest, net > 0) AS settled_on
            FROM
            (
                SELECT customer_id, invoice_id, source_id, sum(amount) AS net, maxIf(effective_on, amount > 0) AS newest
                FROM creditwatch.allocations_rows
                WHERE run = {run:UInt64} AND customer_id >= {first:String} AND customer_id <= {last:String} AND known_at < {known_by:DateTime64(3)} AND effective_on <= {as_of:Date}
                GROUP BY customer_id, invoice_id, source_id
            )
            GROUP BY customer_id, invoice_id
        ) AS s ON s.customer_id = i.customer_id AND s.invoice_id = i.document_id
        LEFT JOIN rates AS r ON r.currency = i.currency
        WHERE s.total >= i.total AND i.due_on IS NOT NULL
    )
SELECT
    customer_id, slice,
    count()                                                                                       AS n,
    countIf(is_late)                                                                              AS part,
    toDecimal64(sumIf(toDecimal128(ifNull(base, 0), 4), is_late), 4)                              AS amount,
    ifNotFinite(avgIf(toFloat64(late), is_late), 0.)                                              AS days,
    toFloat64(max(late))                                                                          AS days_most,
    max(settled_on)                                                                               AS last_on,
    ''                                                                                            AS name
FROM
(
    SELECT customer_id, settled_on, late, base, cut.1 AS slice, late > cut.3 AS is_late
    FROM invoices
    ARRAY JOIN arrayFilter(c -> settled_on > {as_of:Date} - c.2, [('90', 90, 0), ('365', 365, 0), ('730', 730, 0), ('late-30', 365, 30)]) AS cut
)
GROUP BY customer_id, slice
UNION ALL
SELECT customer_id, 'last', 1, toUInt64(late > 0), toDecimal64(ifNull(base, 0), 4), toFloat64(late), toFloat64(late), settled_on, document_id
FROM
(
    SELECT customer_id, settled_on, late, document_id, base FROM invoices ORDER BY customer_id, settled_on DESC, document_id LIMIT 1 BY customer_id
)
