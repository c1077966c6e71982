-- contract_nearest: the 12 findings whose day is nearest, what concerns the whole book first. Interest is summed up elsewhere.
-- Grain: one row per finding.
SELECT
    f.customer_id          AS customer_id,
    ifNull(names.name, '') AS name,
    contract_id, code, severity, owner, amount, due_on, action, text_en, text_zh
FROM
(
    SELECT customer_id, contract_id, toString(v.code) AS code, v.severity AS severity, owner, amount_base AS amount, due_on, toString(v.action) AS action, text_en, text_zh
    FROM creditwatch.contract_findings_rows AS v
    WHERE run = {run:UInt64} AND code != 'late_interest'
    ORDER BY customer_id = '' DESC, due_on, severity DESC, amount DESC, customer_id, contract_id, code
    LIMIT 12
) AS f
LEFT JOIN
(
    SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS names ON names.customer_id = f.customer_id
ORDER BY customer_id = '' DESC, due_on, severity DESC, amount DESC, customer_id, contract_id, code
