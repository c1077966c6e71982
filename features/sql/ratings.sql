-- ratings: what agencies, bureaus and banks say, the newest and how it moved.
-- Grain: one row per customer with a rating in two years.
-- Notches are steps of 1.6 in the default probability, about what separates neighbouring agency grades.
WITH ratings AS
    (
        SELECT customer_id, agency, rated_on, pd, score, outlook, dateDiff('day', rated_on, {as_of:Date}) AS age
        FROM creditwatch.ledger_external_ratings(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE rated_on <= {as_of:Date} AND rated_on > {as_of:Date} - 730
        ORDER BY customer_id, agency, rated_on DESC, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, agency, rated_on
    ),
    -- The grades of an agency by what they stand for. One that states a probability for each customer has no scale.
    scales AS
    (
        SELECT agency, arraySort(groupUniqArray(101)(assumeNotNull(pd))) AS grades FROM ratings WHERE pd IS NOT NULL GROUP BY agency HAVING length(grades) <= 100
    )
SELECT
    customer_id,
    max(pd_now)                                                  AS rating_pd_worst,
    avg(pd_now)                                                  AS rating_pd_mean,
    max(if(notches IS NULL OR empty(grades) OR abs(notches) <= abs(steps), notches, toFloat64(steps))) AS rating_notches_down_90d,
    max(log(pd_now / pd_then_365d))                              AS rating_pd_change_365d,
    max(score_now)                                               AS rating_score,
    max(score_previous)                                          AS rating_score_previous,
    max(score_max_180d)                                          AS rating_score_max_180d,
    min(score_min_180d)                                          AS rating_score_min_180d,
    avg(score_mean_180d)                                         AS rating_score_mean_180d,
    max(score_now - score_previous)                              AS rating_score_change,
    sum(scores_positive_180d)                                    AS rating_scores_positive_count_180d,
    max(outlook_now = 'negative')                                AS rating_outlook_negative,
    if(max(pd_now) IS NULL, NULL, max(pd_now > 0.01))            AS rating_below_investment,
    min(age)                                                     AS rating_age_days,
    count()                                                      AS rating_agencies_count
FROM
(
    -- A notch is a factor of 1.6 as on the master scale, and at least a grade of the agency's own.
    SELECT
        customer_id, age, pd_now, pd_then_90d, pd_then_365d, score_now, score_previous, score_max_180d, score_min_180d, score_mean_180d, scores_positive_180d, outlook_now, scales.grades AS grades,
        round(log(pd_now / pd_then_90d) / log(1.6)) AS notches,
        toInt64(indexOf(grades, ifNull(pd_now, -1))) - toInt64(indexOf(grades, ifNull(pd_then_90d, -1))) AS steps
    FROM
    (
        SELECT
            customer_id, agency, min(age) AS age,
            argMax(pd, rated_on)                                         AS pd_now,
            argMaxIf(pd, rated_on, ratings.age >= 90)                    AS pd_then_90d,
            argMaxIf(pd, rated_on, ratings.age >= 365)                   AS pd_then_365d,
            argMax(score, rated_on)                                         AS score_now,
            arrayElementOrNull(arrayReverseSort(groupArrayIf(tuple(rated_on, assumeNotNull(score)), score IS NOT NULL)), 2).2 AS score_previous,
            maxIf(score, ratings.age < 183)                                 AS score_max_180d,
            minIf(score, ratings.age < 183)                                 AS score_min_180d,
            avgIf(score, ratings.age < 183)                                 AS score_mean_180d,
            countIf(score > 0 AND ratings.age < 183)                        AS scores_positive_180d,
            argMax(outlook, rated_on)                                         AS outlook_now
        FROM ratings
        GROUP BY customer_id, agency
    ) AS now
    LEFT JOIN scales ON scales.agency = now.agency
)
GROUP BY customer_id
