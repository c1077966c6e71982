-- record_nights: the nights published before, and how many customers each had.
-- Grain: one row per night.
SELECT l.as_of AS as_of, f.customers AS customers
FROM (SELECT as_of, run FROM creditwatch.live_runs WHERE as_of < {night:Date}) AS l
INNER JOIN (SELECT run, count() AS customers FROM creditwatch.features_rows GROUP BY run) AS f ON f.run = l.run
ORDER BY as_of
