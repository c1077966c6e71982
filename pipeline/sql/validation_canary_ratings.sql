-- validation_canary_ratings: ratings of the worst kind that never were, learnt only after the cut of an earlier night; see validation_canary_interactions.
-- Grain: one row per customer planted.
INSERT INTO creditwatch.external_ratings_rows (customer_id, agency, pd, score, outlook, rated_on, run, as_of, source, file, line, known_at)
SELECT customer_id, 'canary', 0.99, 99, 'negative', {as_of:Date} - 1, {canary:UInt64}, {as_of:Date}, 'canary', 'canary', 1, {known_by:DateTime64(3)} + toIntervalHour(1)
FROM creditwatch.features_rows
WHERE run = {kept:UInt64} AND (cityHash64(customer_id) % 5 = 0 OR customer_id IN
(
    SELECT customer_id FROM creditwatch.default_events_rows WHERE run = {run:UInt64} AND event = 'default' AND occurred_on > {as_of:Date}
))
