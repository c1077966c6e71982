-- Customers of one ultimate parent seen together; a customer alone is a group of one; every published night
CREATE OR REPLACE VIEW creditwatch.group_exposure
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, group_id, members, depth, cycle, cut, exposure_base, in_force_base, utilisation, recommended_base, without_limit, ead, expected_loss, fallen, dragged, dragged_base, dragged_loss, text_en, text_zh
FROM creditwatch.group_exposure_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'Customers of one ultimate parent seen together; a customer alone is a group of one; every published night'
