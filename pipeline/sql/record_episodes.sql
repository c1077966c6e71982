-- record_episodes: the warnings of the nights published before, from the first to the last night on which they were open without
-- a suppressor, and the same at S3 or more. The version is that of the rule on the night the warning opened.
-- Grain: one row per episode. A date of 1970 is none.
SELECT
    e.customer_id AS customer_id, e.code AS code, e.tier AS tier, opened, until, acted, acted_until,
    if(v.version != '', v.version, concat('policy ', substring(e.policy_hash, 1, 12))) AS version
FROM
(
    SELECT
        episode_id, any(customer_id) AS customer_id, any(code) AS code, any(tier) AS tier,
        minIf(as_of, suppressed_by = '') AS opened, maxIf(as_of, suppressed_by = '') AS until,
        minIf(as_of, suppressed_by = '' AND severity >= 3) AS acted, maxIf(as_of, suppressed_by = '' AND severity >= 3) AS acted_until,
        argMin(policy_hash, as_of) AS policy_hash
    FROM creditwatch.warnings_rows
    WHERE state = 'open' AND run IN (SELECT run FROM creditwatch.live_runs WHERE as_of < {night:Date})
    GROUP BY episode_id
) AS e
LEFT JOIN (SELECT policy_hash, toString(code) AS code, max(version) AS version FROM creditwatch.warning_rules WHERE as_of < {night:Date} GROUP BY policy_hash, code) AS v
    ON v.policy_hash = e.policy_hash AND v.code = e.code
ORDER BY customer_id, code, opened, acted, version
