-- dunning_payers: what dunning must know of a customer: who cares for it, what binds it, whether a warning asks for a step more.
-- Grain: one row per customer record, in its newest version.
SELECT
    c.customer_id AS customer_id, c.owner AS owner, c.country AS country, c.size_class AS size_class,
    ifNull(w.code, '') AS jump,
    ifNull(c.public_body, has({public_bodies:Array(String)}, c.industry)) AS is_public,
    -- Of two covers in force the one that lasts longer; one without an end lasts to the last day there is.
    toDate(greatest(
        if(c.insured_limit > 0 AND (c.insured_until IS NULL OR c.insured_until >= {as_of:Date}), ifNull(c.insured_until, toDate32('2149-06-06')), toDate32('1970-01-01')),
        ifNull(k.insured_until, toDate32('1970-01-01')))) AS insured_until
FROM
(
    SELECT customer_id, owner, toString(country) AS country, toString(size_class) AS size_class, toString(industry) AS industry, public_body, insured_limit, insured_until
    FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    ORDER BY customer_id, known_at DESC, run DESC, line DESC, row_hash
    LIMIT 1 BY customer_id
) AS c
LEFT JOIN
(
    SELECT customer_id, min(toString(v.code)) AS code
    FROM creditwatch.warnings_rows AS v
    WHERE run = {run:UInt64} AND state = 'open' AND suppressed_by = '' AND snoozed_until IS NULL AND has(splitByChar(' ', action), 'DUN+1')
    GROUP BY customer_id
) AS w ON w.customer_id = c.customer_id
LEFT JOIN
(
    SELECT
        customer_id,
        maxIf(toNullable(ifNull(guarantee_until, toDate32('2149-06-06'))), guarantee_type = 'insurance' AND (guarantee_until IS NULL OR guarantee_until >= {as_of:Date})) AS insured_until
    FROM
    (
        SELECT customer_id, contract_id, valid_from, valid_to, guarantee_type, guarantee_until
        FROM creditwatch.ledger_contracts(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        ORDER BY customer_id, contract_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, contract_id
    )
    WHERE valid_from <= {as_of:Date} AND (valid_to IS NULL OR valid_to >= {as_of:Date})
    GROUP BY customer_id
) AS k ON k.customer_id = c.customer_id
ORDER BY customer_id
