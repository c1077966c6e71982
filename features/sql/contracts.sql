-- contracts: is there a valid reviewed contract, what secures it, do invoices keep to its terms. Reporting currency.
-- Grain: one row per customer with a contract that has begun.
SELECT
    customer_id,
    max(is_valid AND review_status = 'reviewed')                                              AS contract_valid_reviewed,
    maxIf(toNullable(if(valid_to IS NULL, 3650, dateDiff('day', {as_of:Date}, valid_to))), is_valid) AS contract_days_left,
    minIf(toNullable(dateDiff('day', {as_of:Date}, guarantee_until)), is_valid AND guarantee_type != '' AND guarantee_until >= {as_of:Date}) AS guarantee_expires_in_days,
    sumIf(ifNull(guarantee_amount, 0), is_valid AND (guarantee_until IS NULL OR guarantee_until >= {as_of:Date})) AS guarantee_base,
    max(is_valid AND ifNull(retention_of_title, 0))                                           AS has_retention_of_title,
    maxIf(late_rate, is_valid)                                                                AS late_rate,
    max(billed_terms) - maxIf(toNullable(terms_days), is_valid)                               AS terms_excess_days
FROM
(
    SELECT
        c.customer_id AS customer_id,
        c.review_status AS review_status, c.valid_to AS valid_to, c.guarantee_type AS guarantee_type, toFloat64(c.guarantee_amount) * if(c.currency IN ('', {base:String}), 1, r.rate) AS guarantee_amount, c.guarantee_until AS guarantee_until,
        c.retention_of_title AS retention_of_title, c.late_rate AS late_rate, toFloat64(c.terms_days) AS terms_days,
        c.valid_to IS NULL OR c.valid_to >= {as_of:Date} AS is_valid,
        i.billed_terms AS billed_terms
    FROM
    (
        SELECT customer_id, contract_id, review_status, valid_from, valid_to, guarantee_type, guarantee_amount, guarantee_until, retention_of_title, late_rate, terms_days, currency
        FROM creditwatch.ledger_contracts(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        ORDER BY customer_id, contract_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, contract_id
    ) AS c
    LEFT JOIN
    (
        SELECT customer_id, quantileExact(0.5)(dateDiff('day', invoiced_on, assumeNotNull(due_on))) AS billed_terms
        FROM creditwatch.invoice_states_rows
        WHERE run = {run:UInt64} AND as_of = {as_of:Date} AND due_on IS NOT NULL AND invoiced_on > {as_of:Date} - 60
        GROUP BY customer_id
    ) AS i ON i.customer_id = c.customer_id
    LEFT JOIN
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    ) AS r ON r.currency = c.currency
    WHERE c.valid_from <= {as_of:Date}
)
GROUP BY customer_id
