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
        SELECT customer_id, document_id, transaction_id, kind, status, occurred_on, amount, currency
        FROM creditwatch.documents_rows
        WHERE run = {run:UInt64} AND status != 'cancelled' AND occurred_on <= {as_of:Date}
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
    ),
    -- Invoices that matter: settled in a year, or open. What settled one: (day, amount, payment, is a payment, its invoice was chosen by the payer
    -- or found by its amount); a payment is there once for each invoice, but for what was taken back and allocated anew.
    invoices AS
    (
        SELECT i.customer_id AS customer_id, toString(i.currency) AS currency, i.due_on AS due, toFloat64(i.amount) AS total, i.disputed_on AS disputed_on, if(i.currency = {base:String}, 1., r.rate) AS fx,
            arrayMap((d, a, s, k, m) -> (d, toDecimal128(a, 4), s, k = 'payment', m != 'oldest'), settled_on, settled, settled_by, settled_kind, settled_method) AS raw,
            if(length(settled_by) < 2 OR length(arrayDistinct(settled_by)) = length(settled_by) AND arrayMin(settled) > 0, raw,
               arrayFilter(x -> x.2 > 0, arrayMap(id -> (arrayMax(x -> if(x.3 = id, x.1, toDate(0)), raw), arraySum(x -> if(x.3 = id, x.2, toDecimal128(0, 4)), raw), id,
                   toUInt8(arrayExists(x -> x.3 = id AND x.4, raw)), toUInt8(arrayExists(x -> x.3 = id AND x.5, raw))), arrayDistinct(settled_by)))) AS log
        FROM creditwatch.invoices_rows AS i
        LEFT JOIN rates AS r ON r.currency = i.currency
        WHERE i.run = {run:UInt64} AND i.amount > 0 AND (i.open_amount > 0 OR settled_on[-1] > {as_of:Date} - 365)
    ),
    -- The same by customer, read once.
    settled AS
    (
        SELECT
            customer_id,
            -- Payments of a year that left more than 5 % of an invoice open on their day, and those that settled what the payer chose.
            groupArrayArray(arrayMap(x -> x.3, arrayFilter(x -> arraySum(y -> if(y.1 <= x.1, y.2, toDecimal128(0, 4)), log) < 0.95 * total AND (disputed_on IS NULL OR disputed_on > x.1), paid))) AS in_part,
            groupArrayArray(arrayMap(x -> x.3, arrayFilter(x -> x.5, paid))) AS by_choice,
            -- What was chosen in 60 days: (payment, amount, in the reporting currency, currency, due, total, day).
            groupArrayArrayIf(arrayMap(x -> (x.3, assumeNotNull(toDecimal128(round(toFloat64(x.2) * fx, 4), 4)), currency, assumeNotNull(due), total, x.1), arrayFilter(x -> x.5 AND x.1 > {as_of:Date} - 60, paid)), due IS NOT NULL AND fx > 0) AS picks,
            -- Invoices that were due and open at some day of them, and when what of them was settled.
            groupArrayIf((currency, assumeNotNull(due), total, log), due < {as_of:Date} AND disputed_on IS NULL
                AND total - toFloat64(arraySum(x -> if(x.1 <= {as_of:Date} - 60, x.2, toDecimal128(0, 4)), log)) > 0.05 * total) AS older
        FROM (SELECT customer_id, currency, due, total, disputed_on, fx, log, arrayFilter(x -> x.4 AND x.1 > {as_of:Date} - 365, log) AS paid FROM invoices)
        GROUP BY customer_id
    ),
    chosen AS
    (
        SELECT
            customer_id, in_part, by_choice, picks,
            -- An invoice counts as passed over if more than 5 % of it stayed open after the payment.
            arrayFilter(x -> arrayExists(o -> o.1 = x.3 AND o.2 < x.4 AND o.2 <= x.6 AND o.3 >= 1.5 * x.5
                AND o.3 - toFloat64(arraySum(p -> if(p.1 <= x.6, p.2, toDecimal128(0, 4)), o.4)) > 0.05 * o.3, older), picks) AS over_older
        FROM settled
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
            WHERE kind = 'payment' AND occurred_on > {as_of:Date} - 425
            ORDER BY customer_id, transaction_id, known_at DESC, run DESC, line DESC, row_hash
            LIMIT 1 BY customer_id, transaction_id
        ) AS t ON t.customer_id = d.customer_id AND t.transaction_id = d.transaction_id
        WHERE d.kind = 'payment' AND d.status = '' AND d.amount > 0 AND d.occurred_on > {as_of:Date} - 425 AND (d.currency = {base:String} OR r.rate > 0)
          AND (d.customer_id, d.document_id) NOT IN (SELECT customer_id, document_id FROM documents WHERE kind = 'payment' AND status = 'returned')
    )
SELECT
    customer_id,
    toFloat64(arrayCount(p -> p.2 < 60, list))                                                          AS payments_count_60d,
    toFloat64(arrayCount(p -> p.2 < 60, parts))                                                         AS part_payments_count_60d,
    if(arrayCount(p -> p.2 < 365, list) > 0, arrayCount(p -> p.2 < 365, parts) / arrayCount(p -> p.2 < 365, list), NULL) AS part_payment_share_365d,
    if(empty(picks), NULL, toFloat64(length(arrayDistinct(arrayMap(x -> x.1, picks)))))                 AS chosen_count_60d,
    if(empty(picks), NULL, toFloat64(arraySum(x -> x.2, picks)))                                        AS chosen_base_60d,
    if(empty(picks), NULL, toFloat64(arraySum(x -> x.2, over_older)))                                   AS chosen_over_older_base_60d,
    toFloat64(arraySum(p -> if(p.2 < 60, p.3, toDecimal128(0, 4)), list))                               AS cash_base_60d,
    if(has_payers, toFloat64(arraySum(p -> if(p.2 < 60 AND p.5 != '' AND NOT has(names, lowerUTF8(trim(BOTH ' ' FROM p.5))), p.3, toDecimal128(0, 4)), list)), NULL) AS third_party_cash_base_60d,
    if(notEmpty(known_accounts), toFloat64(arraySum(p -> if(p.2 < 60 AND p.6 != '' AND NOT has(known_accounts, p.6), p.3, toDecimal128(0, 4)), list)), NULL) AS new_account_cash_base_60d,
    if(has_instruments, toFloat64(arraySum(p -> if(p.2 < 60 AND p.7, p.3, toDecimal128(0, 4)), list)), NULL) AS bill_cash_base_60d,
    if(has_instruments AND before > 0, toFloat64(arraySum(p -> if(p.2 >= 60 AND p.7, p.3, toDecimal128(0, 4)), list)) / toFloat64(before), NULL) AS bill_share_before
FROM
(
    SELECT
        p.customer_id AS customer_id, p.list AS list, c.picks AS picks, c.over_older AS over_older, n.names AS names,
        arrayFilter(x -> has(c.in_part, x.1) OR x.4 AND NOT has(c.by_choice, x.1), p.list) AS parts,
        arrayMap(x -> x.6, arrayFilter(x -> x.6 != '' AND x.2 >= 60, p.list)) AS known_accounts,
        arraySum(x -> if(x.2 >= 60, x.3, toDecimal128(0, 4)), p.list) AS before
    FROM
    (
        -- (payment, age in days, amount, is a round sum, payer, account, is a bill)
        SELECT customer_id, groupArray((transaction_id, age, base, is_round, payer, payer_account, is_bill)) AS list
        FROM payments
        GROUP BY customer_id
    ) AS p
    LEFT JOIN chosen AS c ON c.customer_id = p.customer_id
    LEFT JOIN names AS n ON n.customer_id = p.customer_id
)
