-- recon_terms: days of credit, by contract for as long as it is in force, and by the customer's record from when it was known.
-- Grain: one row per contract with terms and per version of a record that changes them; of those of one day the last one holds.
SELECT customer_id, contract_id, valid_from, valid_to, terms_days
FROM
(
    SELECT customer_id, contract_id, valid_from, if(valid_to IS NULL, NULL, toDate(least(valid_to, toDate32('2149-06-06')))) AS valid_to, assumeNotNull(k.terms_days) AS terms_days, 1 AS version
    FROM
    (
        SELECT customer_id, contract_id, valid_from, valid_to, terms_days
        FROM creditwatch.ledger_contracts(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        ORDER BY customer_id, contract_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, contract_id
    ) AS k
    WHERE k.terms_days IS NOT NULL AND contract_id != ''
    UNION ALL
    SELECT customer_id, '' AS contract_id, toDate(known_at) AS valid_from, CAST(NULL, 'Nullable(Date)') AS valid_to, assumeNotNull(c.terms_days) AS terms_days, version
    FROM
    (
        SELECT customer_id, known_at, terms_days, row_number() OVER versions AS version, lagInFrame(terms_days) OVER versions AS before
        FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WINDOW versions AS (PARTITION BY customer_id ORDER BY known_at, run, line, row_hash ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    ) AS c
    WHERE c.terms_days IS NOT NULL AND c.terms_days IS DISTINCT FROM before
)
ORDER BY customer_id, contract_id, valid_from, version
