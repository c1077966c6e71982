-- exposures: what each customer owes, has ordered and has as cover tonight, in the reporting currency at tonight's rates.
-- Grain: one row per customer. A currency without a known rate covers nothing.
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
        SELECT customer_id, document_id, kind, applies_to, status, occurred_on, round(toFloat64(amount) * if(d.currency = {base:String}, 1, r.rate), 4) AS base
        FROM creditwatch.documents_rows AS d
        LEFT JOIN rates AS r ON r.currency = d.currency
        WHERE run = {run:UInt64} AND kind IN ('order', 'invoice') AND status != 'cancelled' AND occurred_on <= {as_of:Date}
          AND known_from < {known_by:DateTime64(3)} AND (known_to IS NULL OR known_to >= {known_by:DateTime64(3)})
    ),
    -- An order counts for what no invoice has followed: one that is delivered in parts is neither counted twice nor forgotten.
    orders AS
    (
        SELECT o.customer_id AS customer_id, o.is_shipped AS is_shipped, greatest(o.total - ifNull(i.total, 0), 0) AS base
        FROM
        (
            SELECT customer_id, document_id, max(status = 'shipped') AS is_shipped, toFloat64(sum(toDecimal128(base, 4))) AS total
            FROM documents
            WHERE kind = 'order' AND base IS NOT NULL AND occurred_on > {as_of:Date} - if(status = 'shipped', 365, 60)
            GROUP BY customer_id, document_id
        ) AS o
        LEFT JOIN
        (
            SELECT customer_id, applies_to, toFloat64(sum(toDecimal128(base, 4))) AS total
            FROM documents
            WHERE kind = 'invoice' AND applies_to != '' AND base IS NOT NULL
            GROUP BY customer_id, applies_to
        ) AS i ON i.customer_id = o.customer_id AND i.applies_to = o.document_id
    ),
    contracts AS
    (
        SELECT customer_id, guarantee_type, guarantee_until, round(toFloat64(guarantee_amount) * if(c.currency IN ('', {base:String}), 1, r.rate), 4) AS base
        FROM
        (
            SELECT customer_id, contract_id, valid_from, valid_to, guarantee_type, guarantee_amount, guarantee_until, currency
            FROM creditwatch.ledger_contracts(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            ORDER BY customer_id, contract_id, known_at DESC, run DESC, line DESC, row_hash
            LIMIT 1 BY customer_id, contract_id
        ) AS c
        LEFT JOIN rates AS r ON r.currency = c.currency
        WHERE guarantee_type != '' AND guarantee_amount > 0 AND valid_from <= {as_of:Date}
          AND (valid_to IS NULL OR valid_to >= {as_of:Date}) AND (guarantee_until IS NULL OR guarantee_until >= {as_of:Date})
    )
SELECT
    f.customer_id                                     AS customer_id,
    if(ifNull(c.parent_id, '') != '', c.parent_id, f.customer_id) AS group_id,
    ifNull(c.industry, '')                            AS industry,
    toDecimal64(ifNull(b.open, 0), 4)                 AS open,
    toDecimal64(ifNull(o.shipped, 0), 4)              AS shipped,
    toDecimal64(ifNull(o.ordered, 0), 4)              AS ordered,
    toDecimal64(ifNull(b.unapplied, 0), 4)            AS unapplied,
    toDecimal64(ifNull(k.secured, 0), 4)              AS secured,
    -- A policy may be told by the customer's record and by a contract: it is not counted twice.
    greatest(toDecimal64(ifNull(c.insured, 0), 4), toDecimal64(ifNull(k.insured, 0), 4)) AS insured,
    toDate(least(ifNull(c.insured_until, toDate32('2149-06-06')), ifNull(k.secured_until, toDate32('2149-06-06')))) AS cover_until
FROM (SELECT customer_id FROM creditwatch.features_rows WHERE run = {run:UInt64}) AS f
LEFT JOIN
(
    SELECT customer_id, sumIf(toDecimal128(open_base, 4), kind = 'invoice') AS open, -sumIf(toDecimal128(open_base, 4), kind = 'unapplied') AS unapplied
    FROM creditwatch.open_items_rows
    WHERE run = {run:UInt64}
    GROUP BY customer_id
) AS b ON b.customer_id = f.customer_id
LEFT JOIN
(
    SELECT customer_id, sumIf(toDecimal128(base, 4), is_shipped) AS shipped, sumIf(toDecimal128(base, 4), NOT is_shipped) AS ordered
    FROM orders
    GROUP BY customer_id
) AS o ON o.customer_id = f.customer_id
LEFT JOIN
(
    SELECT
        customer_id,
        sumIf(toDecimal128(base * (1 - multiIf(guarantee_type = 'guarantee', {guarantee_haircut:Float64}, guarantee_type = 'collateral', {collateral_haircut:Float64}, {deposit_haircut:Float64})), 4), guarantee_type != 'insurance') AS secured,
        sumIf(toDecimal128(base, 4), guarantee_type = 'insurance')                                        AS insured,
        min(guarantee_until)                                                                               AS secured_until
    FROM contracts
    WHERE base IS NOT NULL
    GROUP BY customer_id
) AS k ON k.customer_id = f.customer_id
LEFT JOIN
(
    SELECT
        customer_id, parent_id, toString(industry) AS industry,
        toDecimal128(if(is_insured, round(toFloat64(insured_limit) * if(limit_currency IN ('', {base:String}), 1, r.rate), 4), 0), 4) AS insured,
        if(is_insured, insured_until, NULL) AS insured_until
    FROM
    (
        SELECT customer_id, parent_id, industry, insured_limit, limit_currency, insured_until, insured_limit > 0 AND (insured_until IS NULL OR insured_until >= {as_of:Date}) AS is_insured
        FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        ORDER BY customer_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id
    ) AS v
    LEFT JOIN rates AS r ON r.currency = v.limit_currency
) AS c ON c.customer_id = f.customer_id
ORDER BY customer_id
