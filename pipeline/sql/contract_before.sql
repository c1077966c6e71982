-- contract_before: since when the findings of the last published night stand.
-- Grain: one row per finding.
SELECT customer_id, contract_id, toString(f.code) AS code, since
FROM creditwatch.contract_findings_rows AS f
WHERE run = {previous:UInt64}
ORDER BY customer_id, contract_id, code
