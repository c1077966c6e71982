-- How much of the book is in one hand; every dimension adds up to the book; every published night
CREATE OR REPLACE VIEW creditwatch.concentration
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, dimension, rank, name, customers, exposure_base, expected_loss, open_amount, share, max_share, is_breach, hhi, effective_names, text_en, text_zh
FROM creditwatch.concentration_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'How much of the book is in one hand; every dimension adds up to the book; every published night'
