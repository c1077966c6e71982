-- Findings of the validation: what is amber or red, who does what about it by when; every published night
CREATE OR REPLACE VIEW creditwatch.validation_findings
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, finding_id, model_id, code, family, scope, name_en, name_zh, severity, light, status, opened_on, closed_on, owner, due_on, amount, cause_en, cause_zh, step_en, step_zh, text_en, text_zh
FROM creditwatch.validation_findings_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Findings of the validation: what is amber or red, who does what about it by when; every published night'
