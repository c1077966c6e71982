-- validation_replayable: published nights before this one that program and configuration of tonight computed, so that their features can be built again.
-- Grain: one row per night, the newest first; customers are those of its feature table.
SELECT v.as_of AS as_of, v.run AS run, f.customers AS customers
FROM
(
    SELECT as_of, run
    FROM creditwatch.validations_rows
    WHERE as_of < {night:Date} AND fingerprint = {fingerprint:UInt64} AND run IN (SELECT run FROM creditwatch.live_runs)
    GROUP BY as_of, run
) AS v
INNER JOIN
(
    SELECT run FROM creditwatch.runs WHERE state = 'started' AND config_hash = {config_hash:String} AND code = {code:String}
    GROUP BY run
) AS r ON r.run = v.run
INNER JOIN (SELECT run, count() AS customers FROM creditwatch.features_rows GROUP BY run) AS f ON f.run = v.run
ORDER BY as_of DESC
