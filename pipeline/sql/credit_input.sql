-- credit_input: what the night knows of each customer that decisions about its credit need. Amounts in the reporting currency but for the present limit.
-- Grain: one row per customer. A null is not known.
WITH
    rates AS
    (
        SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
        FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE valid_on <= {as_of:Date}
        GROUP BY currency
    ),
    records AS
    (
        SELECT customer_id, parent_id, owner, industry, region, country, terms_days, credit_limit, limit_currency, limit_valid_to, hold_status, insured_limit, net_worth, known_at, run, line, row_hash
        FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    ),
    -- A book that has no contracts at all says nothing about a customer that has none.
    (SELECT count() > 0 FROM creditwatch.ledger_contracts(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})) AS has_contracts
SELECT
    f.customer_id AS customer_id,
    c.parent_id AS parent_id, c.owner AS owner, toString(c.industry) AS industry, toString(c.region) AS region, toString(c.country) AS country,
    if(f.tenure_days IS NULL, NULL, {as_of:Date} - toInt32(f.tenure_days)) AS since,

    l.open_base AS open, l.shipped_base AS shipped, l.orders_base AS orders, l.unapplied_base AS unapplied, l.secured_base AS secured, l.insured_base AS insured,
    ifNull(o.past_due, toDecimal64(0, 4)) AS past_due,
    toInt32(ifNull(f.days_past_due_max, 0)) AS days_past_due_max,

    toString(s.grade) AS grade, toString(s.evidence_grade) AS evidence_grade, s.pd_12m AS pd_12m, coalesce(s.pd_prudent, s.pd_hi, s.pd_12m) AS pd_prudent, s.lgd AS lgd, s.ead AS ead, s.expected_loss AS expected_loss,
    s.note = 'in default' OR ifNull(s.pd_12m = 1, 0) AS in_default,
    toDecimal64(round(greatest({loss_cap:Float64}, 0.05 * {gross_margin:Float64} * ifNull(f.sales_365d, 0)), 2) + 0.00005, 4) AS loss_cap, -- half a unit more, for toDecimal64 cuts off

    if(c.credit_limit IS NULL, k.credit_limit, c.credit_limit) AS credit_limit,
    toString(if(c.credit_limit IS NULL, ifNull(k.currency, ''), c.limit_currency)) AS limit_currency,
    if(limit_currency IN ('', {base:String}), 1, r.rate) AS limit_rate,
    if(c.credit_limit IS NULL, toDate(k.valid_to), toDate(c.limit_valid_to)) AS limit_until,
    h.limit_set AS limit_set,
    coalesce(f.terms_days, f.invoice_terms_days_180d) AS terms_days,
    if(h.terms_before = c.terms_days, NULL, toFloat64(h.terms_before)) AS terms_before,
    f.terms_excess_days AS terms_excess_days,
    if(has_contracts, toFloat64(ifNull(f.contract_valid_reviewed, 0)), NULL) AS contract_valid_reviewed,
    toString(c.hold_status) AS hold_status,

    if(c.net_worth IS NULL, NULL, toFloat64(c.net_worth) * if(c.limit_currency IN ('', {base:String}), 1, rc.rate)) AS net_worth,
    g.agency AS agency,
    if(l.insured_base > 0, l.insured_base, if(c.insured_limit IS NULL, NULL, toDecimal64(0, 4))) AS insured_limit,
    f.dbt_365d AS dbt_365d, toInt32(ifNull(f.invoices_settled_count_365d, 0)) AS invoices_settled_count_365d,
    toDecimal64(greatest(ifNull(f.sales_90d, 0), 0) + 0.00005, 4) AS sales_90d,
    toInt32(ifNull(f.returned_payments_30d, 0)) AS returned_payments_30d,

    ifNull(w.severity, 0) AS severity, w.codes AS codes, w.asked AS asked,
    f.customer_id IN (SELECT customer_id FROM creditwatch.warnings_rows WHERE run = {run:UInt64} AND code = 'W1-08' AND state = 'open' AND suppressed_by = '') OR toString(s.evidence_grade) IN ('F', 'G') AS is_stale, -- snoozed or not: it is a fact
    i.contacted_on AS contacted_on, i.visited_on AS visited_on
FROM creditwatch.features_rows AS f
INNER JOIN (SELECT customer_id, grade, evidence_grade, pd_12m, pd_hi, pd_prudent, lgd, ead, expected_loss, note FROM creditwatch.scores_rows WHERE run = {run:UInt64}) AS s ON s.customer_id = f.customer_id
INNER JOIN (SELECT customer_id, open_base, shipped_base, orders_base, unapplied_base, secured_base, insured_base FROM creditwatch.losses_rows WHERE run = {run:UInt64}) AS l ON l.customer_id = f.customer_id
LEFT JOIN (SELECT customer_id, parent_id, owner, industry, region, country, terms_days, credit_limit, limit_currency, limit_valid_to, hold_status, insured_limit, net_worth FROM records ORDER BY customer_id, known_at DESC, run DESC, line DESC, row_hash LIMIT 1 BY customer_id) AS c ON c.customer_id = f.customer_id
LEFT JOIN
(
    -- Since when the present limit and its end are known, and the payment days before those of the last weeks.
    SELECT
        customer_id,
        toDate(min(if((credit_limit, limit_currency, limit_valid_to) IS NOT DISTINCT FROM now_limit, known_at, NULL)), {zone:String}) AS limit_set,
        argMaxIf(terms_days, (known_at, run, line), known_at < {known_by:DateTime64(3)} - toIntervalDay({terms_days:Int64}) AND terms_days IS NOT NULL) AS terms_before
    FROM
    (
        SELECT customer_id, credit_limit, limit_currency, limit_valid_to, terms_days, known_at, run, line,
            first_value((credit_limit, limit_currency, limit_valid_to)) OVER (PARTITION BY customer_id ORDER BY known_at DESC, run DESC, line DESC, row_hash) AS now_limit
        FROM records
    )
    GROUP BY customer_id
) AS h ON h.customer_id = f.customer_id
LEFT JOIN
(
    -- The contract in force with the highest limit.
    SELECT customer_id, credit_limit, toString(q.currency) AS currency, valid_to
    FROM
    (
        SELECT customer_id, contract_id, credit_limit, currency, valid_from, valid_to
        FROM creditwatch.ledger_contracts(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        ORDER BY customer_id, contract_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, contract_id
    ) AS q
    LEFT JOIN rates AS r ON r.currency = q.currency
    WHERE credit_limit IS NOT NULL AND valid_from <= {as_of:Date} AND (valid_to IS NULL OR valid_to >= {as_of:Date})
    ORDER BY customer_id, toFloat64(credit_limit) * if(q.currency IN ('', {base:String}), 1, ifNull(r.rate, 0)) DESC, contract_id
    LIMIT 1 BY customer_id
) AS k ON k.customer_id = f.customer_id
LEFT JOIN rates AS r ON r.currency = if(c.credit_limit IS NULL, ifNull(k.currency, ''), c.limit_currency)
LEFT JOIN rates AS rc ON rc.currency = c.limit_currency
LEFT JOIN
(
    SELECT customer_id, sum(open_base) AS past_due
    FROM creditwatch.open_items_rows
    WHERE run = {run:UInt64} AND kind = 'invoice' AND NOT disputed AND days_past_due > {past_due_days:Int64}
    GROUP BY customer_id
) AS o ON o.customer_id = f.customer_id
LEFT JOIN
(
    SELECT customer_id, min(recommended_limit) AS agency
    FROM
    (
        SELECT customer_id, recommended_limit
        FROM creditwatch.ledger_external_ratings(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE rated_on <= {as_of:Date} AND rated_on > {as_of:Date} - {rating_days:Int64}
        ORDER BY customer_id, agency, rated_on DESC, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, agency
    )
    GROUP BY customer_id
) AS g ON g.customer_id = f.customer_id
LEFT JOIN
(
    SELECT customer_id, max(v.severity) AS severity, arraySort(groupUniqArray(toString(v.code))) AS codes, arraySort(groupUniqArrayArray(splitByChar(' ', v.action))) AS asked
    FROM creditwatch.warnings_rows AS v
    WHERE run = {run:UInt64} AND state = 'open' AND suppressed_by = '' AND snoozed_until IS NULL
    GROUP BY customer_id
) AS w ON w.customer_id = f.customer_id
LEFT JOIN
(
    SELECT customer_id, maxIf(toNullable(occurred_on), kind IN ('call', 'visit', 'email', 'promise', 'complaint', 'feedback') AND outcome != 'no_answer') AS contacted_on, maxIf(toNullable(occurred_on), kind = 'visit' AND outcome != 'no_answer') AS visited_on
    FROM
    (
        SELECT customer_id, interaction_id, kind, outcome, occurred_on
        FROM creditwatch.ledger_interactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE occurred_on <= {as_of:Date}
        ORDER BY customer_id, interaction_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, interaction_id
    )
    GROUP BY customer_id
) AS i ON i.customer_id = f.customer_id
WHERE f.run = {run:UInt64}
ORDER BY customer_id
