-- What is wrong with contracts and securities, or for want of them; every published night
CREATE OR REPLACE VIEW creditwatch.contract_findings
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, contract_id, code, severity, owner, amount_base, exposure_base, covered_base, uncovered_base, invoices, ends_on, since, due_on, action, text_en, text_zh, policy_hash
FROM creditwatch.contract_findings_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'What is wrong with contracts and securities, or for want of them; every published night'
