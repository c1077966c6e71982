-- exposure: what the customer owes and has ordered, against the limit and the cover. Reporting currency.
-- Grain: one row per customer with a limit, an open invoice, unapplied cash or an open order.
WITH
    rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    ),
    positions AS
    (
        SELECT customer_id, toFloat64(sum(open)) AS opened, 0. AS cash, 0. AS ordered, CAST(NULL, 'Nullable(Float64)') AS credit, CAST(NULL, 'Nullable(Float64)') AS days_left, CAST(NULL, 'Nullable(Float64)') AS insured
        FROM creditwatch.invoice_states_rows
        WHERE run = {run:UInt64} AND as_of = {as_of:Date} AND settled_on IS NULL
        GROUP BY customer_id
        UNION ALL
        -- Cash that settles nothing yet: what came in (returns are rows of their own, negative) less what was allocated, to refunds too.
        SELECT customer_id, 0., toFloat64(sum(toDecimal128(round(toFloat64(amount) * if(currency = {base:String}, 1, r.rate), 4), 4))), 0., NULL, NULL, NULL
        FROM
        (
            SELECT customer_id, currency, sum(amount) AS amount
            FROM creditwatch.documents_rows
            WHERE run = {run:UInt64} AND kind IN ('payment', 'credit_note') AND status != 'cancelled' AND occurred_on <= {as_of:Date}
              AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
            GROUP BY customer_id, currency
            UNION ALL
            SELECT customer_id, currency, -sum(amount)
            FROM creditwatch.allocations_rows
            WHERE run = {run:UInt64} AND kind IN ('payment', 'credit_note') AND known_at < {known_by:DateTime64(3)} AND effective_on <= {as_of:Date}
            GROUP BY customer_id, currency
        ) AS u
        LEFT JOIN rates AS r ON r.currency = u.currency
        GROUP BY customer_id
        UNION ALL
        -- Orders of the last 60 days, as far as no invoice has followed yet: one may be delivered in parts.
        SELECT customer_id, 0., 0., toFloat64(sum(toDecimal128(greatest(base - ifNull(billed, 0), 0), 4))), NULL, NULL, NULL
        FROM
        (
            SELECT o.customer_id AS customer_id, o.base AS base, i.base AS billed
            FROM
            (
                SELECT customer_id, document_id, toFloat64(sum(toDecimal128(round(toFloat64(amount) * if(currency = {base:String}, 1, r.rate), 4), 4))) AS base
                FROM creditwatch.documents_rows AS d
                LEFT JOIN rates AS r ON r.currency = d.currency
                WHERE run = {run:UInt64} AND kind = 'order' AND status != 'cancelled' AND occurred_on <= {as_of:Date} AND occurred_on > {as_of:Date} - 60
                  AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
                GROUP BY customer_id, document_id
            ) AS o
            LEFT JOIN
            (
                SELECT customer_id, applies_to, toFloat64(sum(toDecimal128(round(toFloat64(amount) * if(currency = {base:String}, 1, r.rate), 4), 4))) AS base
                FROM creditwatch.documents_rows AS d
                LEFT JOIN rates AS r ON r.currency = d.currency
                WHERE run = {run:UInt64} AND kind = 'invoice' AND status != 'cancelled' AND applies_to != '' AND occurred_on <= {as_of:Date}
                  AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
                GROUP BY customer_id, applies_to
            ) AS i ON i.customer_id = o.customer_id AND i.applies_to = o.document_id
        )
        GROUP BY customer_id
        UNION ALL
        SELECT
            customer_id, 0., 0., 0.,
            toFloat64(credit_limit) * if(limit_currency IN ('', {base:String}), 1, r.rate),
            if(limit_valid_to IS NULL, NULL, toFloat64(dateDiff('day', {as_of:Date}, limit_valid_to))),
            if(insured_until IS NULL OR insured_until >= {as_of:Date}, toFloat64(insured_limit) * if(limit_currency IN ('', {base:String}), 1, r.rate), 0)
        FROM
        (
            SELECT customer_id, credit_limit, limit_currency, limit_valid_to, insured_limit, insured_until
            FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            ORDER BY customer_id, known_at DESC, run DESC, line DESC, row_hash
            LIMIT 1 BY customer_id
        ) AS c
        LEFT JOIN rates AS r ON r.currency = limit_currency
        UNION ALL
        SELECT customer_id, 0., 0., 0., max(toFloat64(credit_limit) * if(k.currency IN ('', {base:String}), 1, r.rate)), NULL, NULL
        FROM
        (
            SELECT customer_id, contract_id, credit_limit, currency, valid_from, valid_to
            FROM creditwatch.ledger_contracts(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            ORDER BY customer_id, contract_id, known_at DESC, run DESC, line DESC, row_hash
            LIMIT 1 BY customer_id, contract_id
        ) AS k
        LEFT JOIN rates AS r ON r.currency = k.currency
        WHERE valid_from <= {as_of:Date} AND (valid_to IS NULL OR valid_to >= {as_of:Date})
        GROUP BY customer_id
    )
SELECT
    p.customer_id                                          AS customer_id,
    sum(p.opened)                                          AS open_base,
    sum(p.cash)                                            AS unapplied_base,
    sum(p.ordered)                                         AS open_orders_base,
    greatest(open_base + open_orders_base - unapplied_base, 0.) AS exposure_base,
    max(p.credit)                                          AS limit_base,
    if(limit_base > 0, exposure_base / limit_base, NULL)   AS limit_utilisation,
    min(p.days_left)                                       AS limit_days_left,
    least(ifNull(max(p.insured), 0.), exposure_base)       AS insured_base,
    exposure_base - insured_base                           AS uncovered_exposure_base,
    if(exposure_base > 0, insured_base / exposure_base, NULL) AS insured_share
FROM positions AS p
GROUP BY p.customer_id
