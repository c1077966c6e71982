-- warn_input: all that the rules read about a customer tonight.
-- Grain: one row per customer. A value that cannot be told is null and leaves the rule unjudged.
WITH
    -- The nights to compare with: the last published at least 30, 60 and 90 days before.
    (SELECT argMaxOrNull(run, as_of) FROM creditwatch.live_runs WHERE as_of <= {night:Date} - 30) AS run_30d,
    (SELECT argMaxOrNull(run, as_of) FROM creditwatch.live_runs WHERE as_of <= {night:Date} - 60) AS run_60d,
    (SELECT argMaxOrNull(run, as_of) FROM creditwatch.live_runs WHERE as_of <= {night:Date} - 90) AS run_90d,
    splitByChar(',', {grades:String}) AS scale,
    (SELECT toFloat64(dateDiff('day', max(occurred_on), {as_of:Date})) FROM creditwatch.documents_rows WHERE run = {run:UInt64} AND occurred_on <= {as_of:Date} AND known_from < {known_by:DateTime64(3)}) AS ledger_age,
    (SELECT sum(exposure_base) FROM creditwatch.features_rows WHERE run = {run:UInt64}) AS book_exposure
SELECT
    f.customer_id AS customer_id,
    ifNull(c.owner, '') AS owner, ifNull(c.industry, '') AS industry, ifNull(c.region, '') AS region,

    s.pd_12m AS pd_12m, s.pd_hi AS pd_hi, coalesce(s.pd_prudent, s.pd_hi) AS pd_prudent,
    h30.pd_12m AS pd_12m_30d_ago,
    if(h30.model_id IS NULL, NULL, toFloat64(h30.model_id != s.model_id)) AS pd_model_changed_30d,
    if(s.grade = '', NULL, toFloat64(indexOf(scale, toString(s.grade))) - 1) AS grade_notch,
    if(ifNull(h60.grade, '') = '', NULL, toFloat64(indexOf(scale, toString(h60.grade))) - 1) AS grade_notch_60d_ago,
    if(ifNull(h90.grade, '') = '', NULL, toFloat64(indexOf(scale, toString(h90.grade))) - 1) AS grade_notch_90d_ago,
    if(h90.model_id IS NULL, NULL, toFloat64(h90.model_id != s.model_id OR ifNull(h60.model_id, s.model_id) != s.model_id)) AS grade_model_changed_90d,
    if(s.evidence_grade = '', NULL, toFloat64(ascii(s.evidence_grade) - ascii('A'))) AS evidence_notch,
    toFloat64(s.pd_12m IS NULL) AS score_missing,
    if(s.pd_12m IS NULL, NULL, toFloat64(s.expected_loss)) AS expected_loss,
    greatest({loss_cap:Float64}, 0.05 * {gross_margin:Float64} * ifNull(f.sales_365d, 0)) AS expected_loss_cap,
    ledger_age AS ledger_age_days,
    f.rating_age_days AS rating_age_days,
    f.has_external_key AS has_external_key,

    f.overdue_30d_base AS overdue_30d_base, f.overdue_60d_base AS overdue_60d_base,
    f.exposure_base AS exposure_base,
    book_exposure AS book_exposure_base,
    if(t.default_days IS NULL, 0., toFloat64(t.default_days)) AS default_days,
    toFloat64(ifNull(s.pd_12m = 1, 0)) AS in_default,
    f.dbt_90d AS dbt_90d, f.dbt_365d AS dbt_365d, f.dbt_zscore_90d AS dbt_zscore_90d,
    f.invoices_settled_count_90d AS invoices_settled_count_90d,
    f.pay_index_90d AS pay_index_90d, f.pay_index_365d AS pay_index_365d,
    f.promises_due_count_90d AS promises_due_count_90d,
    f.promises_due_count_90d - f.promises_broken_count_90d AS promises_kept_count_90d,
    f.limit_utilisation AS limit_utilisation,
    f.orders_60d AS orders_60d, f.orders_baseline_60d AS orders_baseline_60d, f.orders_count_365d AS orders_count_365d,
    f.days_since_last_order AS days_since_last_order, f.order_gap_median_days AS order_gap_median_days,
    f.disputed_share AS disputed_share, f.disputed_share_365d_base AS disputed_share_365d_base, f.late_raised_dispute_share AS late_raised_dispute_share,
    f.credit_note_ratio_90d AS credit_note_ratio_90d, f.credit_note_ratio_365d AS credit_note_ratio_365d,
    f.returned_payments_90d AS returned_payments_90d,
    f.contract_valid_reviewed AS contract_valid_reviewed, f.guarantee_expires_in_days AS guarantee_expires_in_days,
    f.uncovered_exposure_base AS uncovered_exposure_base, f.terms_excess_days AS terms_excess_days,

    f.rating_notches_down_90d AS rating_notches_down_90d, f.rating_outlook_negative AS rating_outlook_negative, f.rating_below_investment AS rating_below_investment,

    f.unapplied_base AS unapplied_base, f.promise_pending AS promise_pending,
    toFloat64(ifNull(ledger_age, 999) > 10) AS feed_stale,

    toFloat64(s.ead) AS ead, s.lgd AS lgd,
    toFloat64(ifNull(f.size_rank, 0) = 4 AND ifNull(f.is_listed, 0) = 1) AS large_listed
FROM creditwatch.features_rows AS f
INNER JOIN (SELECT customer_id, pd_12m, pd_hi, pd_prudent, grade, evidence_grade, expected_loss, ead, lgd, model_id FROM creditwatch.scores_rows WHERE run = {run:UInt64}) AS s ON s.customer_id = f.customer_id
LEFT JOIN (SELECT customer_id, pd_12m, model_id FROM creditwatch.scores_rows WHERE run = run_30d) AS h30 ON h30.customer_id = f.customer_id
LEFT JOIN (SELECT customer_id, grade, model_id FROM creditwatch.scores_rows WHERE run = run_60d) AS h60 ON h60.customer_id = f.customer_id
LEFT JOIN (SELECT customer_id, grade, model_id FROM creditwatch.scores_rows WHERE run = run_90d) AS h90 ON h90.customer_id = f.customer_id
LEFT JOIN (SELECT customer_id, default_days FROM creditwatch.customer_states_rows WHERE run = {run:UInt64}) AS t ON t.customer_id = f.customer_id
LEFT JOIN
(
    SELECT customer_id, newest.1 AS owner, newest.2 AS industry, newest.3 AS region
    FROM
    (
        SELECT customer_id, argMax(tuple(owner, toString(industry), toString(region)), (known_at, run, line)) AS newest
        FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        GROUP BY customer_id
    )
) AS c ON c.customer_id = f.customer_id
WHERE f.run = {run:UInt64}
ORDER BY customer_id
