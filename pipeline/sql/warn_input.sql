-- warn_input: all that the rules read about a customer tonight.
-- Grain: one row per customer. A value that cannot be told is null and leaves the rule unjudged.
WITH
    -- The nights to compare with: the last published at least 30, 60 and 90 days before.
    (SELECT argMaxOrNull(run, as_of) FROM creditwatch.live_runs WHERE as_of <= {night:Date} - 30) AS run_30d,
    (SELECT argMaxOrNull(run, as_of) FROM creditwatch.live_runs WHERE as_of <= {night:Date} - 60) AS run_60d,
    (SELECT argMaxOrNull(run, as_of) FROM creditwatch.live_runs WHERE as_of <= {night:Date} - 90) AS run_90d,
    splitByChar(',', {grades:String}) AS scale,
    (SELECT toFloat64(dateDiff('day', max(occurred_on), {as_of:Date})) FROM creditwatch.documents_rows WHERE run = {run:UInt64} AND occurred_on <= {as_of:Date} AND known_from < {known_by:DateTime64(3)}) AS ledger_age,
    (SELECT sum(exposure_base) FROM creditwatch.features_rows WHERE run = {run:UInt64}) AS book_exposure,
    (SELECT sum(open_base) FROM creditwatch.features_rows WHERE run = {run:UInt64}) AS book_open,
    (SELECT count() > 0 FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}) WHERE parent_id != '') AS has_parents,
    (SELECT count() > 0 FROM creditwatch.ledger_transactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}) WHERE kind = 'payment') AS has_payments,
    (SELECT count() > 0 FROM creditwatch.ledger_transactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)}) WHERE discount_offered > 0) AS has_discounts,
    (SELECT count() > 0 FROM creditwatch.ledger_interactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})) AS has_contacts,
    (
        -- Named days off: in the last 28 and 60 days, and in the same 60 days a year before; null without a calendar.
        SELECT if(count() > 0, [toFloat64(countIf(day <= {as_of:Date} AND day > {as_of:Date} - 28)), toFloat64(countIf(day <= {as_of:Date} AND day > {as_of:Date} - 60)), toFloat64(countIf(day <= {as_of:Date} - 365 AND day > {as_of:Date} - 425))], [])
        FROM
        (
            SELECT day, argMax((is_business, name), (known_at, run, line)) AS newest
            FROM creditwatch.ledger_calendar(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            GROUP BY day
        )
        WHERE NOT newest.1 AND newest.2 != ''
    ) AS holidays
SELECT
    f.customer_id AS customer_id,
    ifNull(c.owner, '') AS owner, ifNull(c.industry, '') AS industry, ifNull(c.region, '') AS region,
    ifNull(c.size_class, '') AS size_class, if(has_parents, if(ifNull(c.parent_id, '') != '', c.parent_id, f.customer_id), '') AS group_id,

    s.pd_12m AS pd_12m, s.pd_hi AS pd_hi, coalesce(s.pd_prudent, s.pd_hi) AS pd_prudent,
    h30.pd_12m AS pd_12m_30d_ago,
    if(h30.model_id IS NULL, NULL, toFloat64(h30.model_id != s.model_id)) AS pd_model_changed_30d,
    if(s.grade = '', NULL, toFloat64(indexOf(scale, toString(s.grade))) - 1) AS grade_notch,
    if(ifNull(h60.grade, '') = '', NULL, toFloat64(indexOf(scale, toString(h60.grade))) - 1) AS grade_notch_60d_ago,
    if(ifNull(h90.grade, '') = '', NULL, toFloat64(indexOf(scale, toString(h90.grade))) - 1) AS grade_notch_90d_ago,
    if(h90.model_id IS NULL, NULL, toFloat64(h90.model_id != s.model_id OR ifNull(h60.model_id, s.model_id) != s.model_id)) AS grade_model_changed_90d,
    if(s.evidence_grade = '', NULL, toFloat64(ascii(s.evidence_grade) - ascii('A'))) AS evidence_notch,
    /*weekly*/, w.grade_fall_365d AS grade_fall_365d,
    a.agency_grade_notch AS agency_grade_notch,
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
    f.limit_utilisation AS limit_utilisation, u30.limit_utilisation AS limit_utilisation_30d_ago,
    f.open_base AS open_base, book_open AS book_open_base, f.limit_base AS limit_base,
    -- Without a payment in the window there is none of any kind, if payments are recorded at all.
    ifNull(p.payments_count_60d, if(has_payments, 0., NULL)) AS payments_count_60d,
    ifNull(p.part_payments_count_60d, if(has_payments, 0., NULL)) AS part_payments_count_60d,
    p.part_payment_share_365d AS part_payment_share_365d,
    ifNull(p.chosen_count_60d, if(has_payments, 0., NULL)) AS chosen_count_60d,
    ifNull(p.chosen_base_60d, if(has_payments, 0., NULL)) AS chosen_base_60d,
    ifNull(p.chosen_over_older_base_60d, if(has_payments, 0., NULL)) AS chosen_over_older_base_60d,
    ifNull(p.cash_base_60d, if(has_payments, 0., NULL)) AS cash_base_60d,
    p.third_party_cash_base_60d AS third_party_cash_base_60d, p.new_account_cash_base_60d AS new_account_cash_base_60d,
    p.bill_cash_base_60d AS bill_cash_base_60d, p.bill_share_before AS bill_share_before,
    ifNull(d.discounts_offered_before, if(has_discounts, 0., NULL)) AS discounts_offered_before, ifNull(d.discounts_taken_before, if(has_discounts, 0., NULL)) AS discounts_taken_before,
    ifNull(d.discounts_offered_60d, if(has_discounts, 0., NULL)) AS discounts_offered_60d, ifNull(d.discounts_taken_60d, if(has_discounts, 0., NULL)) AS discounts_taken_60d,
    x.exceptions_90d AS exceptions_90d, x.hold_bypasses_90d AS hold_bypasses_90d,
    f.orders_28d AS orders_28d, o.orders_baseline_28d AS orders_baseline_28d, o.orders_zscore_28d AS orders_zscore_28d,
    f.extension_requests_180d AS extension_requests_180d, f.limit_requests_180d AS limit_requests_180d,
    ifNull(k.no_answer_run, if(has_contacts, 0., NULL)) AS no_answer_run, ifNull(k.no_answer_run_days, if(has_contacts, 0., NULL)) AS no_answer_run_days,
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
    toFloat64(c.public_body) AS public_body, f.open_age_days_max AS open_age_days_max,
    if(empty(holidays), NULL, holidays[1]) AS holiday_days_28d, if(empty(holidays), NULL, holidays[2]) AS holiday_days_60d, if(empty(holidays), NULL, holidays[3]) AS holiday_days_baseline_60d,
    l.shutdown_planned AS shutdown_planned,

    toFloat64(s.ead) AS ead, s.lgd AS lgd,
    toFloat64(ifNull(f.size_rank, 0) = 4 AND ifNull(f.is_listed, 0) = 1) AS large_listed
FROM creditwatch.features_rows AS f
INNER JOIN (SELECT customer_id, pd_12m, pd_hi, pd_prudent, grade, evidence_grade, expected_loss, ead, lgd, model_id FROM creditwatch.scores_rows WHERE run = {run:UInt64}) AS s ON s.customer_id = f.customer_id
LEFT JOIN (SELECT customer_id, pd_12m, model_id FROM creditwatch.scores_rows WHERE run = run_30d) AS h30 ON h30.customer_id = f.customer_id
LEFT JOIN (SELECT customer_id, grade, model_id FROM creditwatch.scores_rows WHERE run = run_60d) AS h60 ON h60.customer_id = f.customer_id
LEFT JOIN (SELECT customer_id, grade, model_id FROM creditwatch.scores_rows WHERE run = run_90d) AS h90 ON h90.customer_id = f.customer_id
LEFT JOIN (SELECT customer_id, limit_utilisation FROM creditwatch.features_rows WHERE run = run_30d) AS u30 ON u30.customer_id = f.customer_id
LEFT JOIN (SELECT customer_id, default_days FROM creditwatch.customer_states_rows WHERE run = {run:UInt64}) AS t ON t.customer_id = f.customer_id
LEFT JOIN
(
    SELECT customer_id, newest.1 AS owner, newest.2 AS industry, newest.3 AS region, newest.4 AS size_class, newest.5 AS parent_id, newest.6 AS public_body
    FROM
    (
        SELECT customer_id, argMax(tuple(owner, toString(industry), toString(region), toString(size_class), parent_id, public_body), (known_at, run, line)) AS newest
        FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        GROUP BY customer_id
    )
) AS c ON c.customer_id = f.customer_id
LEFT JOIN
(
/*warn_scores*/
) AS w ON w.customer_id = f.customer_id
LEFT JOIN
(
/*warn_ratings*/
) AS a ON a.customer_id = f.customer_id
LEFT JOIN
(
/*warn_payments*/
) AS p ON p.customer_id = f.customer_id
LEFT JOIN
(
/*warn_discounts*/
) AS d ON d.customer_id = f.customer_id
LEFT JOIN
(
/*warn_exceptions*/
) AS x ON x.customer_id = f.customer_id
LEFT JOIN
(
/*warn_orders*/
) AS o ON o.customer_id = f.customer_id
LEFT JOIN
(
/*warn_contacts*/
) AS k ON k.customer_id = f.customer_id
LEFT JOIN
(
/*warn_plan*/
) AS l ON l.customer_id = f.customer_id
WHERE f.run = {run:UInt64}
ORDER BY customer_id
