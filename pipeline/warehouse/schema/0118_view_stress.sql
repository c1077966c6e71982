-- The stress set: what the book would lose if; every published night
CREATE OR REPLACE VIEW creditwatch.stress
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, position, scenario, parameter, result, loss, extra_loss, customers, names, text_en, text_zh
FROM creditwatch.stress_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'The stress set: what the book would lose if; every published night'
