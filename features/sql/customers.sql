-- customers: who the customer is and since when. The spine: every other family is joined to it.
-- Grain: one row per customer known by the cut.
SELECT
    customer_id,
    toFloat64(dateDiff('day', least(ifNull(c.onboarded, first_document), ifNull(first_document, c.onboarded)), {as_of:Date})) AS tenure_days,
    c.terms_days                                                        AS terms_days,
    c.listed                                                            AS is_listed,
    c.parent_id != ''                                              AS has_parent,
    notEmpty(c.external_keys)                                      AS has_external_key,
    multiIf(c.size_class = 'large', 4, c.size_class = 'medium', 3, c.size_class = 'small', 2, c.size_class = 'micro', 1, NULL) AS size_rank,
    c.hold_status = 'hold'                                         AS is_on_hold
FROM
(
    SELECT
        customer_id, toDate32OrNull(toString(onboarded_on)) AS onboarded, toFloat64(terms_days) AS terms_days, toFloat64(listed) AS listed, parent_id, external_keys, size_class, hold_status
    FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    ORDER BY customer_id, known_at DESC, run DESC, line DESC, row_hash
    LIMIT 1 BY customer_id
) AS c
LEFT JOIN
(
    SELECT customer_id, toDate32(min(occurred_on)) AS first_document
    FROM creditwatch.documents_rows
    WHERE run = {run:UInt64} AND known_from < {known_by:DateTime64(3)} AND occurred_on <= {as_of:Date}
    GROUP BY customer_id
) AS f USING (customer_id)
