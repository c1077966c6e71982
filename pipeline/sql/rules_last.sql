-- rules_last: how the rules stood on the last published night.
-- Grain: one row per code.
SELECT toString(code) AS code, tier, version, demoted_since, weak_months
FROM creditwatch.warning_rules_rows
WHERE run = {previous:UInt64}
ORDER BY code
