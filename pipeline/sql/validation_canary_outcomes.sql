-- validation_canary_outcomes: defaults that never were, dated before an earlier night and learnt only after its cut; see validation_canary_interactions.
-- Grain: one row per customer planted.
INSERT INTO creditwatch.outcomes_rows (outcome_id, customer_id, event, occurred_on, run, as_of, source, file, line, known_at)
SELECT concat('canary ', customer_id), customer_id, 'default', {as_of:Date} - 1, {canary:UInt64}, {as_of:Date}, 'canary', 'canary', 1, {known_by:DateTime64(3)} + toIntervalHour(1)
FROM creditwatch.features_rows
WHERE run = {kept:UInt64} AND (cityHash64(customer_id) % 5 = 0 OR customer_id IN
(
    SELECT customer_id FROM creditwatch.default_events_rows WHERE run = {run:UInt64} AND event = 'default' AND occurred_on > {as_of:Date}
))
