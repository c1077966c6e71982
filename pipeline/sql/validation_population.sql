-- validation_population: customers of tonight against those of the previous night. Explained are new ones of whom something was learnt between the two
-- cuts; a customer that is gone never is, for the ledger forgets nobody.
-- Grain: one row.
SELECT
    countIf(NOT was)                            AS fresh,
    countIf(NOT is)                             AS gone,
    countIf(NOT is) + countIf(NOT was AND NOT is_learnt) AS unexplained
FROM
(
    SELECT
        customer_id, max(is_tonight) AS is, max(is_before) AS was,
        customer_id IN
        (
            SELECT customer_id FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            GROUP BY customer_id
            HAVING min(known_at) >= {previous_cut:DateTime64(3)} OR min(run) > {previous:UInt64} OR min(run) = {run:UInt64}
        ) AS is_learnt
    FROM
    (
        SELECT customer_id, 1 AS is_tonight, 0 AS is_before FROM creditwatch.features_rows WHERE run = {run:UInt64}
        UNION ALL
        SELECT customer_id, 0, 1 FROM creditwatch.features_rows WHERE run = {previous:UInt64}
    )
    GROUP BY customer_id
)
