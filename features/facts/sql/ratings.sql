-- ratings: the newest rating of customers of a range of numbers by the agency that thinks worst of them, with the one before.
-- Grain: one row per customer with a rating in two years.
SELECT customer_id, 'worst' AS slice, toUInt64(1) AS n, agency_name AS name, grade_now AS about, pd_now AS share, score_now AS score, newest AS last_on, grade_before AS about_before, pd_before AS share_before, score_before AS score_before, rated_before AS first_on
FROM
(
    SELECT
        customer_id, toString(agency) AS agency_name,
        argMax(toString(r.grade), rated_on) AS grade_now, argMax(r.pd, rated_on) AS pd_now, argMax(r.score, rated_on) AS score_now,
        arrayReverseSort(x -> x.1, groupArray((rated_on, toString(r.grade), r.pd, r.score))) AS log,
        if(length(log) > 1, log[2].2, '') AS grade_before, if(length(log) > 1, log[2].3, NULL) AS pd_before, if(length(log) > 1, log[2].4, NULL) AS score_before, if(length(log) > 1, log[2].1, toDate(0)) AS rated_before,
        max(rated_on) AS newest
    FROM
    (
        SELECT customer_id, agency, rated_on, grade, pd, score
        FROM creditwatch.ledger_external_ratings(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE rated_on <= {as_of:Date} AND rated_on > {as_of:Date} - 730 AND customer_id >= {first:String} AND customer_id <= {last:String}
        ORDER BY customer_id, agency, rated_on DESC, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, agency, rated_on
    ) AS r
    GROUP BY customer_id, agency
)
ORDER BY customer_id, ifNull(pd_now, 0) DESC, ifNull(score_now, 0) DESC, last_on DESC, name
LIMIT 1 BY customer_id
