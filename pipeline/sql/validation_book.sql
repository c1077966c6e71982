-- validation_book: the book of a night as it was scored, with the features that the model reads, the reasons given, who the customers are, and
-- whether anything but the passing of days has changed since another night.
-- Grain: one row per customer scored or left without a score. is_same: every feature of the models is as in the other night; is_aged: as it was but
-- for counters of days, which all moved by the days between.
WITH known AS
    (
        SELECT customer_id, newest.1 AS industry, newest.2 AS region
        FROM
        (
            SELECT customer_id, argMax(tuple(toString(industry), toString(region)), (known_at, run, line)) AS newest
            FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            GROUP BY customer_id
        )
    ),
    reasons AS
    (
        SELECT customer_id, arrayMap(x -> x.2, arraySort(groupArray((rank, toString(feature))))) AS reasons
        FROM creditwatch.score_reasons_rows
        WHERE run = {which:UInt64}
        GROUP BY customer_id
    )
SELECT
    s.customer_id AS customer_id, s.pd_1m AS pd_1m, s.pd_3m AS pd_3m, s.pd_6m AS pd_6m, s.pd_12m AS pd_12m, toString(s.grade) AS grade, s.note AS note,
    s.ead AS ead, s.expected_loss AS expected_loss, toString(s.evidence_grade) AS evidence, r.reasons AS reasons,
    ifNull(f.is_on_hold, 0) = 1 AS is_held,
    ifNull(f.rating_pd_mean, 0) AS external_pd,
    ifNull(k.industry, '') AS industry,
    ifNull(k.region, '') AS region,
    multiIf(f.size_rank = 4, 'large', f.size_rank = 3, 'medium', f.size_rank = 2, 'small', f.size_rank = 1, 'micro', '') AS size_class,
    multiIf(f.is_listed = 1, 'listed', f.is_listed = 0, 'not listed', '') AS listing,
    multiIf(f.tenure_days < 365, 'below 1 year', f.tenure_days < 1096, '1 to 3 years', f.tenure_days >= 1096, 'over 3 years', '') AS tenure,
    ifNull(f.hash_all = o.hash_all, false) AS is_same,
    ifNull(f.hash_still = o.hash_still, false) AS is_aged,
    /*columns*/
FROM
(
    SELECT customer_id, pd_1m, pd_3m, pd_6m, pd_12m, grade, note, ead, expected_loss, evidence_grade
    FROM creditwatch.scores_rows
    WHERE run = {which:UInt64} AND cityHash64(customer_id) % {one_in:UInt64} = 0
) AS s
INNER JOIN
(
    SELECT customer_id, toNullable(cityHash64(tuple(/*hashed*/))) AS hash_all, toNullable(cityHash64(tuple(/*still*/))) AS hash_still, /*features*/
    FROM creditwatch.features_rows
    WHERE run = {which:UInt64}
) AS f ON f.customer_id = s.customer_id
LEFT JOIN
(
    SELECT customer_id, toNullable(cityHash64(tuple(/*hashed*/))) AS hash_all, toNullable(cityHash64(tuple(/*still*/))) AS hash_still
    FROM creditwatch.features_rows
    WHERE run = {other:UInt64}
) AS o ON o.customer_id = f.customer_id
LEFT JOIN reasons AS r ON r.customer_id = s.customer_id
LEFT JOIN known AS k ON k.customer_id = s.customer_id
ORDER BY customer_id
SETTINGS output_format_arrow_low_cardinality_as_dictionary = 0
