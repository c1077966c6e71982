-- record_nights: the nights published before, and how many customers each had. Features that retention removed were counted then; a night
-- whose warnings it removed is none any more.
-- Grain: one row per night.
SELECT l.as_of AS as_of, f.customers AS customers
FROM
(
    SELECT as_of, run FROM creditwatch.live_runs
    WHERE as_of < {night:Date} AND run NOT IN (SELECT run FROM creditwatch.removals WHERE name = 'warnings')
) AS l
INNER JOIN
(
    SELECT run, max(n) AS customers
    FROM
    (
        SELECT run, count() AS n FROM creditwatch.features_rows GROUP BY run
        UNION ALL
        SELECT run, rows FROM creditwatch.removals WHERE name = 'features'
    )
    GROUP BY run
) AS f ON f.run = l.run
ORDER BY as_of
