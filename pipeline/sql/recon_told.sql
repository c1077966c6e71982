-- recon_told: the newest balances of the general ledger and of customers, beside what the documents say of the same day.
-- Grain: one row per source (general_ledger, confirmation, unanswered), customer and currency; the control account has no customer.
WITH
    -- What stands: the newest word on each account and day; several accounts of the general ledger make one balance.
    told AS
    (
        SELECT source, customer_id, currency, balance_on, if(source = 'general_ledger', '', b.reference) AS letter, min(b.reference) AS reference, sum(toDecimal128(b.amount, 4)) AS amount, max(b.known_at) AS learnt
        FROM
        (
            SELECT if(kind = 'confirmation' AND status = 'unanswered', 'unanswered', toString(kind)) AS source, customer_id, toString(currency) AS currency, balance_on, reference, amount, status, known_at
            FROM creditwatch.ledger_balances(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            WHERE balance_on <= {as_of:Date}
            ORDER BY kind, customer_id, currency, balance_on, reference, known_at DESC, run DESC, line DESC, row_hash
            LIMIT 1 BY kind, customer_id, currency, balance_on, reference
        ) AS b
        WHERE status != 'withdrawn'
        GROUP BY source, customer_id, currency, balance_on, letter
    ),
    newest AS
    (
        SELECT source, customer_id, currency, balance_on, reference, amount, learnt
        FROM told
        ORDER BY source, customer_id, currency, balance_on DESC, learnt DESC, reference
        LIMIT 1 BY source, customer_id, currency
    ),
    documents AS
    (
        SELECT customer_id, document_id, toString(kind) AS kind, toString(currency) AS currency, occurred_on, known_from, ifNull(known_to, toDateTime64('2299-12-31 00:00:00', 3, 'UTC')) AS known_to,
            toDecimal128(if(kind IN ('invoice', 'refund'), amount, -amount), 4) AS signed
        FROM creditwatch.documents_rows
        WHERE run = {run:UInt64} AND kind IN ('invoice', 'payment', 'credit_note', 'write_off', 'refund') AND status != 'cancelled' AND occurred_on <= {as_of:Date} AND known_from < {known_by:DateTime64(3)}
    ),
    sums AS
    (
        -- And the documents near the balance's day, of which one may be what makes the difference.
        SELECT n.source AS source, n.customer_id AS customer_id, n.currency AS currency,
            sumIf(signed, occurred_on <= balance_on AND known_to >= {known_by:DateTime64(3)}) AS ours,
            sumIf(signed, occurred_on <= balance_on AND known_from < learnt AND known_to >= learnt) AS ours_then,
            groupArrayIf((toUInt64(abs(dateDiff('day', occurred_on, balance_on))), occurred_on, document_id, kind, abs(signed)), known_to >= {known_by:DateTime64(3)} AND abs(dateDiff('day', occurred_on, balance_on)) <= 30) AS near
        FROM documents AS d
        INNER JOIN (SELECT source, customer_id, currency, balance_on, learnt FROM newest WHERE customer_id != '') AS n ON n.customer_id = d.customer_id AND n.currency = d.currency
        GROUP BY source, customer_id, currency
        UNION ALL
        SELECT n.source, '' AS customer_id, n.currency,
            sumIf(signed, occurred_on <= balance_on AND known_to >= {known_by:DateTime64(3)}) AS ours,
            sumIf(signed, occurred_on <= balance_on AND known_from < learnt AND known_to >= learnt) AS ours_then,
            [] AS near
        FROM documents AS d
        INNER JOIN (SELECT source, currency, balance_on, learnt FROM newest WHERE customer_id = '') AS n ON n.currency = d.currency
        GROUP BY source, n.currency
    )
SELECT
    source, customer_id, currency, balance_on, reference, toDecimal64(amount, 4) AS amount, toDecimal64(ours, 4) AS ours, toDecimal64(ours_then, 4) AS ours_then,
    matched.3 AS match, matched.4 AS match_kind, matched.2 AS match_on
FROM
(
    SELECT
        n.source AS source, n.customer_id AS customer_id, n.currency AS currency, balance_on, reference, amount, ifNull(s.ours, 0) AS ours, ifNull(s.ours_then, 0) AS ours_then,
        arrayFirst(x -> amount != ours AND x.5 = abs(amount - ours), arraySort(s.near)) AS matched
    FROM newest AS n
    LEFT JOIN sums AS s ON s.source = n.source AND s.customer_id = n.customer_id AND s.currency = n.currency
)
ORDER BY source, customer_id, currency
