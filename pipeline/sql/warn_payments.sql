-- warn_payments: how a customer pays: in parts, past older invoices, through whom and with what. Reporting currency.
-- Grain: one row per customer with a payment in 425 days. A payment that bounced by the date is none.
WITH
    (SELECT count() > 0 FROM creditwatch.ledger_transactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}) WHERE kind = 'payment' AND payer != '') AS has_payers,
    (SELECT count() > 0 FROM creditwatch.ledger_transactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}) WHERE kind = 'payment' AND instrument != '') AS has_instruments,
    rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    ),
    documents AS
    (
        SELECT customer_id, document_id, transaction_id, kind, status, occurred_on, due_on, amount, currency, applies_to
        FROM creditwatch.documents_rows
        WHERE run = {run:UInt64} AND status != 'cancelled' AND occurred_on <= {as_of:Date}
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
    ),
    invoices AS
    (
        SELECT customer_id, document_id, any(currency) AS currency, min(due_on) AS due, toFloat64(sum(d.amount)) AS total
        FROM documents AS d
        WHERE kind = 'invoice' AND d.amount > 0
        GROUP BY customer_id, document_id
    ),
    disputes AS
    (
        SELECT customer_id, applies_to, min(occurred_on) AS disputed_on
        FROM documents
        WHERE kind = 'dispute'
        GROUP BY customer_id, applies_to
    ),
    settled AS
    (
        SELECT customer_id, invoice_id, source_id, max(effective_on) AS paid_on, toDecimal128(sum(a.amount), 4) AS part, max(kind = 'payment') AS by_payment, max(method != 'oldest') AS chosen
        FROM creditwatch.allocations_rows AS a
        WHERE run = {run:UInt64} AND known_at < {known_by:DateTime64(3)} AND effective_on <= {as_of:Date}
        GROUP BY customer_id, invoice_id, source_id
        HAVING part > 0
    ),
    paid AS
    (
        -- What settled an invoice by some day, its own payments in the order of their days.
        SELECT customer_id, invoice_id, source_id, paid_on, toFloat64(s.part) AS part, by_payment, chosen,
               toFloat64(sum(s.part) OVER (PARTITION BY customer_id, invoice_id ORDER BY paid_on RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS by_then
        FROM settled AS s
    ),
    older AS
    (
        -- Invoices that were due and open at some day of the window, and when what of them was settled.
        SELECT i.customer_id AS customer_id, i.document_id AS document_id, i.currency AS currency, assumeNotNull(i.due) AS due, i.total AS total, p.log AS log
        FROM invoices AS i
        LEFT JOIN
        (
            SELECT customer_id, invoice_id, groupArray((paid_on, part)) AS log, toFloat64(sumIf(part, paid_on <= {as_of:Date} - 60)) AS before
            FROM settled
            GROUP BY customer_id, invoice_id
        ) AS p ON p.customer_id = i.customer_id AND p.invoice_id = i.document_id
        WHERE i.due < {as_of:Date} AND i.total - ifNull(p.before, 0) > 0.05 * i.total
          AND (i.customer_id, i.document_id) NOT IN (SELECT customer_id, applies_to FROM disputes)
    ),
    picks AS
    (
        -- An invoice counts as passed over if more than 5 % of it stayed open after the payment.
        SELECT x.customer_id AS customer_id, x.source_id AS source_id, x.invoice_id AS invoice_id, any(x.part) AS part, any(x.currency) AS currency,
               max(ifNull(o.due < x.due AND o.due <= x.paid_on AND o.total >= 1.5 * x.total
                   AND o.total - toFloat64(arraySum(p -> if(p.1 <= x.paid_on, p.2, toDecimal128(0, 4)), o.log)) > 0.05 * o.total, 0)) AS passed_over
        FROM
        (
            SELECT p.customer_id AS customer_id, p.source_id AS source_id, p.invoice_id AS invoice_id, p.part AS part, p.paid_on AS paid_on, i.currency AS currency, assumeNotNull(i.due) AS due, i.total AS total
            FROM paid AS p
            INNER JOIN invoices AS i ON i.customer_id = p.customer_id AND i.document_id = p.invoice_id
            WHERE p.by_payment AND p.chosen AND p.paid_on > {as_of:Date} - 60 AND i.due IS NOT NULL
        ) AS x
        LEFT JOIN older AS o ON o.customer_id = x.customer_id AND o.currency = x.currency
        GROUP BY x.customer_id, x.source_id, x.invoice_id
    ),
    chosen AS
    (
        SELECT customer_id, uniqExact(source_id) AS chosen_count, sum(base) AS chosen_base, sumIf(base, passed_over) AS over_older
        FROM
        (
            SELECT customer_id, source_id, passed_over, assumeNotNull(toDecimal128(round(part * if(p.currency = {base:String}, 1., r.rate), 4), 4)) AS base
            FROM picks AS p
            LEFT JOIN rates AS r ON r.currency = p.currency
            WHERE p.currency = {base:String} OR r.rate > 0
        )
        GROUP BY customer_id
    ),
    parts AS
    (
        SELECT p.customer_id AS customer_id, p.source_id AS source_id, max(p.chosen) AS chosen,
               max(p.by_then < 0.95 * i.total AND (d.disputed_on IS NULL OR d.disputed_on > p.paid_on)) AS is_part
        FROM paid AS p
        INNER JOIN invoices AS i ON i.customer_id = p.customer_id AND i.document_id = p.invoice_id
        LEFT JOIN disputes AS d ON d.customer_id = p.customer_id AND d.applies_to = p.invoice_id
        WHERE p.by_payment AND p.paid_on > {as_of:Date} - 365
        GROUP BY p.customer_id, p.source_id
    ),
    families AS
    (
        SELECT customer_id, name, aliases, if(parent_id != '', parent_id, customer_id) AS family
        FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        ORDER BY customer_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id
    ),
    names AS
    (
        SELECT f.customer_id AS customer_id, n.names AS names
        FROM families AS f
        INNER JOIN (SELECT family, arrayMap(x -> lowerUTF8(trim(BOTH ' ' FROM x)), groupUniqArrayArray(arrayPushBack(aliases, name))) AS names FROM families GROUP BY family) AS n ON n.family = f.family
    ),
    payments AS
    (
        SELECT
            d.customer_id AS customer_id, d.transaction_id AS transaction_id, dateDiff('day', d.occurred_on, {as_of:Date}) AS age,
            assumeNotNull(toDecimal128(round(toFloat64(d.amount) * if(d.currency = {base:String}, 1., r.rate), 4), 4)) AS base,
            d.amount >= 1000 AND d.amount = 1000 * intDiv(toInt64(d.amount), 1000) AS is_round,
            ifNull(t.payer, '') AS payer, ifNull(t.payer_account, '') AS payer_account, match(lowerUTF8(ifNull(t.instrument, '')), 'bill|draft|accept|承兑|汇票|票据') AS is_bill
        FROM documents AS d
        LEFT JOIN rates AS r ON r.currency = d.currency
        LEFT JOIN
        (
            SELECT customer_id, transaction_id, payer, payer_account, toString(instrument) AS instrument
            FROM creditwatch.ledger_transactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            WHERE kind = 'payment'
            ORDER BY customer_id, transaction_id, known_at DESC, run DESC, line DESC, row_hash
            LIMIT 1 BY customer_id, transaction_id
        ) AS t ON t.customer_id = d.customer_id AND t.transaction_id = d.transaction_id
        WHERE d.kind = 'payment' AND d.status = '' AND d.amount > 0 AND d.occurred_on > {as_of:Date} - 425 AND (d.currency = {base:String} OR r.rate > 0)
          AND (d.customer_id, d.document_id) NOT IN (SELECT customer_id, document_id FROM documents WHERE kind = 'payment' AND status = 'returned')
    ),
    accounts AS
    (
        SELECT customer_id, groupUniqArrayIf(payer_account, payer_account != '' AND age >= 60) AS known_accounts
        FROM payments
        GROUP BY customer_id
    )
SELECT
    p.customer_id AS customer_id,
    toFloat64(countIf(age < 60))                                                                        AS payments_count_60d,
    toFloat64(countIf(age < 60 AND (ifNull(q.is_part, 0) OR is_round AND NOT ifNull(q.chosen, 0))))                           AS part_payments_count_60d,
    if(countIf(age < 365) > 0, countIf(age < 365 AND (ifNull(q.is_part, 0) OR is_round AND NOT ifNull(q.chosen, 0))) / countIf(age < 365), NULL) AS part_payment_share_365d,
    toFloat64(any(c.chosen_count))                                                                      AS chosen_count_60d,
    toFloat64(any(c.chosen_base))                                                                       AS chosen_base_60d,
    toFloat64(any(c.over_older))                                                                        AS chosen_over_older_base_60d,
    toFloat64(sumIf(base, age < 60))                                                                    AS cash_base_60d,
    if(has_payers, toFloat64(sumIf(base, age < 60 AND payer != '' AND NOT has(n.names, lowerUTF8(trim(BOTH ' ' FROM payer))))), NULL) AS third_party_cash_base_60d,
    if(notEmpty(any(a.known_accounts)), toFloat64(sumIf(base, age < 60 AND payer_account != '' AND NOT has(a.known_accounts, payer_account))), NULL) AS new_account_cash_base_60d,
    if(has_instruments, toFloat64(sumIf(base, age < 60 AND is_bill)), NULL)                             AS bill_cash_base_60d,
    if(has_instruments AND sumIf(base, age >= 60) > 0, toFloat64(sumIf(base, age >= 60 AND is_bill)) / toFloat64(sumIf(base, age >= 60)), NULL) AS bill_share_before
FROM payments AS p
LEFT JOIN parts AS q ON q.customer_id = p.customer_id AND q.source_id = p.transaction_id
LEFT JOIN chosen AS c ON c.customer_id = p.customer_id
LEFT JOIN names AS n ON n.customer_id = p.customer_id
LEFT JOIN accounts AS a ON a.customer_id = p.customer_id
GROUP BY p.customer_id
