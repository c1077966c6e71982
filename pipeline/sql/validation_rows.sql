-- validation_rows: customers at past dates with the features that a model reads, what they owed, who they are, and the first default after the date.
-- Grain: one row per customer and date; customers in default at the date are left out unless defaults recur, and so are those that are dormant
-- or not at risk: the same population as in training and scoring. Exposure is what was open and ordered, less cash and insured cover; the loss
-- given default is that of the night, null where the date is no night.
WITH events AS
    (
        SELECT customer_id, arraySort(groupArrayIf(occurred_on, is_default)) AS defaults, groupArrayIf(occurred_on, NOT is_default) AS cures
        FROM
        (
            SELECT customer_id, occurred_on, event = 'default' AS is_default
            FROM creditwatch.default_events_rows
            WHERE run = {run:UInt64} AND {from_ledger:Bool}
            UNION ALL
            SELECT customer_id, occurred_on, event != 'cure'
            FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            WHERE event IN (SELECT arrayJoin(splitByChar(',', {from_outcomes:String}))) OR event = 'cure'
        )
        WHERE occurred_on <= {night:Date}
        GROUP BY customer_id
    ),
    known AS
    (
        SELECT customer_id, newest.1 AS industry, newest.2 AS region, newest.3 AS parent
        FROM
        (
            SELECT customer_id, argMax(tuple(toString(industry), toString(region), parent_id), (known_at, run, line)) AS newest
            FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            GROUP BY customer_id
        )
    )
SELECT
    s.as_of AS as_of,
    s.customer_id AS customer_id,
    arrayFirstOrNull(d -> d > s.as_of, e.defaults) AS defaulted_on,
    greatest(ifNull(s.open_base, 0) + {order_conversion:Float64} * ifNull(s.open_orders_base, 0) - ifNull(s.unapplied_base, 0) - ifNull(s.insured_base, 0), 0) AS ead,
    l.lgd AS lgd,
    ifNull(s.is_on_hold, 0) = 1 AS is_held,
    ifNull(k.industry, '') AS industry,
    ifNull(k.region, '') AS region,
    ifNull(k.parent, '') AS parent,
    ifNull(s.rating_pd_mean, 0) AS external_pd,
    multiIf(s.size_rank = 4, 'large', s.size_rank = 3, 'medium', s.size_rank = 2, 'small', s.size_rank = 1, 'micro', '') AS size_class,
    multiIf(s.is_listed = 1, 'listed', s.is_listed = 0, 'not listed', '') AS listing,
    multiIf(s.tenure_days < 365, 'below 1 year', s.tenure_days < 1096, '1 to 3 years', s.tenure_days >= 1096, 'over 3 years', '') AS tenure,
    s.days_past_due_max AS benchmark_dpd,
    -coalesce(s.pay_index_90d, s.pay_index_365d) AS benchmark_pay_index,
    /*columns*/
FROM
(
    SELECT as_of, customer_id, run, /*features*/
    FROM creditwatch.snapshots_rows
    WHERE fingerprint = {fingerprint:UInt64} AND as_of IN {cohorts:Array(Date)} AND cityHash64(customer_id) % {one_in:UInt64} = 0
      AND (run = {run:UInt64} OR run IN (SELECT run FROM creditwatch.live_runs WHERE as_of != {night:Date}))
    UNION ALL
    SELECT as_of, customer_id, run, /*features*/
    FROM creditwatch.features_rows
    WHERE run IN {nights:Array(UInt64)} AND cityHash64(customer_id) % {one_in:UInt64} = 0
) AS s
LEFT JOIN events AS e ON e.customer_id = s.customer_id
LEFT JOIN known AS k ON k.customer_id = s.customer_id
LEFT JOIN
(
    SELECT run, customer_id, toNullable(lgd) AS lgd FROM creditwatch.scores_rows WHERE run IN {nights:Array(UInt64)}
) AS l ON l.run = s.run AND l.customer_id = s.customer_id
WHERE NOT ifNull(/*dormant*/, false)
  AND ifNull(/*at_risk*/, false)
  AND ({recurring:Bool} OR NOT arrayExists(d -> d <= s.as_of AND NOT arrayExists(c -> c >= d AND c <= s.as_of, e.cures), e.defaults))
ORDER BY as_of, customer_id, s.run
LIMIT 1 BY as_of, customer_id
SETTINGS max_bytes_before_external_sort = 1000000000, output_format_arrow_low_cardinality_as_dictionary = 0
