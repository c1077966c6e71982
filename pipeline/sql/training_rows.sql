-- training_rows: snapshots of whose outcome something is known, with the label: the day of the first default within the horizon, if there was one.
-- Grain: one row per customer and snapshot; customers in default at the snapshot are left out unless defaults recur, and so are those
-- that are dormant (nothing owed or ordered, no document for a year) or not at risk.
WITH events AS
    (
        SELECT customer_id, groupArrayIf(occurred_on, is_default) AS defaults, groupArrayIf(occurred_on, NOT is_default) AS cures
        FROM
        (
            SELECT customer_id, occurred_on, event = 'default' AS is_default
            FROM creditwatch.default_events_rows
            WHERE run = {run:UInt64} AND {from_ledger:Bool}
            UNION ALL
            SELECT customer_id, occurred_on, event != 'cure'
            FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
            WHERE event IN (SELECT arrayJoin(splitByChar(',', {from_outcomes:String}))) OR event = 'cure'
        )
        WHERE occurred_on <= {night:Date}
        GROUP BY customer_id
    )
SELECT
    s.as_of AS as_of,
    s.customer_id AS customer_id,
    l.occurred_on AS defaulted_on,
    /*columns*/
FROM creditwatch.snapshots_rows AS s
LEFT JOIN events AS e ON e.customer_id = s.customer_id
LEFT JOIN
(
    SELECT snapshot, customer_id, toNullable(occurred_on) AS occurred_on FROM creditwatch.labels_rows WHERE run = {run:UInt64} AND definition = 'default'
) AS l ON l.snapshot = s.as_of AND l.customer_id = s.customer_id
WHERE s.fingerprint = {fingerprint:UInt64}
  AND (s.run = {run:UInt64} OR s.run IN (SELECT run FROM creditwatch.live_runs WHERE as_of != {night:Date}))
  AND s.as_of >= {from:Date} AND s.as_of <= {until:Date}
  AND cityHash64(s.customer_id) % {one_in:UInt64} = 0
  AND NOT ifNull(/*dormant*/, false)
  AND ifNull(/*at_risk*/, false)
  AND ({recurring:Bool} OR NOT arrayExists(d -> d <= s.as_of AND NOT arrayExists(c -> c >= d AND c <= s.as_of, e.cures), e.defaults))
ORDER BY as_of, customer_id, s.run
LIMIT 1 BY as_of, customer_id
SETTINGS max_bytes_before_external_sort = 1000000000
