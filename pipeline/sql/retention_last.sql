-- retention_last: when retention last came to its end, or, if it never did, when the first night began.
-- Grain: at most one row.
SELECT max(at) AS at
FROM
(
    SELECT max(ended_at) AS at, count() AS n FROM creditwatch.retentions
    UNION ALL
    SELECT min(at) AS at, count() AS n FROM creditwatch.runs
)
WHERE n > 0
HAVING count() > 0
