-- validation_findings_flow: findings of the validation by what became of them.
-- Grain: one row per status, severity and light; fresh are those opened tonight.
SELECT status, severity, light, count() AS findings, countIf(opened_on = as_of) AS fresh, uniqExact(code) AS tests
FROM creditwatch.validation_findings_rows
WHERE run = {run:UInt64}
GROUP BY status, severity, light
ORDER BY status, severity, light
