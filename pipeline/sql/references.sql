-- references: customers with documents but without a customer record.
-- Grain: one row.
SELECT count() AS customers, min(customer_id) AS first
FROM
(
    SELECT DISTINCT customer_id
    FROM creditwatch.documents_rows
    WHERE run = {run:UInt64} AND occurred_on <= {as_of:Date} AND customer_id NOT IN
    (
        SELECT customer_id FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    )
)
