-- contract_totals: what is wrong with contracts tonight, or for want of them.
-- Grain: one row per code, the gravest first.
SELECT
    code,
    count()                           AS findings,
    uniqExactIf(customer_id, customer_id != '') AS customers,
    countIf(f.severity = 3)           AS urgent,
    countIf(f.since = {as_of:Date})   AS fresh,
    sum(amount_base)                  AS amount,
    min(due_on)                       AS first_due
FROM creditwatch.contract_findings_rows AS f
WHERE run = {run:UInt64}
GROUP BY code
ORDER BY max(f.severity) DESC, urgent DESC, amount DESC, code
