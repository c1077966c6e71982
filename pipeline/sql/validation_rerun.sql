-- validation_rerun: the run of this very date that readers see until tonight's replaces it, if program, configuration and policy were the same and no
-- other night was published after it: it must have come to the same.
-- Grain: at most one row.
SELECT l.run AS run
FROM creditwatch.live_runs AS l
INNER JOIN
(
    SELECT run FROM creditwatch.runs
    WHERE state = 'started' AND config_hash = {config_hash:String} AND policy_hash = {policy_hash:String} AND code = {code:String}
    GROUP BY run
) AS r ON r.run = l.run
WHERE l.as_of = {night:Date} AND l.run > (SELECT max(run) FROM creditwatch.live_runs WHERE as_of != {night:Date})
