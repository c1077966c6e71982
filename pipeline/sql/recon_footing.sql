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
    rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    ),
    -- What is kept of a customer beside what the documents, the allocations and the open items come to, each summed by itself and read once.
    sides AS
    (
        SELECT customer_id, toString(d.currency) AS currency, sumIf(toDecimal128(amount, 4), kind IN ('invoice', 'refund')) AS debts, sumIf(toDecimal128(amount, 4), kind NOT IN ('invoice', 'refund')) AS credits,
            toDecimal128(0, 4) AS settled, (toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4), toDecimal128(0, 4)) AS kept, toDecimal128(0, 4) AS items, toDecimal128(0, 4) AS items_base
        FROM creditwatch.documents_rows AS d
        WHERE run = {run:UInt64} AND kind IN ('invoice', 'payment', 'credit_note', 'write_off', 'refund') AND status != 'cancelled' AND occurred_on <= {as_of:Date}
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
        GROUP BY customer_id, currency
        UNION ALL
        SELECT customer_id, toString(a.currency) AS currency, 0, 0, sum(toDecimal128(a.amount, 4)), (0, 0, 0, 0, 0, 0), 0, 0
        FROM creditwatch.allocations_rows AS a
        WHERE run = {run:UInt64} AND effective_on <= {as_of:Date} AND known_at < {known_by:DateTime64(3)}
        GROUP BY customer_id, currency
        UNION ALL
        SELECT customer_id, currency, 0, 0, 0, if(customer_id = '', (0, 0, 0, 0, 0, 0), (subledger, invoices, credit, refunds, base, items_base)), 0, 0 -- a currency of the book may have no customer
        FROM kept
        WHERE currency != ''
        UNION ALL
        SELECT customer_id, toString(i.currency) AS currency, 0, 0, 0, (0, 0, 0, 0, 0, 0), sum(toDecimal128(open_amount, 4)), sum(toDecimal128(open_base, 4))
        FROM creditwatch.open_items_rows AS i
        WHERE run = {run:UInt64}
        GROUP BY customer_id, currency
    ),
    -- In the reporting currency, half a unit away from zero.
    paths AS
    (
        SELECT customer_id, s.currency AS currency, s.debts - s.credits AS owed, s.debts - s.settled AS debts_left, s.settled - s.credits AS credit_left, s.subledger AS subledger, s.invoices AS invoices, s.credit AS credit, s.refunds AS refunds,
            s.kept_base AS kept_base, s.kept_items_base AS kept_items_base, s.items AS items, s.items_base AS items_base,
            if(s.currency = {base:String}, 1, r.rate) AS fx, toFloat64(toInt64(owed * 10000)) * fx AS units,
            ifNull(if(fx = 1, owed, toDecimal128(toDecimal128(trunc(units) + if(abs(units - trunc(units)) >= 0.5, sign(units), 0), 0) * toDecimal128('0.0001', 4), 4)), 0) AS base
        FROM
        (
            SELECT customer_id, currency, sum(v.debts) AS debts, sum(v.credits) AS credits, sum(v.settled) AS settled, sum(v.kept.1) AS subledger, sum(v.kept.2) AS invoices, sum(v.kept.3) AS credit, sum(v.kept.4) AS refunds,
                sum(v.kept.5) AS kept_base, sum(v.kept.6) AS kept_items_base, sum(v.items) AS items, sum(v.items_base) AS items_base
            FROM sides AS v
            GROUP BY customer_id, currency
        ) AS s
        LEFT JOIN rates AS r ON r.currency = s.currency
    ),
    -- By customer and currency, by currency, and the book.
    levels AS
    (
        SELECT customer_id, currency, grouping(customer_id) AS is_currency, grouping(currency) AS is_book, sum(p.owed) AS owed, sum(p.base) AS base, sum(p.debts_left) AS debts_left, sum(p.credit_left) AS credit_left,
            sum(p.subledger) AS subledger, sum(p.invoices + p.refunds) AS debts, sum(p.credit) AS credit, sum(p.kept_base) AS kept_base, sum(p.kept_items_base) AS kept_items_base, sum(p.items) AS items, sum(p.items_base) AS items_base
        FROM paths AS p
        GROUP BY GROUPING SETS ((customer_id, currency), (currency), ())
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
    SELECT fault.1 AS what, fault.2 AS name, fault.3 AS left, fault.4 AS right
    FROM
    (
        SELECT
            arrayJoin(multiIf(
                l.is_book = 1, [('book', {base:String}, toString((b.rows, b.subledger, b.base)), toString((1, l.base, l.base)), b.rows != 1 OR b.subledger != l.base OR b.base != l.base)],
                l.is_currency = 1, [('currency by the documents', l.currency, toString((b.subledger, b.base)), toString((l.owed, l.base)), ifNull(b.subledger, 0) != l.owed OR ifNull(b.base, 0) != l.base)],
                [('documents', concat(l.customer_id, ' ', l.currency), toString(l.subledger), toString(l.owed), l.subledger != l.owed),
                 ('allocations', concat(l.customer_id, ' ', l.currency), toString((l.debts, l.credit)), toString((l.debts_left, l.credit_left)), l.debts != l.debts_left OR l.credit != l.credit_left),
                 ('reporting currency', concat(l.customer_id, ' ', l.currency), toString(l.kept_base), toString(l.base), l.kept_base != l.base),
                 ('open items', concat(l.customer_id, ' ', l.currency), toString((l.subledger, l.kept_items_base)), toString((l.items, l.items_base)), l.subledger != l.items OR l.kept_items_base != l.items_base)])) AS fault
        FROM levels AS l
        LEFT JOIN
        (
            SELECT currency, count() AS rows, sum(v.subledger) AS subledger, sum(v.base) AS base
            FROM kept AS v
            WHERE customer_id = ''
            GROUP BY currency
        ) AS b ON b.currency = if(l.is_book = 1, '', l.currency) AND (l.is_book = 1 OR l.is_currency = 1)
    )
    WHERE fault.5
    UNION ALL
    SELECT 'parts', concat(customer_id, ' ', currency), toString(subledger), toString(invoices + credit + refunds)
    FROM kept
    WHERE subledger != invoices + credit + refunds
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
)
ORDER BY indexOf(['documents', 'allocations', 'parts', 'open items', 'reporting currency', 'general ledger', 'items', 'currency', 'currency by the documents', 'book'], what), name
LIMIT 5
