-- warn_contacts: collection contacts in a row that nobody answered, up to the newest one.
-- Grain: one row per customer with such a contact in 180 days whose outcome is known.
SELECT
    customer_id,
    toFloat64(countIf(silent))                                                                     AS no_answer_run,
    if(countIf(silent) > 0, toFloat64(dateDiff('day', minIf(occurred_on, silent), maxIf(occurred_on, silent))), 0.) AS no_answer_run_days
FROM
(
    SELECT customer_id, occurred_on,
           max(outcome != 'no_answer') OVER (PARTITION BY customer_id ORDER BY occurred_on DESC, interaction_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) = 0 AS silent
    FROM
    (
        SELECT customer_id, interaction_id, kind, occurred_on, outcome
        FROM creditwatch.ledger_interactions(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE occurred_on <= {as_of:Date} AND occurred_on > {as_of:Date} - 180
        ORDER BY customer_id, interaction_id, known_at DESC, run DESC, line DESC, row_hash
        LIMIT 1 BY customer_id, interaction_id
    )
    WHERE kind IN ('call', 'visit', 'email', 'dunning') AND outcome != ''
)
GROUP BY customer_id
