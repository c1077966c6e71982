-- record_acts: days on which we did something about a customer, as known tonight: an action entered, a hold, a limit lowered.
-- Grain: one row per customer and day.
SELECT DISTINCT customer_id, done_on
FROM
(
    SELECT customer_id, toDate(known_at, {zone:String}) AS done_on
    FROM creditwatch.entries
    WHERE kind = 'action' AND known_at < {known_by:DateTime64(3)}
    UNION ALL
    SELECT customer_id, toDate(known_at, {zone:String})
    FROM
    (
        SELECT
            customer_id, known_at, lower(hold_status) AS hold, credit_limit AS credit, limit_currency AS currency,
            lagInFrame(lower(hold_status), 1, '') OVER w AS hold_before, lagInFrame(credit_limit, 1, NULL) OVER w AS credit_before, lagInFrame(limit_currency, 1, '') OVER w AS currency_before,
            row_number() OVER w AS version
        FROM creditwatch.ledger_customers(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WINDOW w AS (PARTITION BY customer_id ORDER BY known_at, run, line ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    )
    WHERE version > 1 AND (hold != hold_before AND hold NOT IN ('', 'none', 'release', 'released', 'ok') OR credit < credit_before AND currency = currency_before)
)
ORDER BY customer_id, done_on
