-- validation_canary_interactions: contacts that never were, learnt only after the cut of an earlier night: complaints of customers that defaulted
-- since, and of some that did not. No night counts their run; they are taken away again.
-- Grain: one row per customer planted.
INSERT INTO creditwatch.interactions_rows (interaction_id, customer_id, kind, occurred_on, outcome, sentiment, severity, run, as_of, source, file, line, known_at)
SELECT concat('canary ', customer_id), customer_id, 'complaint', {as_of:Date} - 1, 'no_answer', -1, 'high', {canary:UInt64}, {as_of:Date}, 'canary', 'canary', 1, {known_by:DateTime64(3)} + toIntervalHour(1)
FROM creditwatch.features_rows
WHERE run = {kept:UInt64} AND (cityHash64(customer_id) % 5 = 0 OR customer_id IN
(
    SELECT customer_id FROM creditwatch.default_events_rows WHERE run = {run:UInt64} AND event = 'default' AND occurred_on > {as_of:Date}
))
