-- customers: who the customer is and since when. The spine: every other family is joined to it.
-- Grain: one row per customer known by the cut.
SELECT
    customer_id,
    toFloat64(dateDiff('day', least(ifNull(newest.onboarded, first_document), ifNull(first_document, newest.onboarded)), {as_of:Date})) AS tenure_days,
    newest.terms_days                                                   AS terms_days,
    newest.listed                                                       AS is_listed,
    newest.parent_id != ''                                              AS has_parent,
    notEmpty(newest.external_keys)                                      AS has_external_key,
    multiIf(newest.size_class = 'large', 4, newest.size_class = 'medium', 3, newest.size_class = 'small', 2, newest.size_class = 'micro', 1, NULL) AS size_rank,
    newest.hold_status = 'hold'                                         AS is_on_hold
FROM
(
    SELECT
        customer_id,
        argMax(tuple(toDate32OrNull(toString(onboarded_on)), terms_days, toFloat64(listed), parent_id, external_keys, size_class, hold_status)::Tuple(onboarded Nullable(Date32), terms_days Nullable(Float64), listed Nullable(Float64), parent_id String, external_keys Map(String, String), size_class String, hold_status String), (known_at, line)) AS newest
    FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS c
LEFT JOIN
(
    SELECT customer_id, toDate32(min(occurred_on)) AS first_document
    FROM creditwatch.documents_rows
    WHERE run = {run:UInt64} AND known_from < {known_by:DateTime64(3)} AND occurred_on <= {as_of:Date}
    GROUP BY customer_id
) AS f USING (customer_id)
