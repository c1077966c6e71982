-- validation_findings: open findings of the validation, those of one test together, the gravest first; weak evidence is left out; at most 20.
-- Grain: one row per test.
SELECT
    code, any(name_en) AS name_en, any(name_zh) AS name_zh, max(f.severity) AS severity,
    argMax(toString(f.light), (f.severity, f.light = 'red', f.amount, f.scope)) AS light,
    count() AS findings, arraySlice(arraySort(groupArray(f.scope)), 1, 4) AS scopes, min(f.opened_on) AS opened_on, min(f.due_on) AS due_on,
    any(f.owner) AS owner, max(f.amount) AS amount,
    argMax(f.text_en, (f.severity, f.light = 'red', f.amount, f.scope)) AS text_en, argMax(f.text_zh, (f.severity, f.light = 'red', f.amount, f.scope)) AS text_zh,
    argMax(f.cause_en, (f.severity, f.light = 'red', f.amount, f.scope)) AS cause_en, argMax(f.cause_zh, (f.severity, f.light = 'red', f.amount, f.scope)) AS cause_zh,
    argMax(f.step_en, (f.severity, f.light = 'red', f.amount, f.scope)) AS step_en, argMax(f.step_zh, (f.severity, f.light = 'red', f.amount, f.scope)) AS step_zh
FROM creditwatch.validation_findings_rows AS f
WHERE run = {run:UInt64} AND status = 'open' AND f.severity > 1
GROUP BY code
ORDER BY severity DESC, light = 'red' DESC, amount DESC, code
LIMIT 20
