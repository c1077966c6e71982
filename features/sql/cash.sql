-- cash: what was paid against what was invoiced and owed; how it was paid. Reporting currency. A payment that bounced by the date is
-- no payment: it counts as returned alone.
-- Grain: one row per customer with an invoice, payment or credit note.
WITH
    rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    ),
    known AS
    (
        SELECT customer_id, document_id, transaction_id, kind, status, occurred_on, dateDiff('day', occurred_on, {as_of:Date}) AS age,
               assumeNotNull(toDecimal128OrNull(toString(round(toFloat64(amount) * if(d.currency = {base:String}, 1, r.rate), 4)), 4)) AS base, applies_to, -- not nullable: a sum of no row is zero, not null
               kind = 'payment' AND max(kind = 'payment' AND status = 'returned') OVER (PARTITION BY customer_id, document_id) = 0 AS is_paid
        FROM creditwatch.documents_rows AS d
        LEFT JOIN rates AS r ON r.currency = d.currency
        WHERE run = {run:UInt64} AND kind IN ('invoice', 'payment', 'credit_note', 'write_off', 'refund') AND status != 'cancelled' AND occurred_on <= {as_of:Date}
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
          AND (d.currency = {base:String} OR r.rate IS NOT NULL)
    ),
    pieces AS
    (
        -- A payment that leaves more than 5 % of the invoice open after it is a part payment.
        SELECT customer_id, source_id, max(if(a.left_open > 0.05, 1, 0)) AS is_part
        FROM
        (
            SELECT x.customer_id AS customer_id, x.source_id AS source_id, 1 - sum(y.amount) / max(i.amount) AS left_open
            FROM
            (
                SELECT customer_id, invoice_id, source_id, max(effective_on) AS paid_on, sum(amount) AS amount
                FROM creditwatch.allocations_rows
                WHERE run = {run:UInt64} AND kind = 'payment' AND known_at < {known_by:DateTime64(3)} AND effective_on <= {as_of:Date} AND effective_on > {as_of:Date} - 90
                GROUP BY customer_id, invoice_id, source_id
                HAVING amount > 0
            ) AS x
            INNER JOIN
            (
                SELECT customer_id, invoice_id, effective_on, sum(toFloat64(amount)) AS amount
                FROM creditwatch.allocations_rows
                WHERE run = {run:UInt64} AND known_at < {known_by:DateTime64(3)} AND effective_on <= {as_of:Date}
                GROUP BY customer_id, invoice_id, effective_on
            ) AS y ON y.customer_id = x.customer_id AND y.invoice_id = x.invoice_id
            INNER JOIN
            (
                SELECT customer_id, document_id, toFloat64(max(d.amount)) AS amount
                FROM creditwatch.documents_rows AS d
                WHERE run = {run:UInt64} AND kind = 'invoice' AND status != 'cancelled' AND d.amount > 0
                  AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
                GROUP BY customer_id, document_id
            ) AS i ON i.customer_id = x.customer_id AND i.document_id = x.invoice_id
            WHERE y.effective_on <= x.paid_on
            GROUP BY x.customer_id, x.source_id, x.invoice_id
        ) AS a
        GROUP BY customer_id, source_id
    )
SELECT
    k.customer_id AS customer_id,
    toFloat64(sumIf(base, is_paid AND age < 90))                                                   AS paid_base_90d,
    if(toFloat64(sumIf(base, kind = 'invoice' AND age < 90)) > 0, paid_base_90d / toFloat64(sumIf(base, kind = 'invoice' AND age < 90)), NULL) AS paid_to_invoiced_90d,
    if(toFloat64(sumIf(base, kind = 'invoice' AND age < 365)) > 0, toFloat64(sumIf(base, is_paid AND age < 365)) / toFloat64(sumIf(base, kind = 'invoice' AND age < 365)), NULL) AS paid_to_invoiced_365d,
    toFloat64(sumIf(if(kind IN ('invoice', 'refund'), base, -base), age >= 30))      AS balance_base_30d_ago,
    toFloat64(sumIf(if(kind IN ('invoice', 'refund'), base, -base), age >= 90))      AS balance_base_90d_ago,
    toFloat64(sum(if(kind IN ('invoice', 'refund'), base, -base)))                   AS balance_base,
    if(balance_base_30d_ago > 0.005, balance_base / balance_base_30d_ago, NULL)                                       AS balance_ratio_30d,
    if(balance_base_90d_ago > 0.005, balance_base / balance_base_90d_ago, NULL)                                       AS balance_ratio_90d,
    if(balance_base_30d_ago > 0.005, toFloat64(sumIf(base, is_paid AND age < 30)) / balance_base_30d_ago, NULL) AS paid_to_balance_30d,
    if(balance_base_90d_ago > 0.005, paid_base_90d / balance_base_90d_ago, NULL)                                      AS paid_to_balance_90d,
    countIf(is_paid AND age < 90)                                                       AS payments_count_90d,
    minIf(toNullable(age), is_paid)                                                     AS days_since_last_payment,
    maxIf(toNullable(toFloat64(base)), is_paid AND age < 180)                                      AS payment_max_base_180d,
    minIf(toNullable(toFloat64(base)), is_paid AND age < 180)                                      AS payment_min_base_180d,
    if(countIf(is_paid AND age < 90) > 0, countIf(is_paid AND age < 90 AND applies_to = '') / countIf(is_paid AND age < 90), NULL) AS unreferenced_share_90d,
    if(countIf(is_paid AND age < 90) >= 4, avgIf(ifNull(p.is_part, 0), is_paid AND age < 90), NULL) AS part_payment_share_90d,
    countIf(kind = 'payment' AND status = 'returned' AND age < 30)                                               AS returned_payments_30d,
    countIf(kind = 'payment' AND status = 'returned' AND age < 90)                                               AS returned_payments_90d,
    if(toFloat64(sumIf(base, kind = 'invoice' AND age < 90)) > 0, toFloat64(sumIf(base, kind = 'credit_note' AND age < 90)) / toFloat64(sumIf(base, kind = 'invoice' AND age < 90)), NULL)    AS credit_note_ratio_90d,
    if(toFloat64(sumIf(base, kind = 'invoice' AND age < 365)) > 0, toFloat64(sumIf(base, kind = 'credit_note' AND age < 365)) / toFloat64(sumIf(base, kind = 'invoice' AND age < 365)), NULL) AS credit_note_ratio_365d,
    countIf(kind = 'write_off' AND age < 730)                                                                    AS write_offs_count_730d
FROM known AS k
LEFT JOIN pieces AS p ON p.customer_id = k.customer_id AND p.source_id = k.transaction_id
GROUP BY k.customer_id
