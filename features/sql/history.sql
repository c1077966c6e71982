-- history: earlier defaults of the customer itself, by the definition of default or as reported.
-- Grain: one row per customer with a default, cure or write-off.
SELECT
    customer_id,
    countIf(event IN ('default', 'insolvency'))                                                         AS defaults_count,
    countIf(event IN ('default', 'insolvency') AND age < 365)                                           AS defaults_count_365d,
    minIf(toNullable(age), event IN ('default', 'insolvency'))                                          AS days_since_default
FROM
(
    SELECT customer_id, event, dateDiff('day', occurred_on, {as_of:Date}) AS age
    FROM creditwatch.default_events_rows
    WHERE run = {run:UInt64} AND known_at < {known_by:DateTime64(3)} AND occurred_on <= {as_of:Date}
    UNION ALL
    SELECT customer_id, event, dateDiff('day', occurred_on, {as_of:Date})
    FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
    WHERE occurred_on <= {as_of:Date}
)
GROUP BY customer_id
