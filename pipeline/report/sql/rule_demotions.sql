-- rule_demotions: indicators that warn at S1 only for their poor record, and those whose status changed tonight.
-- Grain: one row per code.
SELECT code, status, demoted_since, is_changed, text_en, text_zh
FROM creditwatch.warning_rules_rows
WHERE run = {run:UInt64} AND (status = 'demoted' OR is_changed)
ORDER BY is_changed DESC, code
