-- dunning_held: what the last published night held back, why and since when.
-- Grain: one row per customer, invoice and, for instalments, due date.
SELECT customer_id, document_id, key_due AS due_on, toString(r) AS reason, since AS held_since
FROM
(
    SELECT customer_id, document_id, if(instalments > 1, due_on, toDate(0)) AS key_due, reason AS r, ifNull(held_since, as_of) AS since -- null: a version that did not say
    FROM creditwatch.dunning_rows
    WHERE run = {previous:UInt64} AND state = 'suppressed'
    ORDER BY customer_id, document_id, key_due, since, r
    LIMIT 1 BY customer_id, document_id, key_due
)
ORDER BY customer_id, document_id, due_on
