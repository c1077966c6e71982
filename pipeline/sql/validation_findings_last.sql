-- validation_findings_last: the findings that were open when the last published night ended.
-- Grain: one row per finding.
SELECT finding_id, model_id, code, family, scope, name_en, name_zh, severity, light, opened_on, owner, due_on, amount, cause_en, cause_zh, step_en, step_zh, text_en, text_zh
FROM creditwatch.validation_findings_rows
WHERE run = {previous:UInt64} AND status = 'open'
ORDER BY finding_id
