-- Which model was live when: one row per stretch of nights that one model scored
CREATE OR REPLACE VIEW creditwatch.live_models
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    min(as_of) AS live_from,
    if(argMax(next, as_of) = toDate(0), NULL, argMax(next, as_of) - 1) AS live_until,
    count() AS nights,
    any(model_id) AS model_id,
    any(learner) AS learner,
    any(trained_on) AS trained_on,
    any(hash) AS hash,
    any(code) AS code,
    any(fingerprint) AS fingerprint
FROM
(
    SELECT as_of, model_id, learner, trained_on, hash, code, fingerprint, next, sum(changed) OVER (ORDER BY as_of ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS stretch
    FROM
    (
        SELECT
            as_of, model_id, learner, trained_on, hash, code, fingerprint,
            leadInFrame(as_of, 1, toDate(0)) OVER (ORDER BY as_of ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next,
            lagInFrame(model_id, 1, ' ') OVER (ORDER BY as_of ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) != model_id AS changed
        FROM
        (
            SELECT l.as_of AS as_of, ifNull(m.model_id, '') AS model_id, m.learner AS learner, m.trained_on AS trained_on, m.hash AS hash, m.code AS code, m.fingerprint AS fingerprint
            FROM creditwatch.live_runs AS l
            LEFT JOIN (SELECT run, model_id, learner, trained_on, hash, code, fingerprint FROM creditwatch.models_rows WHERE is_champion) AS m ON m.run = l.run
        )
    )
)
GROUP BY stretch
COMMENT 'Which model was live when: one row per stretch of nights that one model scored; live_until is null of the present one, model_id empty where none scored'
