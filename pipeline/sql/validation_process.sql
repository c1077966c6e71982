-- validation_process: what the night counts about its own work.
-- Grain: one row. Eligible are all but the dormant and those not at risk; outdated are scores whose newest rating is older than the policy allows.
SELECT
    countIf(NOT is_out)                                                         AS eligible,
    countIf(NOT is_out AND pd_12m IS NOT NULL)                                  AS scored,
    countIf(pd_12m IS NOT NULL AND rating_age_days > {rating_days:Float64})     AS outdated,
    toFloat64(sumIf(ead, pd_12m IS NOT NULL AND rating_age_days > {rating_days:Float64})) AS outdated_ead,
    toFloat64(sumIf(ead, pd_12m IS NOT NULL))                                   AS total_ead,
    countIf(is_out AND ead > 0)                                                 AS excluded,
    sum(open_base)                                                              AS features_open,
    (
        SELECT toFloat64(sum(open_base)) FROM creditwatch.open_items_rows
        WHERE run = {run:UInt64} AND kind = 'invoice'
          AND customer_id IN (SELECT customer_id FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}))
    )                                                                           AS ledger_open -- documents of unknown customers have a check of their own
FROM
(
    SELECT s.pd_12m AS pd_12m, s.ead AS ead, startsWith(s.note, 'dormant') OR startsWith(s.note, 'not at risk') AS is_out,
           f.rating_age_days AS rating_age_days, ifNull(f.open_base, 0) AS open_base
    FROM creditwatch.scores_rows AS s
    INNER JOIN (SELECT customer_id, rating_age_days, open_base FROM creditwatch.features_rows WHERE run = {run:UInt64}) AS f ON f.customer_id = s.customer_id
    WHERE s.run = {run:UInt64}
)
