-- warn_scores: the default probabilities of the last 26 weeks and of a year ago, bridged to tonight's model.
-- Grain: one row per customer scored tonight and not in default.
-- Of a week counts the night that is a whole number of weeks ago, or the next published one. Where a later week was scored by another
-- model, all earlier ones are moved by the median step in log-odds of the customers whom both scored; fewer than 30 make no bridge.
WITH
    weeks AS
    (
        SELECT intDiv(dateDiff('day', as_of, {night:Date}) + 6, 7) AS week, argMin(run, as_of) AS scored_by
        FROM creditwatch.live_runs
        WHERE as_of < {night:Date} AND as_of >= {night:Date} - 364
        GROUP BY week
        UNION ALL
        SELECT 0, {run:UInt64}
    ),
    scored AS
    (
        SELECT w.week AS week, s.customer_id AS customer_id, s.model_id AS model_id, assumeNotNull(log(s.pd_12m / (1 - s.pd_12m))) AS odds
        FROM creditwatch.scores_rows AS s
        INNER JOIN weeks AS w ON w.scored_by = s.run
        WHERE s.run IN (SELECT scored_by FROM weeks) AND s.pd_12m > 0 AND s.pd_12m < 1
    ),
    steps AS
    (
        SELECT week, customer_id, model_id, odds, lagInFrame(odds) OVER w AS later_odds, lagInFrame(model_id, 1, model_id) OVER w AS later_model
        FROM scored
        WINDOW w AS (PARTITION BY customer_id ORDER BY week ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    bridges AS
    (
        SELECT week, model_id, later_model, toNullable(quantileExact(0.5)(later_odds - odds)) AS shift
        FROM steps
        WHERE model_id != later_model
        GROUP BY week, model_id, later_model
        HAVING count() >= 30
    )
SELECT
    customer_id, /*weeks*/,
    toFloat64(arrayCount(x -> maxIf(pd, week = 0) > x, /*bounds*/)) - toFloat64(arrayCount(x -> maxIf(pd, week = 52) > x, /*bounds*/)) + maxIf(pd, week = 52) * 0 AS grade_fall_365d -- null without that week
FROM
(
    SELECT customer_id, week, if(max(step IS NULL) OVER w, NULL, 1 / (1 + exp(-(odds + sum(step) OVER w)))) AS pd
    FROM
    (
        SELECT s.customer_id AS customer_id, s.week AS week, s.odds AS odds, if(s.model_id = s.later_model, toNullable(0.), b.shift) AS step
        FROM steps AS s
        LEFT JOIN bridges AS b ON b.week = s.week AND b.model_id = s.model_id AND b.later_model = s.later_model
    )
    WINDOW w AS (PARTITION BY customer_id ORDER BY week ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
GROUP BY customer_id
HAVING min(week) = 0
