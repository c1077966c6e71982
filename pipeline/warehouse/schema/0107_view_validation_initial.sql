-- What a model showed when it was first validated: the reference of later nights; every published night
CREATE OR REPLACE VIEW creditwatch.validation_initial
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT as_of, model_id, validated_on, name, feature, place, figures
FROM creditwatch.validation_initial_rows
WHERE run IN (SELECT run FROM creditwatch.live_runs)
COMMENT 'What a model showed when it was first validated: the reference of later nights; every published night'
