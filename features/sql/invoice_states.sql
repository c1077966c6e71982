-- invoice_states: every invoice as it was known on the date: what is open, when it was settled, how late.
-- Grain: one row per invoice, or per instalment of one. A working table that the feature families read; amounts in the reporting
-- currency. Cash is allocated to documents: it settles the instalments of one in the order in which they fall due.
INSERT INTO creditwatch.invoice_states_rows
WITH least(greatest(ifNull(s.total, toDecimal128(0, 4)) - i.before, toDecimal128(0, 4)), toDecimal128(i.amount, 4)) AS settled
SELECT
    {run:UInt64}                                                             AS run,
    {as_of:Date}                                                             AS as_of,
    i.customer_id                                                            AS customer_id,
    i.document_id                                                            AS document_id,
    i.currency                                                               AS currency,
    i.occurred_on                                                            AS invoiced_on,
    i.due_on                                                                 AS due_on,
    if(i.currency = {base:String}, i.amount, toDecimal64OrNull(toString(round(toFloat64(i.amount) * r.rate, 4)), 4)) AS amount,
    if(i.currency = {base:String}, i.amount - settled, toDecimal64OrNull(toString(round(toFloat64(i.amount - settled) * r.rate, 4)), 4)) AS open,
    if(i.amount - settled <= 0, if(empty(s.days), i.occurred_on, s.days[greatest(arrayFirstIndex(x -> x >= i.before + i.amount, s.sums), 1)]), NULL)   AS settled_on,
    multiIf(
        i.due_on IS NULL, NULL,
        settled_on IS NOT NULL, dateDiff('day', i.due_on, settled_on),
        i.due_on < {as_of:Date}, dateDiff('day', i.due_on, {as_of:Date}),
        NULL)                                                                AS days_late,
    ifNull(s.pieces, 0)                                                      AS payments,
    if(ifNull(s.total, 0) > 0, toFloat64(s.stated) / toFloat64(s.total), 0) AS by_reference,
    ifNull(d.disputed_on IS NOT NULL AND (d.ended_on IS NULL OR d.ended_on < d.disputed_on), 0) AS disputed,
    d.disputed_on                                                            AS disputed_on
FROM
(
    SELECT customer_id, document_id, currency, occurred_on, due_on, d.amount AS amount,
           sum(d.amount) OVER (PARTITION BY customer_id, document_id ORDER BY ifNull(due_on, occurred_on), transaction_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - d.amount AS before
    FROM creditwatch.documents_rows AS d
    WHERE run = {run:UInt64} AND kind = 'invoice' AND status != 'cancelled' AND occurred_on <= {as_of:Date}
      AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
) AS i
LEFT JOIN
(
    SELECT
        customer_id, invoice_id,
        sum(net)                     AS total,
        sum(stated_net)              AS stated,
        arraySort(groupArrayIf((newest, net), net > 0)) AS log, log.1 AS days, arrayCumSum(log.2) AS sums,
        countIf(net > 0)             AS pieces -- what was taken back (a payment that bounced) settles nothing
    FROM
    (
        SELECT customer_id, invoice_id, source_id, sum(amount) AS net, sumIf(amount, method = 'reference') AS stated_net, maxIf(effective_on, amount > 0) AS newest
        FROM creditwatch.allocations_rows
        WHERE run = {run:UInt64} AND known_at < {known_by:DateTime64(3)} AND effective_on <= {as_of:Date}
        GROUP BY customer_id, invoice_id, source_id
    )
    GROUP BY customer_id, invoice_id
) AS s ON s.customer_id = i.customer_id AND s.invoice_id = i.document_id
LEFT JOIN
(
    SELECT
        customer_id, applies_to,
        maxIf(toNullable(occurred_on), kind = 'dispute')        AS disputed_on,
        maxIf(toNullable(occurred_on), kind = 'dispute_closed') AS ended_on
    FROM creditwatch.documents_rows
    WHERE run = {run:UInt64} AND kind IN ('dispute', 'dispute_closed') AND status != 'cancelled' AND occurred_on <= {as_of:Date}
      AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
    GROUP BY customer_id, applies_to
) AS d ON d.customer_id = i.customer_id AND d.applies_to = i.document_id
LEFT JOIN
(
    SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
    FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    WHERE valid_on <= {as_of:Date}
    GROUP BY currency
) AS r ON r.currency = i.currency
