-- recon_footing: what of the reconciliation is not what the documents, the allocations and the balances given add up to, each summed without the
-- open items; and what of its rows does not add up to the book. To the last decimal.
-- Grain: one row per disagreement; none is the right answer.
WITH
    kept AS
    (
        SELECT customer_id, toString(r.currency) AS currency, toDecimal128(r.invoices, 4) AS invoices, toDecimal128(unapplied_cash, 4) + toDecimal128(unapplied_credits, 4) AS credit, toDecimal128(open_refunds, 4) AS refunds,
            toDecimal128(r.subledger, 4) AS subledger, toDecimal128(subledger_base, 4) AS base, toDecimal128(subledger_base, 4) + toDecimal128(rounding_base, 4) AS items_base, toDecimal128(r.to_apply, 4) AS to_apply,
            toDecimal128(r.ledger, 4) AS ledger, toDecimal128(r.ledger_difference, 4) AS ledger_difference, toDecimal128(r.control, 4) AS control, toDecimal128(r.control_difference, 4) AS control_difference,
            toDecimal128(r.confirmed, 4) AS confirmed, toDecimal128(r.confirmed_difference, 4) AS confirmed_difference, toDecimal128(r.money_days, 4) AS money_days, r.due_wrong AS due_wrong
        FROM creditwatch.reconciliation_rows AS r
        WHERE run = {run:UInt64}
    ),
    customers AS
    (
        SELECT customer_id, currency, invoices, credit, refunds, subledger, base, items_base, to_apply, ledger, ledger_difference, confirmed, confirmed_difference, money_days, due_wrong
        FROM kept
        WHERE customer_id != ''
    ),
    documents AS
    (
        SELECT customer_id, toString(d.currency) AS currency, sumIf(toDecimal128(amount, 4), kind IN ('invoice', 'refund')) AS debts, sumIf(toDecimal128(amount, 4), kind NOT IN ('invoice', 'refund')) AS credits
        FROM creditwatch.documents_rows AS d
        WHERE run = {run:UInt64} AND kind IN ('invoice', 'payment', 'credit_note', 'write_off', 'refund') AND status != 'cancelled' AND occurred_on <= {as_of:Date}
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
        GROUP BY customer_id, currency
    ),
    settled AS
    (
        SELECT customer_id, toString(a.currency) AS currency, sum(toDecimal128(a.amount, 4)) AS amount
        FROM creditwatch.allocations_rows AS a
        WHERE run = {run:UInt64} AND effective_on <= {as_of:Date} AND known_at < {known_by:DateTime64(3)}
        GROUP BY customer_id, currency
    ),
    -- What the customer owes and what of its credit is left, by documents and allocations; and in the reporting currency, half a unit away from zero.
    paths AS
    (
        SELECT d.customer_id AS customer_id, d.currency AS currency, d.debts - d.credits AS owed, d.debts - ifNull(s.amount, 0) AS debts_left, ifNull(s.amount, 0) - d.credits AS credit_left,
            if(d.currency = {base:String}, 1, r.rate) AS fx, toFloat64(toInt64(owed * 10000)) * fx AS units,
            if(fx = 1, owed, toDecimal128(toDecimal128(trunc(units) + if(abs(units - trunc(units)) >= 0.5, sign(units), 0), 0) * toDecimal128('0.0001', 4), 4)) AS base
        FROM documents AS d
        LEFT JOIN settled AS s ON s.customer_id = d.customer_id AND s.currency = d.currency
        LEFT JOIN
        (
            SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
            FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            WHERE valid_on <= {as_of:Date}
            GROUP BY currency
        ) AS r ON r.currency = d.currency
    ),
    given AS
    (
        SELECT customer_id, currency, argMax(amount, balance_on) AS amount
        FROM
        (
            SELECT customer_id, currency, balance_on, sum(toDecimal128(v.amount, 4)) AS amount
            FROM
            (
                SELECT customer_id, toString(currency) AS currency, balance_on, reference, argMax(amount, (known_at, run, line)) AS amount, argMax(status, (known_at, run, line)) AS status
                FROM creditwatch.ledger_balances(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
                WHERE balance_on <= {as_of:Date} AND kind = 'general_ledger'
                GROUP BY customer_id, currency, balance_on, reference
            ) AS v
            WHERE status != 'withdrawn'
            GROUP BY customer_id, currency, balance_on
        )
        GROUP BY customer_id, currency
    ),
    items AS
    (
        SELECT customer_id, toString(i.currency) AS currency,
            sumIf(toDecimal128(amount, 4), kind IN ('unapplied_cash', 'unknown_reference', 'overpaid', 'unapplied_credit', 'excess_write_off', 'open_refund')) AS loose,
            sumIf(toDecimal128(amount, 4), kind = 'to_apply') AS to_apply, sumIf(toDecimal128(amount, 4), kind = 'ledger_difference') AS ledger_difference,
            sumIf(toDecimal128(amount, 4), kind = 'control_difference') AS control_difference, sumIf(toDecimal128(amount, 4), kind = 'confirmation_difference') AS confirmed_difference,
            sumIf(toDecimal128(ifNull(i.money_days, 0), 4), kind = 'due_late') AS money_days, toUInt32(countIf(kind IN ('due_late', 'due_early', 'due_missing'))) AS due_wrong
        FROM creditwatch.reconciliation_items_rows AS i
        WHERE run = {run:UInt64}
        GROUP BY customer_id, currency
    )
SELECT what, name, left, right -- what is nearest to the fault comes first
FROM
(
    SELECT 'documents' AS what, concat(coalesce(k.customer_id, p.customer_id), ' ', coalesce(k.currency, p.currency)) AS name, toString(k.subledger) AS left, toString(p.owed) AS right
    FROM customers AS k
    FULL OUTER JOIN paths AS p ON p.customer_id = k.customer_id AND p.currency = k.currency
    WHERE ifNull(k.subledger, 0) != ifNull(p.owed, 0)
    UNION ALL
    SELECT 'allocations', concat(coalesce(k.customer_id, p.customer_id), ' ', coalesce(k.currency, p.currency)), toString((k.invoices + k.refunds, k.credit)), toString((p.debts_left, p.credit_left))
    FROM customers AS k
    FULL OUTER JOIN paths AS p ON p.customer_id = k.customer_id AND p.currency = k.currency
    WHERE ifNull(k.invoices + k.refunds, 0) != ifNull(p.debts_left, 0) OR ifNull(k.credit, 0) != ifNull(p.credit_left, 0)
    UNION ALL
    SELECT 'parts', concat(customer_id, ' ', currency), toString(subledger), toString(invoices + credit + refunds)
    FROM kept
    WHERE subledger != invoices + credit + refunds
    UNION ALL
    SELECT 'reporting currency', concat(k.customer_id, ' ', k.currency), toString(k.base), toString(p.base)
    FROM customers AS k
    LEFT JOIN paths AS p ON p.customer_id = k.customer_id AND p.currency = k.currency
    WHERE k.base != ifNull(p.base, 0)
    UNION ALL
    SELECT 'open items', concat(coalesce(k.customer_id, o.customer_id), ' ', coalesce(k.currency, o.currency)), toString((k.subledger, k.items_base)), toString((o.amount, o.base))
    FROM customers AS k
    FULL OUTER JOIN
    (
        SELECT customer_id, toString(i.currency) AS currency, sum(toDecimal128(open_amount, 4)) AS amount, sum(toDecimal128(open_base, 4)) AS base
        FROM creditwatch.open_items_rows AS i
        WHERE run = {run:UInt64}
        GROUP BY customer_id, currency
    ) AS o ON o.customer_id = k.customer_id AND o.currency = k.currency
    WHERE ifNull(k.subledger, 0) != ifNull(o.amount, 0) OR ifNull(k.items_base, 0) != ifNull(o.base, 0)
    UNION ALL
    SELECT 'general ledger', concat(coalesce(k.customer_id, g.customer_id), ' ', coalesce(k.currency, g.currency)), toString(k.amount), toString(g.amount)
    FROM (SELECT customer_id, currency, if(customer_id = '', control, ledger) AS amount FROM kept WHERE currency != '') AS k
    FULL OUTER JOIN given AS g ON g.customer_id = k.customer_id AND g.currency = k.currency
    WHERE k.amount IS DISTINCT FROM g.amount
    UNION ALL
    SELECT 'items', concat(k.customer_id, ' ', k.currency), toString((k.loose, k.to_apply, k.ledger_difference, k.control_difference, k.confirmed_difference, k.money_days, k.due_wrong)),
        toString((i.loose, i.to_apply, i.ledger_difference, i.control_difference, i.confirmed_difference, i.money_days, i.due_wrong))
    FROM
    (
        SELECT customer_id, currency, if(customer_id = '', 0, credit + refunds) AS loose, if(customer_id = '', 0, v.to_apply) AS to_apply,
            if(customer_id = '' OR abs(ifNull(v.ledger_difference, 0)) <= {tolerance:Decimal(18, 4)}, 0, assumeNotNull(v.ledger_difference)) AS ledger_difference,
            if(abs(ifNull(v.control_difference, 0)) <= {tolerance:Decimal(18, 4)}, 0, assumeNotNull(v.control_difference)) AS control_difference,
            if(customer_id = '' OR abs(ifNull(v.confirmed_difference, 0)) <= {tolerance:Decimal(18, 4)}, 0, assumeNotNull(v.confirmed_difference)) AS confirmed_difference,
            if(customer_id = '', 0, v.money_days) AS money_days, if(customer_id = '', 0, v.due_wrong) AS due_wrong
        FROM kept AS v
        WHERE currency != ''
    ) AS k
    FULL OUTER JOIN items AS i ON i.customer_id = k.customer_id AND i.currency = k.currency
    WHERE ifNull(k.loose, 0) != ifNull(i.loose, 0) OR ifNull(k.to_apply, 0) != ifNull(i.to_apply, 0) OR ifNull(k.ledger_difference, 0) != ifNull(i.ledger_difference, 0) OR ifNull(k.control_difference, 0) != ifNull(i.control_difference, 0)
       OR ifNull(k.confirmed_difference, 0) != ifNull(i.confirmed_difference, 0) OR ifNull(k.money_days, 0) != ifNull(i.money_days, 0) OR ifNull(k.due_wrong, 0) != ifNull(i.due_wrong, 0)
    UNION ALL
    SELECT 'currency', coalesce(b.currency, c.currency), toString((b.sums, b.due_wrong)), toString((c.sums, c.due_wrong))
    FROM (SELECT currency, (subledger, base, items_base, to_apply, ifNull(ledger, 0), ifNull(ledger_difference, 0), ifNull(confirmed, 0), ifNull(confirmed_difference, 0), money_days) AS sums, due_wrong FROM kept WHERE customer_id = '' AND currency != '') AS b
    FULL OUTER JOIN
    (
        SELECT currency, (sum(v.subledger), sum(v.base), sum(v.items_base), sum(v.to_apply), sum(ifNull(v.ledger, 0)), sum(ifNull(v.ledger_difference, 0)), sum(ifNull(v.confirmed, 0)), sum(ifNull(v.confirmed_difference, 0)), sum(v.money_days)) AS sums,
            toUInt32(sum(v.due_wrong)) AS due_wrong
        FROM customers AS v
        GROUP BY currency
    ) AS c ON c.currency = b.currency
    WHERE b.sums != c.sums OR b.due_wrong IS DISTINCT FROM c.due_wrong AND (b.due_wrong > 0 OR c.due_wrong > 0)
    UNION ALL
    SELECT 'currency by the documents', coalesce(b.currency, p.currency), toString((b.subledger, b.base)), toString((p.owed, p.base))
    FROM (SELECT currency, subledger, base FROM kept WHERE customer_id = '' AND currency != '') AS b
    FULL OUTER JOIN (SELECT currency, sum(v.owed) AS owed, sum(v.base) AS base FROM paths AS v GROUP BY currency) AS p ON p.currency = b.currency
    WHERE ifNull(b.subledger, 0) != ifNull(p.owed, 0) OR ifNull(b.base, 0) != ifNull(p.base, 0)
    UNION ALL
    SELECT 'book', {base:String}, toString((b.rows, b.subledger, b.base)), toString((1, p.base, p.base))
    FROM (SELECT count() AS rows, sum(v.subledger) AS subledger, sum(v.base) AS base FROM kept AS v WHERE customer_id = '' AND currency = '') AS b
    CROSS JOIN (SELECT sum(v.base) AS base FROM paths AS v) AS p
    WHERE b.rows != 1 OR b.subledger != p.base OR b.base != p.base
)
ORDER BY indexOf(['documents', 'allocations', 'parts', 'open items', 'reporting currency', 'general ledger', 'items', 'currency', 'currency by the documents', 'book'], what), name
LIMIT 5
