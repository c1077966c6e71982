-- labels: the first default after every training snapshot within the horizon, by the definition of default and by those kept beside it, with the
-- clause that fired. Unlikely to pay is what is reported: the events of the outcomes that the configuration counts.
-- Grain: one row per snapshot, customer of the snapshot and definition that has one.
INSERT INTO creditwatch.labels_rows (run, as_of, snapshot, customer_id, definition, horizon, occurred_on, month, source, clause, days, amount, known_at)
WITH events AS
    (
        SELECT customer_id, 'default' AS definition, occurred_on, 'ledger' AS source, toString(clause) AS clause, toNullable(days) AS days, toNullable(amount) AS amount, known_at
        FROM creditwatch.default_events_rows
        WHERE run = {run:UInt64} AND event = 'default' AND {from_ledger:Bool}
        UNION ALL
        SELECT customer_id, toString(definition), occurred_on, 'ledger', toString(clause), toNullable(days), toNullable(amount), known_at
        FROM creditwatch.alternative_events_rows
        WHERE run = {run:UInt64} AND event = 'default'
        UNION ALL
        SELECT customer_id, 'default', occurred_on, 'outcomes', concat('reported_', event), CAST(NULL, 'Nullable(Int32)'), amount, known_at
        FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE event IN (SELECT arrayJoin(splitByChar(',', {from_outcomes:String})))
        UNION ALL
        SELECT customer_id, 'loss', occurred_on, 'outcomes', concat('reported_', event), CAST(NULL, 'Nullable(Int32)'), amount, known_at
        FROM creditwatch.ledger_outcomes(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})
        WHERE event = 'write_off'
    )
SELECT
    {run:UInt64}, {night:Date}, snapshot, customer_id, definition, {horizon:UInt8}, occurred_on,
    arrayFirst(k -> occurred_on <= addMonths(snapshot, k), range(1, {horizon:UInt8} + 1)) AS month,
    source, clause, days, amount, known_at
FROM
(
    SELECT arrayJoin({cohorts:Array(Date)}) AS snapshot, customer_id, definition, occurred_on, source, clause, days, amount, known_at
    FROM events
    WHERE occurred_on <= {night:Date}
)
WHERE occurred_on > snapshot AND occurred_on <= addMonths(snapshot, {horizon:UInt8})
  AND (snapshot, customer_id) IN
  (
      SELECT as_of, customer_id
      FROM creditwatch.snapshots_rows
      WHERE fingerprint = {fingerprint:UInt64} AND (run = {run:UInt64} OR run IN (SELECT run FROM creditwatch.live_runs WHERE as_of != {night:Date}))
        AND customer_id IN (SELECT customer_id FROM events)
  )
ORDER BY snapshot, customer_id, definition, occurred_on, source, clause, known_at
LIMIT 1 BY snapshot, customer_id, definition
