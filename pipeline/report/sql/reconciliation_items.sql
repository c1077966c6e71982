-- reconciliation_items: the 12 largest differences and credits without an invoice.
-- Grain: one row per item.
SELECT
    i.customer_id AS customer_id, ifNull(names.name, '') AS name, i.kind AS kind, i.document_id AS document_id, i.matches AS matches, i.dated_on AS dated_on, i.age_days AS age, i.is_late AS is_late,
    i.amount AS amount, i.currency AS currency, i.amount_base AS amount_base, i.action AS action
FROM
(
    SELECT customer_id, toString(kind) AS kind, document_id, matches, dated_on, age_days, is_late, amount, toString(currency) AS currency, amount_base, toString(action) AS action
    FROM creditwatch.reconciliation_items_rows
    WHERE run = {run:UInt64} AND kind NOT IN ('to_apply', 'due_late', 'due_early', 'due_missing', 'control_stale', 'ledger_stale', 'confirmation_stale', 'confirmation_unanswered')
    ORDER BY abs(amount_base) DESC, customer_id, kind, document_id, dated_on
    LIMIT 12
) AS i
LEFT JOIN
(
    SELECT customer_id, substringUTF8(argMax(name, (known_at, line)), 1, 400) AS name
    FROM creditwatch.ledger_customers(known_by = {cut:DateTime64(3)}, runs = {runs:Array(UInt64)})
    GROUP BY customer_id
) AS names ON names.customer_id = i.customer_id
ORDER BY abs(amount_base) DESC, customer_id, kind, document_id, dated_on
