-- terms: limit, exposure and contract of customers of a range of numbers. Reporting currency.
-- Grain: one row per customer and slice (limit, contract, since).
SELECT customer_id, 'limit' AS slice, toUInt64(1) AS n, toDecimal64(round(exposure_base, 4), 4) AS amount, toDecimal64(round(limit_base, 4), 4) AS whole,
    if(limit_days_left IS NULL, toDate(0), {as_of:Date} + toInt32(limit_days_left)) AS last_on, '' AS name, '' AS about
FROM creditwatch.features_rows
WHERE run = {run:UInt64} AND customer_id >= {first:String} AND customer_id <= {last:String} AND limit_base IS NOT NULL AND exposure_base IS NOT NULL
UNION ALL
SELECT customer_id, 'since', 1, 0, 0, {as_of:Date} - toInt32(tenure_days), '', ''
FROM creditwatch.features_rows
WHERE run = {run:UInt64} AND customer_id >= {first:String} AND customer_id <= {last:String} AND tenure_days BETWEEN 0 AND 18000
UNION ALL
SELECT customer_id, 'contract', 1, 0, 0, toDate(least(ifNull(valid_to, toDate32(0)), toDate32('2149-06-06'))), contract_id, review_status
FROM
(
    SELECT customer_id, contract_id, valid_to, toString(review_status) AS review_status
    FROM
    (
        SELECT customer_id, contract_id, valid_from, valid_to, review_status
        FROM creditwatch.ledger_contracts(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE customer_id >= {first:String} AND customer_id <= {last:String}
        ORDER BY customer_id, contract_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, contract_id
    )
    WHERE valid_from <= {as_of:Date}
    ORDER BY customer_id, valid_to IS NULL OR valid_to >= {as_of:Date} DESC, review_status = 'reviewed' DESC, valid_from DESC, contract_id
    LIMIT 1 BY customer_id
)
