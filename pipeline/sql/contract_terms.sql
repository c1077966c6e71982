-- contract_terms: contracts in the newest version known to the night, with what their security is worth in the reporting currency after its haircut.
-- Grain: one row per contract. A security in a currency without a known rate is worth nothing; what has no end lasts to the last day there is.
SELECT
    k.customer_id AS customer_id, k.contract_id AS contract_id, k.valid_from AS valid_from, toDate(least(ifNull(k.valid_to, toDate32('2149-06-06')), toDate32('2149-06-06'))) AS valid_to,
    toFloat64(k.terms_days) AS terms_days, toString(k.review_status) AS review_status, k.late_rate AS late_rate, toString(k.guarantee_type) AS security,
    toDecimal64(ifNull(toDecimal128(round(toFloat64(k.guarantee_amount) * if(k.currency IN ('', {base:String}), 1, r.rate), 4)
        * (1 - multiIf(k.guarantee_type = 'guarantee', {guarantee_haircut:Float64}, k.guarantee_type = 'collateral', {collateral_haircut:Float64}, k.guarantee_type = 'insurance', 0., {deposit_haircut:Float64})), 4), 0), 4) AS worth,
    toDate(least(ifNull(k.guarantee_until, toDate32('2149-06-06')), toDate32('2149-06-06'))) AS secured_to
FROM
(
    SELECT customer_id, contract_id, valid_from, valid_to, terms_days, review_status, late_rate, guarantee_type, guarantee_amount, guarantee_until, currency
    FROM creditwatch.ledger_contracts(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    ORDER BY customer_id, contract_id, known_at DESC, run DESC, line DESC, row_hash
    LIMIT 1 BY customer_id, contract_id
) AS k
LEFT JOIN
(
    SELECT currency, toFloat64(argMax(rate, (valid_on, known_at))) AS rate
    FROM creditwatch.ledger_fx_rates(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    WHERE valid_on <= {as_of:Date}
    GROUP BY currency
) AS r ON r.currency = k.currency
ORDER BY customer_id, valid_from, contract_id
