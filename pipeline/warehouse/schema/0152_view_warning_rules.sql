-- The rule of every warning code as it stood that night: its version, and whether its record has taken it down to S1; every published night
CREATE OR REPLACE VIEW creditwatch.warning_rules
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, code, tier, version, policy_version, policy_hash, status, demoted_since, weak_months, is_changed, text_en, text_zh
FROM creditwatch.warning_rules_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'The rule of every warning code as it stood that night: its version, and whether its record has taken it down to S1; every published night'
