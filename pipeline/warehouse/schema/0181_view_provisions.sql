-- Two provisions per customer and for the book, what parts them, and the movement since the last night; every published night
CREATE OR REPLACE VIEW creditwatch.provisions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, customer_id, segment, method, open_base, matrix_base, model_base, exposure_base, cover_base, severity_base, probability_base, unscored_base, opening_base, new_base, released_base, written_off_base, fx_base
FROM creditwatch.provisions_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Two provisions per customer and for the book, what parts them, and the movement since the last night; every published night'
